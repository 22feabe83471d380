"""Notifications to queues, functions and EventBridge; lifecycle on the clock."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from penstock.testing import TestRuntime

DAY = 86_400
EVENTS = ("ObjectCreated", "ObjectRemoved")


@pytest.fixture
def queue(client: Callable[..., Any], unique: str) -> tuple[str, str]:
    """URL and ARN."""
    url = client("sqs").create_queue(QueueName=unique)["QueueUrl"]
    return url, f"arn:aws:sqs:us-east-1:000000000000:{unique}"


def received(client: Callable[..., Any], penstock: TestRuntime, url: str) -> list[Any]:
    penstock.settle()
    messages = client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for message in messages:
        client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [json.loads(message["Body"]) for message in messages]


def test_a_queue_is_tested_and_told(
    s3: Any, bucket: str, queue: tuple[str, str], client: Callable[..., Any], penstock: TestRuntime
) -> None:
    rules = [{"Name": "prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".txt"}]
    wanted = {
        "Id": "mine",
        "QueueArn": queue[1],
        "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:Delete", "s3:ObjectTagging:*"],
        "Filter": {"Key": {"FilterRules": rules}},
    }
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [wanted]})
    wanted["Filter"] = {"Key": {"FilterRules": [{**rule, "Name": rule["Name"].capitalize()} for rule in rules]}}
    assert s3.get_bucket_notification_configuration(Bucket=bucket)["QueueConfigurations"] == [wanted]
    [test] = received(client, penstock, queue[0])
    assert (test["Event"], test["Bucket"]) == ("s3:TestEvent", bucket)
    etag = s3.put_object(Bucket=bucket, Key="in/a b.txt", Body=b"hello")["ETag"]
    s3.put_object(Bucket=bucket, Key="out/a.txt", Body=b"hello")
    [event] = received(client, penstock, queue[0])
    [record] = event["Records"]
    assert (record["eventName"], record["s3"]["configurationId"]) == ("ObjectCreated:Put", "mine")
    held = record["s3"]["object"]
    assert (held["key"], held["size"], f'"{held["eTag"]}"') == ("in/a+b.txt", 5, etag)
    assert (record["eventVersion"], held.keys()) == ("2.1", {"key", "size", "eTag", "sequencer"})
    s3.put_object_tagging(Bucket=bucket, Key="in/a b.txt", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    [event] = received(client, penstock, queue[0])
    [record] = event["Records"]
    assert (record["eventName"], record["eventVersion"]) == ("ObjectTagging:Put", "2.3")
    assert record["s3"]["object"] == {"key": "in/a+b.txt", "eTag": etag.strip('"')}
    s3.delete_object(Bucket=bucket, Key="in/a b.txt")
    [event] = received(client, penstock, queue[0])
    assert event["Records"][0]["eventName"] == "ObjectRemoved:Delete"
    assert event["Records"][0]["s3"]["object"].keys() == {"key", "sequencer"}


def test_a_topic_is_told(
    s3: Any, bucket: str, queue: tuple[str, str], client: Callable[..., Any], unique: str, penstock: TestRuntime
) -> None:
    topic = client("sns").create_topic(Name=unique)["TopicArn"]
    client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue[1])
    wanted = {"Id": "mine", "TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"TopicConfigurations": [wanted]})
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello")
    test, told = received(client, penstock, queue[0])
    assert {test["Subject"], told["Subject"]} == {"Amazon S3 Notification"}
    assert json.loads(test["Message"])["Event"] == "s3:TestEvent"
    [record] = json.loads(told["Message"])["Records"]
    assert (record["eventName"], record["s3"]["object"]["key"]) == ("ObjectCreated:Put", "k")


@pytest.mark.parametrize(
    ("queue_arn", "message"),
    [
        ("nonsense", "The ARN could not be parsed"),
        ("arn:aws:sns:us-east-1:000000000000:x", "The ARN is not well formed"),
        (
            "arn:aws:sqs:eu-west-1:000000000000:x",
            "The notification destination service region is not valid for the bucket location constraint",
        ),
    ],
)
def test_arns_that_a_queue_cannot_have(s3: Any, bucket: str, queue_arn: str, message: str) -> None:
    wanted = {"QueueConfigurations": [{"QueueArn": queue_arn, "Events": ["s3:ObjectCreated:*"]}]}
    with pytest.raises(ClientError) as refused:
        s3.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration=wanted, SkipDestinationValidation=True
        )
    found = refused.value.response["Error"]
    assert (found["Code"], found["Message"]) == ("InvalidArgument", message)
    assert (found["ArgumentName"], found["ArgumentValue"]) == ("Queue", queue_arn)


def test_all_destinations_that_are_missing_are_named(s3: Any, bucket: str) -> None:
    queues = [f"arn:aws:sqs:us-east-1:000000000000:{name}" for name in ("nobody", "noone")]
    wanted = [{"QueueArn": arn, "Events": [f"s3:{event}:*"]} for arn, event in zip(queues, EVENTS, strict=True)]
    with pytest.raises(ClientError) as refused:
        s3.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={"QueueConfigurations": wanted}
        )
    found = refused.value.response["Error"]
    for number, arn in enumerate(queues, 1):
        assert found[f"ArgumentName{number}"] == arn
        assert found[f"ArgumentValue{number}"] == "The destination queue does not exist"


def test_a_destination_has_to_be_there(s3: Any, bucket: str, error: Any) -> None:
    nowhere = {"QueueArn": "arn:aws:sqs:us-east-1:000000000000:nobody", "Events": ["s3:ObjectCreated:*"]}
    wrong = {"QueueConfigurations": [nowhere]}
    assert error(s3.put_bucket_notification_configuration, Bucket=bucket, NotificationConfiguration=wrong) == (
        "InvalidArgument",
        "Unable to validate the following destination configurations",
    )
    assert "QueueConfigurations" not in s3.get_bucket_notification_configuration(Bucket=bucket)


def test_an_event_that_is_none(s3: Any, bucket: str, queue: tuple[str, str], error: Any) -> None:
    wrong = {"QueueConfigurations": [{"QueueArn": queue[1], "Events": ["s3:Nothing"]}]}
    assert error(s3.put_bucket_notification_configuration, Bucket=bucket, NotificationConfiguration=wrong)[0] in (
        "InvalidArgument",
        "MalformedXML",
    )


def test_eventbridge_hears_of_everything(
    s3: Any, bucket: str, queue: tuple[str, str], client: Callable[..., Any], penstock: TestRuntime, unique: str
) -> None:
    events = client("events")
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": [bucket]}}}
    events.put_rule(Name=unique, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=unique, Targets=[{"Id": "q", "Arn": queue[1]}])
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello")
    s3.delete_object(Bucket=bucket, Key="k")
    created, deleted = received(client, penstock, queue[0])
    assert (created["detail-type"], created["resources"]) == ("Object Created", [f"arn:aws:s3:::{bucket}"])
    assert created["detail"]["object"]["key"] == "k"
    assert created["detail"]["reason"] == "PutObject"
    assert deleted["detail"]["deletion-type"] == "Permanently Deleted"


def test_a_function_is_called(functions: Any, unique: str) -> None:
    s3 = functions.client("s3")
    s3.create_bucket(Bucket=unique)
    arn = functions.make(lambda event: None)
    wanted = {"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:Put"]}
    s3.put_bucket_notification_configuration(
        Bucket=unique,
        NotificationConfiguration={"LambdaFunctionConfigurations": [wanted]},
        SkipDestinationValidation=True,
    )
    s3.put_object(Bucket=unique, Key="k")
    functions.runtime.settle()
    [event] = functions.events(arn)
    assert event["Records"][0]["s3"]["bucket"]["name"] == unique


def rule(**said: Any) -> dict[str, Any]:
    return {"Rules": [{"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "old/"}, **said}]}


def test_objects_expire_at_midnight(s3: Any, bucket: str, penstock: TestRuntime) -> None:
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration=rule(Expiration={"Days": 2}))
    s3.put_object(Bucket=bucket, Key="old/a")
    s3.put_object(Bucket=bucket, Key="new/a")
    penstock.advance(1.9 * DAY)
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 2
    penstock.advance(1.2 * DAY)
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["new/a"]


def test_old_versions_and_uploads_expire(s3: Any, versioned: str, penstock: TestRuntime) -> None:
    said = {
        "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
    }
    s3.put_bucket_lifecycle_configuration(Bucket=versioned, LifecycleConfiguration=rule(**said))
    for body in (b"1", b"2", b"3"):
        s3.put_object(Bucket=versioned, Key="old/a", Body=body)
    s3.create_multipart_upload(Bucket=versioned, Key="old/b")
    penstock.advance(2.1 * DAY)
    [left] = s3.list_object_versions(Bucket=versioned)["Versions"]
    assert left["IsLatest"] is True
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=versioned)


def test_an_expired_object_of_a_versioned_bucket_is_marked(s3: Any, versioned: str, penstock: TestRuntime) -> None:
    s3.put_bucket_lifecycle_configuration(Bucket=versioned, LifecycleConfiguration=rule(Expiration={"Days": 1}))
    s3.put_object(Bucket=versioned, Key="old/a")
    penstock.advance(2.1 * DAY)
    found = s3.list_object_versions(Bucket=versioned)
    assert (len(found["Versions"]), len(found["DeleteMarkers"])) == (1, 1)


def test_rules_that_are_none(s3: Any, bucket: str, error: Any) -> None:
    put = s3.put_bucket_lifecycle_configuration
    assert error(put, Bucket=bucket, LifecycleConfiguration=rule()) == (
        "InvalidRequest",
        "At least one action needs to be specified in a rule",
    )
    assert error(put, Bucket=bucket, LifecycleConfiguration=rule(Expiration={"Days": 0}))[0] == "InvalidArgument"
