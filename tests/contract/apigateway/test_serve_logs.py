"""Access logs: one line for each exchange."""

import json


def test_a_line_in_the_stages_own_format(api, functions, unique):
    logs = functions.client("logs")
    logs.create_log_group(logGroupName=unique)
    api.mock("/a/{id}", body="hello")
    api.deploy()
    fields = ("requestId", "httpMethod", "resourcePath", "status", "responseLength", "identity.sourceIp", "nothing")
    settings = {
        "destinationArn": f"arn:aws:logs:us-east-1:000000000000:log-group:{unique}",
        "format": json.dumps({name: f"$context.{name}" for name in fields}),
    }
    operations = [{"op": "replace", "path": f"/accessLogSettings/{name}", "value": v} for name, v in settings.items()]
    api.client.update_stage(restApiId=api.id, stageName="dev", patchOperations=operations)
    answer = api.call("/a/7")
    api.call("/nowhere")
    functions.runtime.settle()
    events = logs.filter_log_events(logGroupName=unique)["events"]
    first, second = (json.loads(event["message"]) for event in events)
    assert first == {
        "requestId": answer.headers["x-amzn-RequestId"],
        "httpMethod": "GET",
        "resourcePath": "/a/{id}",
        "status": "200",
        "responseLength": "5",
        "identity.sourceIp": "127.0.0.1",
        "nothing": "-",
    }
    assert second["status"] == "403"


def log_lines(functions, group):
    functions.runtime.settle()
    events = functions.client("logs").filter_log_events(logGroupName=group)["events"]
    return [event["message"].partition(") ")[2] for event in events]


def set_logging(api, **settings):
    operations = [{"op": "replace", "path": f"/*/*/logging/{name}", "value": value} for name, value in settings.items()]
    api.client.update_stage(restApiId=api.id, stageName="dev", patchOperations=operations)


def test_execution_logs_have_a_group_of_their_own(api, functions):
    api.mock("/a/{id}", body="hello")
    api.deploy()
    set_logging(api, loglevel="INFO")
    request_id = api.call("/a/7").headers["x-amzn-RequestId"]
    assert log_lines(functions, f"API-Gateway-Execution-Logs_{api.id}/dev") == [
        f"Starting execution for request: {request_id}",
        "HTTP Method: GET, Resource Path: /a/7",
        "Successfully completed execution",
        "Method completed with status: 200",
    ]


def test_data_tracing_adds_what_was_said(api, functions):
    api.mock("/a/{id}", body="hello")
    api.deploy()
    set_logging(api, loglevel="INFO", dataTrace="true")
    api.call("/a/7?q=1")
    lines = log_lines(functions, f"API-Gateway-Execution-Logs_{api.id}/dev")
    assert "Method request path: {id=7}" in lines
    assert "Method request query string: {q=1}" in lines
    assert "Method response body after transformations: hello" in lines


def test_errors_alone(api, functions):
    api.mock("/good")
    api.function("/bad", lambda event: "text")
    api.deploy()
    set_logging(api, loglevel="ERROR")
    api.call("/good")
    api.call("/bad")
    lines = log_lines(functions, f"API-Gateway-Execution-Logs_{api.id}/dev")
    assert lines[1] == "HTTP Method: GET, Resource Path: /bad"
    assert lines[2].startswith("Execution failed due to configuration error: Malformed Lambda proxy response")
