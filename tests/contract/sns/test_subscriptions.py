"""Subscribe, Unsubscribe, subscription attributes, lists."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.contract.sns.conftest import Queue

Refusal = Callable[..., tuple[str, str]]
Subscribe = Callable[..., str]


def test_what_a_subscription_starts_with(sns: Any, topic: str, queue: Queue, subscribe: Subscribe) -> None:
    arn = subscribe(topic, queue)
    assert arn.startswith(f"{topic}:")
    assert sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"] == {
        "ConfirmationWasAuthenticated": "true",
        "Endpoint": queue.arn,
        "Owner": "000000000000",
        "PendingConfirmation": "false",
        "Protocol": "sqs",
        "RawMessageDelivery": "false",
        "SubscriptionArn": arn,
        "SubscriptionPrincipal": "arn:aws:iam::000000000000:root",
        "TopicArn": topic,
    }


def test_an_endpoint_is_subscribed_once(
    sns: Any, topic: str, queue: Queue, subscribe: Subscribe, error: Refusal
) -> None:
    arn = subscribe(topic, queue, RawMessageDelivery="True")
    assert subscribe(topic, queue) == arn
    assert subscribe(topic, queue, RawMessageDelivery="true") == arn
    given = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": queue.arn}
    assert error(sns.subscribe, **given, Attributes={"RawMessageDelivery": "false"}) == (
        "InvalidParameter",
        "Invalid parameter: Attributes Reason: Subscription already exists with different attributes",
    )


@pytest.mark.parametrize(
    ("protocol", "endpoint", "refused"),
    [
        ("test-protocol", "x", "Amazon SNS does not support this protocol string: test-protocol"),
        ("sqs", "http://queue", "SQS endpoint ARN"),
        ("http", "https://x", "Endpoint must match the specified protocol"),
        ("https", "http://x", "Endpoint must match the specified protocol"),
        ("sms", "NAA+15551234567", "Invalid SMS endpoint: NAA+15551234567"),
        ("sms", "+1--555", "Invalid SMS endpoint: +1--555"),
        ("email", "nobody", "Email address"),
        (
            "sqs",
            "arn:aws:sqs:us-east-1:000000000000:a.fifo",
            "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics",
        ),
    ],
)
def test_endpoints_that_are_refused(
    sns: Any, topic: str, error: Refusal, protocol: str, endpoint: str, refused: str
) -> None:
    code, message = error(sns.subscribe, TopicArn=topic, Protocol=protocol, Endpoint=endpoint)
    assert code == "InvalidParameter"
    assert message.removeprefix("Invalid parameter: ") == refused


def test_what_is_not_supported_says_so(sns: Any, topic: str, error: Refusal) -> None:
    refused = error(sns.subscribe, TopicArn=topic, Protocol="firehose", Endpoint="arn:aws:firehose:y:z:a")
    assert refused == ("NotImplemented", "Penstock does not support subscriptions of the protocol firehose.")


def test_mail_waits_for_its_confirmation(sns: Any, topic: str) -> None:
    given = {"TopicArn": topic, "Protocol": "email", "Endpoint": "a@example.com"}
    assert sns.subscribe(**given)["SubscriptionArn"] == "pending confirmation"
    arn = sns.subscribe(**given, ReturnSubscriptionArn=True)["SubscriptionArn"]
    assert arn.startswith(f"{topic}:")
    assert sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["PendingConfirmation"] == "true"
    [listed] = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert listed["SubscriptionArn"] == "PendingConfirmation"
    attributes = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert (attributes["SubscriptionsPending"], attributes["SubscriptionsConfirmed"]) == ("1", "0")


@pytest.mark.parametrize(
    ("name", "value", "refused"),
    [
        ("NoSuchName", "x", "AttributeName"),
        ("RawMessageDelivery", "wrong", "RawMessageDelivery: Invalid value [wrong]. Must be true or false."),
        ("RawMessageDelivery", "", "RawMessageDelivery: Invalid value []. Must be true or false."),
        (
            "FilterPolicyScope",
            "RandomValue",
            "FilterPolicyScope: Invalid value [RandomValue]. Please use either MessageBody or MessageAttributes",
        ),
        ("RedrivePolicy", '{"deadLetterTargetArn": "x"}', "RedrivePolicy: deadLetterTargetArn is an invalid arn"),
        ("RedrivePolicy", "{invalid", "RedrivePolicy: failed to parse JSON."),
        (
            "FilterPolicy",
            "{invalid",
            "FilterPolicy: failed to parse JSON. Unexpected character ('i' (code 105)): was expecting double-quote to "
            "start field name",
        ),
    ],
)
def test_attributes_that_are_refused(
    sns: Any, topic: str, queue: Queue, subscribe: Subscribe, error: Refusal, name: str, value: str, refused: str
) -> None:
    given = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": queue.arn, "Attributes": {name: value}}
    assert error(sns.subscribe, **given) == (
        "InvalidParameter",
        f"Invalid parameter: Attributes Reason: {refused}",
    )
    changed = {"SubscriptionArn": subscribe(topic, queue), "AttributeName": name, "AttributeValue": value}
    assert error(sns.set_subscription_attributes, **changed) == ("InvalidParameter", f"Invalid parameter: {refused}")


def test_attributes_are_set_and_taken_away(sns: Any, topic: str, queue: Queue, subscribe: Subscribe) -> None:
    arn = subscribe(topic, queue)

    def put(name: str, value: str) -> dict[str, str]:
        sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName=name, AttributeValue=value)
        found: dict[str, str] = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
        return found

    assert "FilterPolicyScope" not in put("FilterPolicyScope", "MessageBody")
    attributes = put("FilterPolicy", '{"a": ["b"]}')
    assert (attributes["FilterPolicy"], attributes["FilterPolicyScope"]) == ('{"a": ["b"]}', "MessageBody")
    assert "FilterPolicy" not in put("FilterPolicy", "")
    redrive = json.dumps({"deadLetterTargetArn": queue.arn})
    assert put("RedrivePolicy", redrive)["RedrivePolicy"] == redrive
    assert "RedrivePolicy" not in put("RedrivePolicy", "")


def test_subscriptions_end(sns: Any, topic: str, queue: Queue, subscribe: Subscribe, error: Refusal) -> None:
    arn = subscribe(topic, queue)
    sns.unsubscribe(SubscriptionArn=arn)
    sns.unsubscribe(SubscriptionArn=arn)
    sns.publish(TopicArn=topic, Message="x")
    assert queue.messages == []
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["SubscriptionsDeleted"] == "1"
    assert error(sns.set_subscription_attributes, SubscriptionArn=arn, AttributeName="FilterPolicy") == (
        "NotFound",
        "Subscription does not exist",
    )


@pytest.mark.parametrize(
    ("arn", "refused"),
    [
        ("randomstring", "SubscriptionArn Reason: An ARN must have at least 6 elements, not 1"),
        ("arn:aws:sns:us-east-1:random", "SubscriptionArn Reason: An ARN must have at least 6 elements, not 5"),
        ("arn:aws:sns:us-east-1:111111111111:random", "SubscriptionId"),
        (None, "SubscriptionArn Reason: no value for required parameter"),
    ],
)
def test_what_cannot_be_unsubscribed(sns: Any, error: Refusal, arn: str | None, refused: str) -> None:
    given = {"SubscriptionArn": arn} if arn else {}
    assert error(sns.unsubscribe, **given) == ("InvalidParameter", f"Invalid parameter: {refused}")


@pytest.mark.parametrize(
    ("arn", "code", "refused"),
    [
        (
            "pending confirmation",
            "InvalidParameter",
            "Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements, not 1",
        ),
        ("arn:aws:sns:us-east-1:000000000000:topic", "InvalidParameter", "Invalid parameter: SubscriptionId"),
        ("arn:aws:sns:us-east-1:000000000000:topic:none", "NotFound", "Subscription does not exist"),
    ],
)
def test_what_has_no_attributes(sns: Any, error: Refusal, arn: str, code: str, refused: str) -> None:
    assert error(sns.get_subscription_attributes, SubscriptionArn=arn) == (code, refused)
    given = {"SubscriptionArn": arn, "AttributeName": "RawMessageDelivery", "AttributeValue": "true"}
    assert error(sns.set_subscription_attributes, **given) == (code, refused)


def test_subscriptions_are_listed_by_hundreds(client: Callable[..., Any], unique: str) -> None:
    sns = client("sns", account="321321321321")
    topic = sns.create_topic(Name=unique)["TopicArn"]
    for number in range(101):
        sns.subscribe(TopicArn=topic, Protocol="sms", Endpoint=f"+1555{number:07}")
    for operation, given in ((sns.list_subscriptions, {}), (sns.list_subscriptions_by_topic, {"TopicArn": topic})):
        first = operation(**given)
        second = operation(**given, NextToken=first["NextToken"])
        assert (len(first["Subscriptions"]), len(second["Subscriptions"])) == (100, 1)
        assert second["Subscriptions"][0].keys() == {"SubscriptionArn", "Owner", "Protocol", "Endpoint", "TopicArn"}


def test_lists_need_a_topic(sns: Any, topic: str, error: Refusal) -> None:
    refused = error(sns.list_subscriptions_by_topic, TopicArn=f"{topic}-not")
    assert refused == ("NotFound", "Topic does not exist")
    assert error(sns.list_topics, NextToken="nonsense")[0] == "InvalidParameter"
