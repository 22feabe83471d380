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
