"""Access logs of HTTP APIs."""

import json


def test_a_line_for_each_exchange(api, functions, unique):
    logs = functions.client("logs")
    logs.create_log_group(logGroupName=unique)
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{unique}:*"
    fields = {
        name: f"$context.{name}"
        for name in ("requestId", "routeKey", "httpMethod", "status", "path", "identity.sourceIp")
    }
    api.client.update_stage(
        ApiId=api.id,
        StageName="$default",
        AccessLogSettings={"DestinationArn": arn, "Format": json.dumps(fields)},
    )
    api.function("GET /a", lambda event: "ok")
    answer = api.call("/a")
    api.call("/b")
    functions.runtime.settle()
    first, second = (json.loads(event["message"]) for event in logs.filter_log_events(logGroupName=unique)["events"])
    assert first == {
        "requestId": answer.headers["Apigw-Requestid"],
        "routeKey": "GET /a",
        "httpMethod": "GET",
        "status": "200",
        "path": "/a",
        "identity.sourceIp": "127.0.0.1",
    }
    assert (second["status"], second["routeKey"]) == ("404", "-")


def test_a_stream_has_its_line_at_its_end(api, functions, backend, unique):
    logs = functions.client("logs")
    logs.create_log_group(logGroupName=unique)
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{unique}:*"
    line = "$context.requestId $context.status $context.responseLength $context.authorizer.error"
    settings = {"DestinationArn": arn, "Format": line}
    api.client.update_stage(ApiId=api.id, StageName="$default", AccessLogSettings=settings)
    uri = f"{backend.url}/stream"
    made = api.client.create_integration(
        ApiId=api.id, IntegrationType="HTTP_PROXY", IntegrationMethod="GET", IntegrationUri=uri
    )
    api.client.create_route(ApiId=api.id, RouteKey="GET /a", Target=f"integrations/{made['IntegrationId']}")
    backend.go.set()
    answer = api.call("/a")
    functions.runtime.settle()
    [event] = logs.filter_log_events(logGroupName=unique)["events"]
    assert event["message"] == f"{answer.headers['Apigw-Requestid']} 200 {len(answer.body)} -"
