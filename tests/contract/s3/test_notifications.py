"""Notifications to queues, functions and EventBridge; lifecycle on the clock."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from penstock.testing import TestRuntime

DAY = 86_400


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
        "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:Delete"],
        "Filter": {"Key": {"FilterRules": rules}},
    }
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [wanted]})
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
    s3.delete_object(Bucket=bucket, Key="in/a b.txt")
    [event] = received(client, penstock, queue[0])
    assert event["Records"][0]["eventName"] == "ObjectRemoved:Delete"


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
