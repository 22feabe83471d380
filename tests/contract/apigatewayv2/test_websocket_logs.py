"""Access logs and metrics of WebSocket APIs."""

import json


def test_a_line_for_each_event(socket_api, functions, unique):
    logs = functions.client("logs")
    logs.create_log_group(logGroupName=unique)
    fields = ("requestId", "connectionId", "eventType", "routeKey", "status", "stage", "identity.sourceIp", "messageId")
    settings = {
        "DestinationArn": f"arn:aws:logs:us-east-1:000000000000:log-group:{unique}:*",
        "Format": json.dumps({name: f"$context.{name}" for name in fields}),
    }
    socket_api.client.update_stage(ApiId=socket_api.id, StageName="dev", AccessLogSettings=settings)
    for key in ("$connect", "$default", "$disconnect"):
        socket_api.function(key, lambda event: {"statusCode": 200})
    with socket_api.connect() as client:
        client.send("x")
        functions.runtime.settle()
    functions.runtime.settle()
    lines = [json.loads(event["message"]) for event in logs.filter_log_events(logGroupName=unique)["events"]]
    assert [line["eventType"] for line in lines] == ["CONNECT", "MESSAGE", "DISCONNECT"]
    assert [line["routeKey"] for line in lines] == ["$connect", "$default", "$disconnect"]
    assert {line["status"] for line in lines} == {"200"}
    assert len({line["connectionId"] for line in lines}) == 1
    assert [line["messageId"] == "-" for line in lines] == [True, False, True]


def test_connections_and_messages_are_counted(socket_api, functions):
    functions.client("cloudwatch").list_metrics()
    socket_api.function("$default", lambda event: {"statusCode": 200, "body": "y"}, two_way=True)
    with socket_api.connect() as client:
        client.send("x")
        client.recv(timeout=10)
    functions.runtime.advance(120)
    now = functions.runtime.now()

    def total(name):
        found = functions.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/ApiGateway",
            MetricName=name,
            Dimensions=[{"Name": "ApiId", "Value": socket_api.id}, {"Name": "Stage", "Value": "dev"}],
            StartTime=now - 600,
            EndTime=now + 60,
            Period=60,
            Statistics=["Sum"],
        )
        return sum(point["Sum"] for point in found["Datapoints"])

    assert (total("ConnectCount"), total("MessageCount"), total("ExecutionError")) == (1, 2, 0)
