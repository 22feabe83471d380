"""Messages on their way through a pipe: filtered, batched, transformed, enriched, delivered."""

import json

import pytest

WRITER = """
import boto3, json
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl="{url}", MessageBody=json.dumps(event))
    return {answer}
"""


@pytest.fixture
def target(queue):
    return queue("target")


@pytest.fixture
def loads(bodies):
    return lambda url: [json.loads(body) for body in bodies(url)]


def batch(size, window=0):
    return {"SqsQueueParameters": {"BatchSize": size, "MaximumBatchingWindowInSeconds": window}}


def test_a_message_as_it_is(pipe, send, target, settle, loads, source, left):
    pipe(target[1])
    [message_id] = send({"a": 1})
    settle()
    [record] = loads(target[0])
    assert (record["messageId"], record["body"]) == (message_id, '{"a": 1}')
    assert (record["eventSource"], record["eventSourceARN"], record["awsRegion"]) == (
        "aws:sqs",
        source[1],
        "us-east-1",
    )
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert record.keys() >= {"receiptHandle", "messageAttributes", "md5OfBody"}
    assert left() == 0


def test_what_no_filter_matches_is_gone(pipe, send, target, settle, loads, left):
    filters = [{"Pattern": '{"body": {"kind": ["x"]}}'}]
    pipe(
        target[1],
        SourceParameters={"FilterCriteria": {"Filters": filters}},
        TargetParameters={"InputTemplate": "<$.body>"},
    )
    send({"kind": "x", "n": 1}, {"kind": "y"}, "text")
    settle()
    assert loads(target[0]) == [{"kind": "x", "n": 1}]
    assert left() == 0


def test_a_batch_waits_for_its_window(pipe, send, queue, target, settle, loads, advance, function):
    arn = function(WRITER.format(url=target[0], answer="None"))
    pipe(arn, SourceParameters=batch(10, 5), TargetParameters={"InputTemplate": "<$.body.n>"})
    send({"n": 1}, {"n": 2}, {"n": 3})
    settle()
    assert loads(target[0]) == []
    advance(6)
    [events] = loads(target[0])
    assert sorted(events) == [1, 2, 3]


def test_the_reserved_variables(pipe, send, target, settle, loads, source, unique):
    template = (
        '{"arn": <aws.pipes.pipe-arn>, "name": "p <aws.pipes.pipe-name>", "source": "<aws.pipes.source-arn>", '
        '"target": "<aws.pipes.target-arn>", "at": <aws.pipes.event.ingestion-time>, "body": <$.body>, '
        '"event": <aws.pipes.event.json>, "who": "<$.body.who>", "none": <$.body.none>}'
    )
    pipe(target[1], TargetParameters={"InputTemplate": template})
    send({"who": 'a "b"'})
    settle()
    [found] = loads(target[0])
    assert found["arn"] == f"arn:aws:pipes:us-east-1:000000000000:pipe/{unique}"
    assert (found["name"], found["source"], found["target"]) == (f"p {unique}", source[1], target[1])
    assert (found["body"], found["who"], found["none"]) == ({"who": 'a "b"'}, 'a "b"', "")
    assert found["event"]["body"] == {"who": 'a "b"'}
    assert found["at"].endswith("Z")


def test_a_queue_in_order(pipe, send, queue, settle, sqs):
    url, arn = queue("target", FifoQueue="true")
    given = {"MessageGroupId": "$.body.group", "MessageDeduplicationId": "$.messageId"}
    pipe(arn, TargetParameters={"SqsQueueParameters": given, "InputTemplate": "<$.body.n>"})
    ids = send({"group": "g", "n": 1})
    settle()
    [message] = sqs.receive_message(QueueUrl=url, MessageSystemAttributeNames=["All"])["Messages"]
    assert message["Body"] == "1"
    found = message["Attributes"]
    assert (found["MessageGroupId"], found["MessageDeduplicationId"]) == ("g", ids[0])


def test_a_bus(pipe, send, client, unique, target, settle, loads, source):
    events = client("events")
    bus = events.create_event_bus(Name=unique)["EventBusArn"]
    events.put_rule(Name="r", EventBusName=unique, EventPattern='{"account": ["000000000000"]}')
    events.put_targets(Rule="r", EventBusName=unique, Targets=[{"Id": "t", "Arn": target[1]}])
    given = {"Source": "shop.$", "DetailType": "$.body.type", "Resources": ["$.body.arn"], "Time": "$.body.at"}
    parameters = {"EventBridgeEventBusParameters": {**given, "Source": "shop"}, "InputTemplate": '{"n": <$.body.n>}'}
    pipe(bus, TargetParameters=parameters)
    send({"type": "Made", "arn": source[1], "at": "2026-01-02T03:04:05Z", "n": 7})
    settle()
    [event] = loads(target[0])
    assert (event["source"], event["detail-type"], event["detail"]) == ("shop", "Made", {"n": 7})
    assert (event["resources"], event["time"]) == ([source[1]], "2026-01-02T03:04:05Z")


def test_a_bus_gets_a_source_and_type_in_any_case(pipe, send, client, unique, target, settle, loads):
    events = client("events")
    bus = events.create_event_bus(Name=unique)["EventBusArn"]
    events.put_rule(Name="r", EventBusName=unique, EventPattern='{"account": ["000000000000"]}')
    events.put_targets(Rule="r", EventBusName=unique, Targets=[{"Id": "t", "Arn": target[1]}])
    pipe(bus)
    send({"n": 7})
    settle()
    [event] = loads(target[0])
    assert (event["source"], event["detail-type"]) == (f"Pipe {unique}", "Event from aws:sqs")
    assert event["detail"]["body"] == '{"n": 7}'


def test_a_log_group(pipe, send, client, unique, settle, penstock):
    logs = client("logs")
    logs.create_log_group(logGroupName=unique)
    given = {"LogStreamName": "s", "Timestamp": "$.body.at"}
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{unique}"
    pipe(arn, TargetParameters={"CloudWatchLogsParameters": given, "InputTemplate": "<$.body.text>"})
    at = int(penstock.now() * 1000)
    send({"text": "hello", "at": at})
    settle()
    [event] = logs.get_log_events(logGroupName=unique, logStreamName="s")["events"]
    assert (event["message"], event["timestamp"]) == ('"hello"', at)


def test_a_function_and_its_enrichment(pipe, send, target, advance, loads, function):
    enrich = function("def handler(event, context): return [{'n': e['n'] * 2} for e in event if e['n'] > 1]")
    arn = function(WRITER.format(url=target[0], answer="None"))
    pipe(
        arn,
        Enrichment=enrich,
        EnrichmentParameters={"InputTemplate": '{"n": <$.body.n>}'},
        TargetParameters={"InputTemplate": '{"doubled": <$.n>}'},
        SourceParameters=batch(10, 1),
    )
    send({"n": 1}, {"n": 2}, {"n": 3})
    advance(2)
    [events] = loads(target[0])
    assert sorted(event["doubled"] for event in events) == [4, 6]


def test_an_enrichment_that_answers_nothing(pipe, send, target, settle, bodies, function, left):
    pipe(target[1], Enrichment=function("def handler(event, context): return []"))
    send({"n": 1})
    settle()
    assert (bodies(target[0]), left()) == ([], 0)


def test_an_api_destination(pipe, send, settle, endpoint, destination, left):
    arn = destination(endpoint.url + "/orders/*")
    http = {"PathParameterValues": ["$.body.id"], "HeaderParameters": {"X-Id": "$.messageId"}}
    pipe(arn, TargetParameters={"HttpParameters": http, "InputTemplate": '{"id": <$.body.id>}'})
    ids = send({"id": 12})
    settle()
    [asked] = endpoint.asked
    assert (asked.method, asked.path, asked.document) == ("POST", "/orders/12", {"id": 12})
    assert (asked.headers["x-id"], asked.headers["x-key"]) == (ids[0], "v")
    assert left() == 0


def test_an_api_destination_enriches(pipe, send, settle, endpoint, destination, target, loads):
    endpoint.answers = [(200, {}, {"name": "Ann"})]
    pipe(
        target[1],
        Enrichment=destination(endpoint.url),
        EnrichmentParameters={"InputTemplate": "<$.body>", "HttpParameters": {"QueryStringParameters": {"q": "1"}}},
        TargetParameters={"InputTemplate": '{"hello": "<$.name>"}'},
    )
    send({"id": 12})
    settle()
    assert loads(target[0]) == [{"hello": "Ann"}]
    assert (endpoint.asked[0].path, endpoint.asked[0].document) == ("/?q=1", {"id": 12})


def test_a_stage_of_api_gateway(pipe, send, client, unique, settle, endpoint, left):
    gateway = client("apigatewayv2")
    api = gateway.create_api(Name=unique, ProtocolType="HTTP")["ApiId"]
    made = gateway.create_integration(
        ApiId=api,
        IntegrationType="HTTP_PROXY",
        IntegrationMethod="ANY",
        IntegrationUri=endpoint.url,
        PayloadFormatVersion="1.0",
    )
    route = {"RouteKey": "PUT /things/{id}", "AuthorizationType": "AWS_IAM"}
    gateway.create_route(ApiId=api, Target=f"integrations/{made['IntegrationId']}", **route)
    gateway.create_stage(ApiId=api, StageName="prod", AutoDeploy=True)
    arn = f"arn:aws:execute-api:us-east-1:000000000000:{api}/prod/PUT/things/*"
    http = {"PathParameterValues": ["$.body.id"], "QueryStringParameters": {"q": "1"}}
    pipe(arn, TargetParameters={"HttpParameters": http, "InputTemplate": "<$.body>"})
    send({"id": "x"})
    settle()
    [asked] = endpoint.asked
    assert (asked.method, asked.document) == ("PUT", {"id": "x"})
    assert asked.path.endswith("?q=1")
    assert left() == 0
