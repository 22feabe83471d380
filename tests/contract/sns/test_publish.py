"""Publish: what a subscriber gets, and what is refused."""

import json
import re
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from tests.contract.sns.conftest import Queue

from penstock.testing import TestRuntime

Subscribe = Callable[..., str]
Refusal = Callable[..., tuple[str, str]]


def test_a_message_reaches_a_subscribed_queue(sns: Any, topic: str, queue: Queue, subscribe: Subscribe) -> None:
    subscription = subscribe(topic, queue)
    sent = sns.publish(TopicArn=topic, Message="hello ö", Subject="Greetings")
    [body] = queue.bodies
    document = json.loads(body)
    assert list(document) == [
        *("Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp"),
        *("SignatureVersion", "Signature", "SigningCertURL", "UnsubscribeURL"),
    ]
    assert document["Type"] == "Notification"
    assert document["MessageId"] == sent["MessageId"]
    assert document["TopicArn"] == topic
    assert (document["Subject"], document["Message"]) == ("Greetings", "hello ö")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", document["Timestamp"])
    assert document["UnsubscribeURL"].endswith(f"/?Action=Unsubscribe&SubscriptionArn={subscription}")
    assert body.startswith('{\n  "Type" : "Notification",\n  "MessageId" : "')


def test_a_message_as_it_is(sns: Any, topic: str, queue: Queue, subscribe: Subscribe) -> None:
    subscribe(topic, queue, RawMessageDelivery="true")
    attributes = {
        "price": {"DataType": "Number", "StringValue": "99.12"},
        "blob": {"DataType": "Binary", "BinaryValue": b"\x02\x03\x04"},
    }
    sns.publish(TopicArn=topic, Message="as it is", Subject="not seen", MessageAttributes=attributes)
    [message] = queue.messages
    assert message["Body"] == "as it is"
    assert message["MessageAttributes"] == attributes


def test_attributes_in_the_envelope(sns: Any, topic: str, queue: Queue, subscribe: Subscribe) -> None:
    subscribe(topic, queue)
    attributes = {
        "price": {"DataType": "Number", "StringValue": "99.12"},
        "blob": {"DataType": "Binary", "BinaryValue": b"\x02\x03\x04"},
        "tags": {"DataType": "String.Array", "StringValue": '["a"]'},
    }
    sns.publish(TopicArn=topic, Message="x", MessageAttributes=attributes)
    [message] = queue.messages
    assert "MessageAttributes" not in message
    assert json.loads(message["Body"])["MessageAttributes"] == {
        "price": {"Type": "Number", "Value": "99.12"},
        "blob": {"Type": "Binary", "Value": "AgME"},
        "tags": {"Type": "String.Array", "Value": '["a"]'},
    }


def test_a_topic_may_be_called_a_target(sns: Any, topic: str, queue: Queue, subscribe: Subscribe) -> None:
    subscribe(topic, queue)
    sns.publish(TargetArn=topic, Message="by target")
    assert queue.texts == ["by target"]


def test_each_protocol_may_have_its_own_text(
    sns: Any, topic: str, make_queue: Callable[..., Queue], subscribe: Subscribe, error: Refusal
) -> None:
    queue = make_queue()
    subscribe(topic, queue)

    def put(text: str) -> None:
        sns.publish(TopicArn=topic, Message=text, MessageStructure="json")

    put(json.dumps({"default": "for all", "sqs": '{"field": "value"}'}))
    put(json.dumps({"default": "for all", "lambda": "x", "http": 3}))
    assert queue.texts == ['{"field": "value"}', "for all"]
    given = {"TopicArn": topic, "MessageStructure": "json"}
    no_default = "Invalid parameter: Message Structure - No default entry in JSON message body"
    unreadable = "Invalid parameter: Message Structure - JSON message body failed to parse"
    assert error(sns.publish, **given, Message='{"sqs": "x"}') == ("InvalidParameter", no_default)
    assert error(sns.publish, **given, Message='{"default": {"x": 1}}') == ("InvalidParameter", no_default)
    assert error(sns.publish, **given, Message='{"default": }') == ("InvalidParameter", unreadable)


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({"Message": ""}, "Empty message"),
        ({"Message": "x", "Subject": ""}, "Subject"),
        ({"Message": "x", "Subject": "a" * 101}, "Subject"),
        ({"Message": "x", "Subject": "two\nlines"}, "Subject"),
        ({"Message": "x" * 262_145}, "Message too long"),
        (
            {"Message": "x" * 262_140, "MessageAttributes": {"a": {"DataType": "String", "StringValue": "b"}}},
            "Message too long",
        ),
        ({}, "Message Reason: no value for required parameter"),
        (
            {"Message": "x", "MessageDeduplicationId": "d"},
            "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid "
            "for this topic type",
        ),
    ],
)
def test_messages_that_are_refused(sns: Any, topic: str, error: Refusal, given: dict[str, Any], refused: str) -> None:
    assert error(sns.publish, TopicArn=topic, **given) == ("InvalidParameter", f"Invalid parameter: {refused}")


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({}, "TopicArn or TargetArn Reason: no value for required parameter"),
        ({"TopicArn": "x:y"}, "TopicArn Reason: An ARN must have at least 6 elements, not 2"),
        ({"TopicArn": ""}, "TopicArn Reason: An ARN must have at least 6 elements, not 1"),
        (
            {"TargetArn": "arn:aws:sns:us-east-1:000000000000:endpoint/APNS/abcdef/0f7d5971"},
            "TargetArn Reason: No endpoint found for the target arn specified",
        ),
        ({"PhoneNumber": "+1a234"}, "PhoneNumber Reason: +1a234 is not valid to publish to"),
    ],
)
def test_targets_that_are_refused(sns: Any, error: Refusal, given: dict[str, Any], refused: str) -> None:
    assert error(sns.publish, Message="x", **given) == ("InvalidParameter", f"Invalid parameter: {refused}")


def test_a_topic_of_another_region(client: Callable[..., Any], topic: str, error: Refusal) -> None:
    elsewhere = client("sns", region="eu-west-1")
    refused = ("InvalidParameter", "Invalid parameter: TopicArn")
    assert error(elsewhere.publish, TopicArn=topic, Message="x") == refused
    assert error(elsewhere.publish, TopicArn=f"{topic}-not".replace("us-east-1", "eu-west-1"), Message="x") == (
        "NotFound",
        "Topic does not exist",
    )


@pytest.mark.parametrize(
    ("name", "attribute", "refused"),
    [
        ("a", {"DataType": "String", "StringValue": ""}, "must contain non-empty message attribute value for message"),
        ("a", {"DataType": "String"}, "must contain non-empty message attribute value for message attribute type"),
        ("a", {"DataType": "Binary", "BinaryValue": b""}, "must contain non-empty message attribute value"),
        ("a", {"DataType": "String", "BinaryValue": b"x"}, "with type 'String' must use field 'String'."),
        ("a", {"DataType": "Number", "BinaryValue": b"x"}, "with type 'Number' must use field 'String'."),
        ("a", {"DataType": "Binary", "StringValue": "x"}, "with type 'Binary' must use field 'Binary'."),
        ("a", {"DataType": "InvalidType", "StringValue": "x"}, "has an invalid message attribute type, the set of"),
        ("a", {"DataType": "Stringprefixed", "StringValue": "x"}, "has an invalid message attribute type"),
        ("a", {"DataType": "Number", "StringValue": "x"}, "Could not cast message attribute 'a' value to number."),
        ("a" * 257, {"DataType": "String", "StringValue": "x"}, "Length of message attribute name must be less than"),
        ("a^b", {"DataType": "String", "StringValue": "x"}, "Invalid non-alphanumeric character '#x5E' was found in"),
        (".a", {"DataType": "String", "StringValue": "x"}, "Invalid message attribute name starting with character"),
        ("a.", {"DataType": "String", "StringValue": "x"}, "Invalid message attribute name ending with character"),
        ("a..b", {"DataType": "String", "StringValue": "x"}, "Message attribute name can not have successive '.'"),
    ],
)
def test_attributes_that_are_refused(
    sns: Any, topic: str, error: Refusal, name: str, attribute: dict[str, Any], refused: str
) -> None:
    given = {"Message": "x", "MessageAttributes": {name: attribute}}
    code, message = error(sns.publish, TopicArn=topic, **given)
    assert code == "ParameterValueInvalid"
    assert refused in message
    batch = [{"Id": "1", **given}]
    assert error(sns.publish_batch, TopicArn=topic, PublishBatchRequestEntries=batch) == (code, message)


def test_an_attribute_without_a_type(sns: Any, topic: str, error: Refusal) -> None:
    attributes = {"attr1": {"StringValue": "x"}}
    text = "1 validation error detected: Value null at '{}' failed to satisfy constraint: Member must not be null"
    at = "messageAttributes.attr1.member.dataType"
    refused = error(sns.publish, TopicArn=topic, Message="x", MessageAttributes=attributes)
    assert refused == ("ValidationError", text.format(at))
    entries = [{"Id": "1", "Message": "x", "MessageAttributes": attributes}]
    refused = error(sns.publish_batch, TopicArn=topic, PublishBatchRequestEntries=entries)
    assert refused == ("ValidationError", text.format(f"publishBatchRequestEntries.1.member.{at}"))


def test_an_sms_is_taken_and_said_not_to_be_sent(sns: Any, penstock: TestRuntime) -> None:
    assert sns.publish(PhoneNumber="+15551230000", Message="code 42")["MessageId"]
    logs = list(penstock.runtime.kernel.telemetry.lines)
    assert any("+15551230000 is not sent from this machine: code 42" in line.message for line in logs)


def test_groups_reach_standard_queues(sns: Any, topic: str, queue: Queue, subscribe: Subscribe) -> None:
    subscribe(topic, queue)
    sns.publish(TopicArn=topic, Message="x", MessageGroupId="tenant-1")
    [message] = queue.messages
    assert message["Attributes"]["MessageGroupId"] == "tenant-1"


def test_a_trace_goes_on(sns: Any, topic: str, queue: Queue, subscribe: Subscribe, penstock: TestRuntime) -> None:
    subscribe(topic, queue)
    root = "1-3152b799-8954dae64eda91bc9a23a7e8"
    body = urllib.parse.urlencode({"Action": "Publish", "TopicArn": topic, "Message": "traced"}).encode()
    request = urllib.request.Request(
        penstock.endpoint,
        body,
        {
            "X-Amzn-Trace-Id": f"Root={root};Parent=7fa8c0f79203be72;Sampled=1",
            "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sns/aws4_request, Signature=0",
        },
    )
    urllib.request.urlopen(request).read()
    [message] = queue.messages
    assert message["Attributes"]["AWSTraceHeader"].startswith(f"Root={root};")
