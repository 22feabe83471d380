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
