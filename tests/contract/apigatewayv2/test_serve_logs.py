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


def test_every_variable(make_api, functions, unique):
    logs = functions.client("logs")
    logs.create_log_group(logGroupName=unique)
    names = (
        "accountId", "apiId", "authorizer.error", "authorizer.principalId", "awsEndpointRequestId", "dataProcessed",
        "domainName", "domainPrefix", "error.message", "error.messageString", "error.responseType",
        "extendedRequestId", "httpMethod", "identity.accountId", "identity.sourceIp", "identity.user",
        "identity.userAgent", "identity.userArn", "integration.error", "integration.integrationStatus",
        "integration.latency", "integration.requestId", "integration.status", "integrationErrorMessage",
        "integrationLatency", "integrationStatus", "path", "protocol", "requestId", "requestTime", "requestTimeEpoch",
        "responseLatency", "responseLength", "routeKey", "stage", "status",
    )  # fmt: skip
    api = make_api()
    settings = {
        "DestinationArn": f"arn:aws:logs:us-east-1:000000000000:log-group:{unique}",
        "Format": "\t".join(f"$context.{name}" for name in names),
    }
    api.client.update_stage(ApiId=api.id, StageName="$default", AccessLogSettings=settings)
    api.function("POST /a", lambda event: {"statusCode": 201, "body": "made"}, AuthorizationType="AWS_IAM")
    signature = "AWS4-HMAC-SHA256 Credential=AKIA/20240101/us-east-1/execute-api/aws4_request, Signature=x"
    api.call("/a", "POST", b"12345", {"Authorization": signature, "User-Agent": "tests"})
    api.call("/nowhere")
    functions.runtime.settle()
    lines = [event["message"].split("\t") for event in logs.filter_log_events(logGroupName=unique)["events"]]
    served, refused = (dict(zip(names, line, strict=True)) for line in lines)
    assert {served[name] for name in ("status", "integrationStatus", "integration.status")} == {"201"}
    assert (served["dataProcessed"], served["responseLength"]) == ("9", "4")
    assert (served["identity.userAgent"], served["identity.user"]) == ("tests", "000000000000")
    assert served["integration.latency"] == served["integrationLatency"] != "-"
    missing = {name for name, value in served.items() if value == "-"}
    assert missing == {
        "authorizer.error", "authorizer.principalId", "error.message", "error.messageString", "error.responseType",
        "integration.error", "integrationErrorMessage",
    }  # fmt: skip
    assert (refused["error.message"], refused["error.messageString"]) == ("Not Found", '"Not Found"')
    assert refused["integrationStatus"] == "-"
