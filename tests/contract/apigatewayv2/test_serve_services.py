"""HTTP APIs: integrations with other AWS services."""

import base64
import json

import pytest

ROLE = "arn:aws:iam::000000000000:role/gateway"


@pytest.fixture
def serve(api):
    """`serve(subtype, **parameters)`: `POST /` before a call."""

    def build(subtype, responses=None, **parameters):
        made = api.client.create_integration(
            ApiId=api.id,
            IntegrationType="AWS_PROXY",
            IntegrationSubtype=subtype,
            PayloadFormatVersion="1.0",
            CredentialsArn=ROLE,
            RequestParameters=parameters,
            **({"ResponseParameters": responses} if responses else {}),
        )
        api.client.create_route(ApiId=api.id, RouteKey="POST /", Target=f"integrations/{made['IntegrationId']}")
        return made

    return build


def post(api, **body):
    return api.call("/", "POST", json.dumps(body), {"Content-Type": "application/json"})


@pytest.fixture
def queue(functions, unique):
    sqs = functions.client("sqs")
    url = sqs.create_queue(QueueName=unique)["QueueUrl"]
    return sqs, url


def test_a_message_is_sent(api, serve, queue):
    sqs, url = queue
    attributes = '{"kind": {"DataType": "String", "StringValue": "test"}}'
    serve("SQS-SendMessage", QueueUrl=url, MessageBody="$request.body.text", MessageAttributes=attributes)
    answer = post(api, text="hello")
    [message] = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert (message["Body"], message["MessageAttributes"]["kind"]["StringValue"]) == ("hello", "test")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/xml")
    assert f"<MessageId>{message['MessageId']}</MessageId>".encode() in answer.body


def test_messages_are_received_and_deleted(api, serve, queue, make_api):
    sqs, url = queue
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    serve("SQS-ReceiveMessage", QueueUrl=url, MaxNumberOfMessages="1", AttributeNames='["All"]')
    answer = post(api)
    assert b"<Body>hello</Body>" in answer.body
    receipt = answer.body.partition(b"<ReceiptHandle>")[2].partition(b"<")[0].decode()
    other = make_api()
    made = other.client.create_integration(
        ApiId=other.id,
        IntegrationType="AWS_PROXY",
        IntegrationSubtype="SQS-DeleteMessage",
        PayloadFormatVersion="1.0",
        CredentialsArn=ROLE,
        RequestParameters={"QueueUrl": url, "ReceiptHandle": "$request.body.receipt"},
    )
    other.client.create_route(ApiId=other.id, RouteKey="POST /", Target=f"integrations/{made['IntegrationId']}")
    assert post(other, receipt=receipt).status == 200
    assert (
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"][
            "ApproximateNumberOfMessagesNotVisible"
        ]
        == "0"
    )


def test_an_event_is_put(api, serve, functions, queue, unique):
    sqs, url = queue
    events = functions.client("events")
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name=unique, EventPattern=json.dumps({"source": [unique]}))
    events.put_targets(Rule=unique, Targets=[{"Id": "q", "Arn": arn}])
    serve("EventBridge-PutEvents", Source=unique, DetailType="made", Detail="$request.body", Resources='["a"]')
    answer = post(api, order=1)
    functions.runtime.settle()
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    event = json.loads(message["Body"])
    assert (event["detail"], event["detail-type"], event["resources"]) == ({"order": 1}, "made", ["a"])
    assert answer.json == {"FailedEntryCount": 0, "Entries": [{"EventId": event["id"]}]}


@pytest.fixture
def stream(functions, unique):
    kinesis = functions.client("kinesis")
    kinesis.create_stream(StreamName=unique, ShardCount=1)
    functions.runtime.advance(60)
    return kinesis


def test_a_record_is_put(api, serve, stream, unique):
    serve("Kinesis-PutRecord", Data="$request.body.payload", PartitionKey="$request.body.key", StreamName=unique)
    answer = post(api, payload=base64.b64encode(b"hello").decode(), key="p1")
    assert (answer.status, answer.json["ShardId"]) == (200, "shardId-000000000000")
    [shard] = stream.list_shards(StreamName=unique)["Shards"]
    iterator = stream.get_shard_iterator(StreamName=unique, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")[
        "ShardIterator"
    ]
    [record] = stream.get_records(ShardIterator=iterator)["Records"]
    assert (record["Data"], record["PartitionKey"]) == (b"hello", "p1")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"key": "p"}, 400),
        ({"key": "p", "name": ""}, 400),
        ({"key": "p", "name": "no-such-stream"}, 500),
    ],
)
def test_what_the_service_or_the_mapping_refuses(api, serve, body, status):
    serve("Kinesis-PutRecord", Data="aGVsbG8=", PartitionKey="$request.body.key", StreamName="$request.body.name")
    answer = post(api, **body)
    message = {400: "Bad Request", 500: "Internal Server Error"}[status]
    assert (answer.status, answer.json) == (status, {"message": message})


def test_an_execution_is_started(api, serve, functions, unique):
    machine = functions.client("stepfunctions").create_state_machine(
        name=unique,
        definition=json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Pass", "End": True}}}),
        roleArn=ROLE,
    )["stateMachineArn"]
    mapped = {"200": {"overwrite:statuscode": "202", "append:header.x-a": "1"}}
    serve("StepFunctions-StartExecution", mapped, StateMachineArn=machine, Input="$request.body")
    answer = post(api, a=1)
    assert (answer.status, answer.headers["x-a"]) == (202, "1")
    functions.runtime.settle()
    arn = answer.json["executionArn"]
    assert json.loads(functions.client("stepfunctions").describe_execution(executionArn=arn)["output"]) == {"a": 1}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"IntegrationSubtype": "SQS-Sing"}, "Operation: SQS-Sing is not supported."),
        (
            {"IntegrationSubtype": "SQS-PurgeQueue", "CredentialsArn": ""},
            "Role ARN must be specified for AWS integration configuration with Subtype: SQS-PurgeQueue",
        ),
        (
            {"IntegrationSubtype": "SQS-SendMessage", "RequestParameters": {"QueueUrl": "u"}},
            "Operation: SQS-SendMessage requires enabling passthrough, or defining all of the following parameters: "
            "MessageBody, QueueUrl",
        ),
        (
            {"IntegrationSubtype": "SQS-PurgeQueue", "PayloadFormatVersion": "2.0"},
            "Operation: SQS-PurgeQueue is not supported.",
        ),
    ],
)
def test_calls_that_are_refused(api, error, settings, message):
    common = {"ApiId": api.id, "IntegrationType": "AWS_PROXY", "CredentialsArn": ROLE, "PayloadFormatVersion": "1.0"}
    request = {**common, "RequestParameters": {"QueueUrl": "u"}, **settings}
    assert error(api.client.create_integration, **request) == ("BadRequestException", message)


def test_a_service_that_is_not_here(api, error):
    names = ("Application", "ClientId", "Configuration", "Environment")
    request = {"ApiId": api.id, "IntegrationType": "AWS_PROXY", "IntegrationSubtype": "AppConfig-GetConfiguration"}
    parameters = dict.fromkeys(names, "x")
    code, _ = error(api.client.create_integration, **request, CredentialsArn=ROLE, RequestParameters=parameters)
    assert code == "NotImplemented"
