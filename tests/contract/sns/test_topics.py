"""CreateTopic, GetTopicAttributes, SetTopicAttributes, ListTopics, DeleteTopic."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.contract.sns.conftest import Queue

Refusal = Callable[..., tuple[str, str]]


def test_what_a_topic_starts_with(sns: Any, topic: str) -> None:
    attributes = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    policy = json.loads(attributes.pop("Policy"))
    assert json.loads(attributes.pop("EffectiveDeliveryPolicy")) == {
        "http": {
            "defaultHealthyRetryPolicy": {
                "minDelayTarget": 20,
                "maxDelayTarget": 20,
                "numRetries": 3,
                "numMaxDelayRetries": 0,
                "numNoDelayRetries": 0,
                "numMinDelayRetries": 0,
                "backoffFunction": "linear",
            },
            "disableSubscriptionOverrides": False,
            "defaultRequestPolicy": {"headerContentType": "text/plain; charset=UTF-8"},
        }
    }
    assert attributes == {
        "DisplayName": "",
        "Owner": "000000000000",
        "SubscriptionsConfirmed": "0",
        "SubscriptionsDeleted": "0",
        "SubscriptionsPending": "0",
        "TopicArn": topic,
    }
    [statement] = policy["Statement"]
    assert (policy["Id"], statement["Sid"]) == ("__default_policy_ID", "__default_statement_ID")
    assert statement["Condition"] == {"StringEquals": {"AWS:SourceOwner": "000000000000"}}


def test_a_fifo_topic(sns: Any, make_topic: Callable[..., str]) -> None:
    arn = make_topic(fifo=True, ContentBasedDeduplication="True", DisplayName="Orders")
    attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    assert (attributes["FifoTopic"], attributes["ContentBasedDeduplication"]) == ("true", "true")
    assert attributes["DisplayName"] == "Orders"
    assert arn.endswith("-topic.fifo")


def test_a_topic_is_created_once(sns: Any, unique: str, error: Refusal) -> None:
    tags = [{"Key": "a", "Value": "1"}]
    arn = sns.create_topic(Name=unique, Tags=tags, Attributes={"DisplayName": "x"})["TopicArn"]
    assert sns.create_topic(Name=unique)["TopicArn"] == arn
    assert sns.create_topic(Name=unique, Tags=tags)["TopicArn"] == arn
    assert error(sns.create_topic, Name=unique, Tags=[*tags, {"Key": "b", "Value": "2"}]) == (
        "InvalidParameter",
        "Invalid parameter: Tags Reason: Topic already exists with different tags",
    )
    assert error(sns.create_topic, Name=unique, Attributes={"DisplayName": "y"}) == (
        "InvalidParameter",
        "Invalid parameter: Attributes Reason: Topic already exists with different attributes",
    )


@pytest.mark.parametrize("name", ["", "has space", "a" * 257, "dotted.name", "a.fifo"])
def test_names_that_no_topic_has(sns: Any, error: Refusal, name: str) -> None:
    assert error(sns.create_topic, Name=name) == ("InvalidParameter", "Invalid parameter: Topic Name")


def test_a_fifo_topic_is_called_so(sns: Any, unique: str, error: Refusal) -> None:
    code, message = error(sns.create_topic, Name=unique, Attributes={"FifoTopic": "true"})
    assert code == "InvalidParameter"
    assert "must end with .fifo" in message


def test_attributes_are_changed(sns: Any, topic: str) -> None:
    sns.set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue="News")
    sns.set_topic_attributes(TopicArn=topic, AttributeName="SignatureVersion", AttributeValue="2")
    retries = {"http": {"defaultHealthyRetryPolicy": {"numRetries": 5}}}
    sns.set_topic_attributes(TopicArn=topic, AttributeName="DeliveryPolicy", AttributeValue=json.dumps(retries))
    attributes = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert (attributes["DisplayName"], attributes["SignatureVersion"]) == ("News", "2")
    effective = json.loads(attributes["EffectiveDeliveryPolicy"])["http"]["defaultHealthyRetryPolicy"]
    assert (effective["numRetries"], effective["minDelayTarget"]) == (5, 20)
    sns.set_topic_attributes(TopicArn=topic, AttributeName="DeliveryPolicy", AttributeValue="")
    assert "DeliveryPolicy" not in sns.get_topic_attributes(TopicArn=topic)["Attributes"]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"defaultHealthyRetryPolicy": None}, {"disableSubscriptionOverrides": False}),
        (
            {"defaultHealthyRetryPolicy": {"numRetries": 1}, "defaultThrottlePolicy": None},
            {"defaultHealthyRetryPolicy": {"numRetries": 1}, "disableSubscriptionOverrides": False},
        ),
        (
            {"defaultRequestPolicy": {"headerContentType": "text/csv"}, "disableSubscriptionOverrides": True},
            {"disableSubscriptionOverrides": True, "defaultRequestPolicy": {"headerContentType": "text/csv"}},
        ),
    ],
)
def test_a_delivery_policy_as_it_is_shown(sns: Any, topic: str, given: Any, shown: Any) -> None:
    text = json.dumps({"http": given})
    sns.set_topic_attributes(TopicArn=topic, AttributeName="DeliveryPolicy", AttributeValue=text)
    attributes = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert json.loads(attributes["DeliveryPolicy"]) == {"http": shown}
    assert (
        json.loads(attributes["EffectiveDeliveryPolicy"])["http"].items()
        >= {"disableSubscriptionOverrides": shown["disableSubscriptionOverrides"]}.items()
    )


@pytest.mark.parametrize(
    ("name", "value", "refused"),
    [
        ("NoSuchName", "x", "AttributeName"),
        ("FifoTopic", "true", "AttributeName"),
        ("Policy", "no json", "Policy Reason: failed to parse JSON."),
        ("DeliveryPolicy", "no json", "DeliveryPolicy: failed to parse JSON."),
        ("DeliveryPolicy", '{"http": {"retries": 1}}', "DeliveryPolicy: Unexpected JSON member: retries"),
        (
            "DeliveryPolicy",
            '{"http": {"defaultRequestPolicy": 1}}',
            "DeliveryPolicy: defaultRequestPolicy must be an object",
        ),
        ("DisplayName", "x" * 101, "DisplayName"),
        ("ContentBasedDeduplication", "true", "AttributeName"),
    ],
)
def test_attributes_that_are_refused(sns: Any, topic: str, error: Refusal, name: str, value: str, refused: str) -> None:
    code, message = error(sns.set_topic_attributes, TopicArn=topic, AttributeName=name, AttributeValue=value)
    assert code == "InvalidParameter"
    assert message.startswith(f"Invalid parameter: {refused}")


def test_what_is_not_supported_says_so(sns: Any, topic: str, unique: str, error: Refusal) -> None:
    feedback = "SQSSuccessFeedbackRoleArn"
    refused = error(sns.set_topic_attributes, TopicArn=topic, AttributeName=feedback, AttributeValue="arn:x")
    assert refused == ("NotImplemented", f"Penstock does not support the topic attribute {feedback}.")
    assert error(sns.create_topic, Name=unique, DataProtectionPolicy="{}")[0] == "NotImplemented"


def test_topics_that_are_not_there(sns: Any, client: Callable[..., Any], topic: str, error: Refusal) -> None:
    assert error(sns.get_topic_attributes, TopicArn=f"{topic}-not") == ("NotFound", "Topic does not exist")
    assert error(sns.get_topic_attributes, TopicArn="topic") == (
        "InvalidParameter",
        "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1",
    )
    elsewhere = client("sns", region="eu-west-1")
    assert error(elsewhere.get_topic_attributes, TopicArn=topic) == ("InvalidParameter", "Invalid parameter: TopicArn")
    assert error(sns.get_topic_attributes) == (
        "InvalidParameter",
        "Invalid parameter: TopicArn Reason: no value for required parameter",
    )


def test_topics_are_listed_by_hundreds(client: Callable[..., Any], unique: str) -> None:
    sns = client("sns", account="123123123123")
    made = {sns.create_topic(Name=f"{unique}-{number}")["TopicArn"] for number in range(101)}
    first = sns.list_topics()
    assert len(first["Topics"]) == 100
    second = sns.list_topics(NextToken=first["NextToken"])
    assert "NextToken" not in second
    assert {each["TopicArn"] for page in (first, second) for each in page["Topics"]} == made


def test_a_topic_goes_with_its_subscriptions(
    sns: Any, topic: str, queue: Queue, subscribe: Callable[..., str], error: Refusal
) -> None:
    subscription = subscribe(topic, queue)
    sns.delete_topic(TopicArn=topic)
    sns.delete_topic(TopicArn=topic)
    assert error(sns.publish, TopicArn=topic, Message="x") == ("NotFound", "Topic does not exist")
    assert error(sns.get_subscription_attributes, SubscriptionArn=subscription)[0] == "NotFound"
    name = topic.rpartition(":")[2]
    assert sns.create_topic(Name=name, Tags=[{"Key": "new", "Value": "1"}])["TopicArn"] == topic
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
