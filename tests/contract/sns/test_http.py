"""HTTP endpoints: confirmation, delivery, retries by the clock, and the end of a subscription."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from tests.contract.endpoint import Answer, Asked, Endpoint
from tests.contract.sns.conftest import Queue
from tests.contract.sns.test_signature import verify

from penstock.testing import TestRuntime

Refusal = Callable[..., tuple[str, str]]


class Timed(Endpoint):
    """Also keeps the instants, on the virtual clock, at which it was asked."""

    def __init__(self, penstock: TestRuntime) -> None:
        self._now = penstock.now
        self.asked_at: list[float] = []
        super().__init__()

    def answer(self, asked: Asked) -> Answer:
        self.asked_at.append(self._now())
        return super().answer(asked)


@pytest.fixture
def endpoint(penstock: TestRuntime) -> Iterator[Timed]:
    made = Timed(penstock)
    yield made
    made.kill()


@pytest.fixture
def subscribed(sns: Any, topic: str, endpoint: Endpoint, penstock: TestRuntime) -> Callable[..., str]:
    """`subscribed(**attributes)`: a confirmed subscription of the endpoint; its ARN."""

    def make(**attributes: str) -> str:
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=f"{endpoint.url}/hook", Attributes=attributes)
        penstock.settle()
        token = endpoint.asked.pop().document["Token"]
        arn: str = sns.confirm_subscription(TopicArn=topic, Token=token)["SubscriptionArn"]
        return arn

    return make


def get(url: str) -> str:
    with urllib.request.urlopen(url) as answer:
        text: str = answer.read().decode()
    return text


def test_an_endpoint_confirms_its_subscription(sns: Any, topic: str, endpoint: Endpoint, penstock: TestRuntime) -> None:
    given = {"TopicArn": topic, "Protocol": "http", "Endpoint": f"{endpoint.url}/hook"}
    assert sns.subscribe(**given)["SubscriptionArn"] == "pending confirmation"
    sns.publish(TopicArn=topic, Message="too early")
    penstock.settle()
    [asked] = endpoint.asked
    document = asked.document
    assert list(document) == [
        *("Type", "MessageId", "Token", "TopicArn", "Message", "SubscribeURL", "Timestamp"),
        *("SignatureVersion", "Signature", "SigningCertURL"),
    ]
    assert document["Message"] == (
        f"You have chosen to subscribe to the topic {topic}.\n"
        "To confirm the subscription, visit the SubscribeURL included in this message."
    )
    assert (asked.method, asked.path) == ("POST", "/hook")
    assert {
        name: value for name, value in asked.headers.items() if name.startswith(("x-amz", "content-type", "user"))
    } == {
        "x-amz-sns-message-type": "SubscriptionConfirmation",
        "x-amz-sns-message-id": document["MessageId"],
        "x-amz-sns-topic-arn": topic,
        "content-type": "text/plain; charset=UTF-8",
        "user-agent": "Amazon Simple Notification Service Agent",
    }
    verify(document)
    answer = get(document["SubscribeURL"])
    arn = sns.subscribe(**given)["SubscriptionArn"]
    assert f"<SubscriptionArn>{arn}</SubscriptionArn>" in answer
    assert get(document["SubscribeURL"]).count(arn) == 1
    attributes = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert (attributes["PendingConfirmation"], attributes["ConfirmationWasAuthenticated"]) == ("false", "false")
    assert json.loads(attributes["EffectiveDeliveryPolicy"])["healthyRetryPolicy"]["numRetries"] == 3


def test_tokens_that_confirm_nothing(
    sns: Any, topic: str, endpoint: Endpoint, penstock: TestRuntime, error: Refusal
) -> None:
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=endpoint.url)
    penstock.settle()
    token = endpoint.asked[0].document["Token"]
    for given, refused in (
        ({"TopicArn": topic, "Token": "randomtoken"}, "Invalid token"),
        ({"TopicArn": topic, "Token": token[:-8] + "00000000"}, "Invalid parameter: Token"),
        ({"TopicArn": topic, "Token": "51b2ff3edb475b7d91550e0ab6edf0c1" * 9}, "Invalid parameter: Token"),
        ({"TopicArn": topic, "Token": f"{token}token"}, "Invalid parameter: Token"),
        ({"TopicArn": "randomarn", "Token": token}, "Invalid parameter: Topic"),
        ({"TopicArn": topic.replace("us-east-1", "us-west-2"), "Token": token}, "Invalid parameter: Topic"),
    ):
        assert error(sns.confirm_subscription, **given) == ("InvalidParameter", refused)
    penstock.advance(2 * 86_400 + 1)
    refused = error(sns.confirm_subscription, TopicArn=topic, Token=token)
    assert refused == ("InvalidParameter", "Invalid parameter: Token")


def test_a_message_is_posted(
    sns: Any, topic: str, endpoint: Endpoint, subscribed: Callable[..., str], penstock: TestRuntime
) -> None:
    arn = subscribed()
    attributes = {"a": {"DataType": "String", "StringValue": "b"}}
    sent = sns.publish(TopicArn=topic, Message="hello", Subject="s", MessageAttributes=attributes)
    penstock.settle()
    [asked] = endpoint.asked
    assert asked.headers["x-amz-sns-message-type"] == "Notification"
    assert asked.headers["x-amz-sns-message-id"] == asked.document["MessageId"] == sent["MessageId"]
    assert asked.headers["x-amz-sns-subscription-arn"] == arn
    assert "x-amz-sns-rawdelivery" not in asked.headers
    assert (asked.document["Message"], asked.document["Subject"]) == ("hello", "s")
    assert asked.document["MessageAttributes"] == {"a": {"Type": "String", "Value": "b"}}
    verify(asked.document)


def test_a_message_as_it_is(
    sns: Any, topic: str, endpoint: Endpoint, subscribed: Callable[..., str], penstock: TestRuntime
) -> None:
    policy = {"requestPolicy": {"headerContentType": "application/json"}}
    subscribed(RawMessageDelivery="true", DeliveryPolicy=json.dumps(policy))
    sns.publish(TopicArn=topic, Message='{"as": "it is"}')
    penstock.settle()
    [asked] = endpoint.asked
    assert asked.document == {"as": "it is"}
    assert (asked.headers["x-amz-sns-rawdelivery"], asked.headers["content-type"]) == ("true", "application/json")


def test_delivery_policies_as_they_are_shown(
    sns: Any, topic: str, endpoint: Endpoint, subscribed: Callable[..., str]
) -> None:
    given = {"healthyRetryPolicy": {"numRetries": 0}, "throttlePolicy": {"maxReceivesPerSecond": 1000}}
    attributes = sns.get_subscription_attributes(SubscriptionArn=subscribed(DeliveryPolicy=json.dumps(given)))[
        "Attributes"
    ]
    retries = {
        "minDelayTarget": 20,
        "maxDelayTarget": 20,
        "numRetries": 0,
        "numMaxDelayRetries": 0,
        "numNoDelayRetries": 0,
        "numMinDelayRetries": 0,
        "backoffFunction": "linear",
    }
    own = {
        "healthyRetryPolicy": retries,
        "sicklyRetryPolicy": None,
        "throttlePolicy": {"maxReceivesPerSecond": 1000},
        "requestPolicy": None,
        "guaranteed": False,
    }
    assert json.loads(attributes["DeliveryPolicy"]) == own
    request = {"headerContentType": "text/plain; charset=UTF-8"}
    assert json.loads(attributes["EffectiveDeliveryPolicy"]) == {**own, "requestPolicy": request}


def test_retries_follow_the_delivery_policy(
    sns: Any,
    topic: str,
    endpoint: Timed,
    subscribed: Callable[..., str],
    make_queue: Callable[..., Queue],
    penstock: TestRuntime,
) -> None:
    dead = make_queue("dead")
    policy = {"numRetries": 4, "numNoDelayRetries": 1, "numMinDelayRetries": 1, "minDelayTarget": 2,
              "maxDelayTarget": 6, "backoffFunction": "linear"}  # fmt: skip
    subscribed(
        DeliveryPolicy=json.dumps({"healthyRetryPolicy": policy}),
        RedrivePolicy=json.dumps({"deadLetterTargetArn": dead.arn}),
    )
    endpoint.answers = [(503, {}, {})] * 5
    sns.publish(TopicArn=topic, Message="again and again")
    penstock.settle()
    assert dead.messages == []
    penstock.advance(12)
    assert [round(after - before) for before, after in pairwise(endpoint.asked_at[-5:])] == [0, 2, 2, 6]
    assert len(endpoint.asked) == 5
    [letter] = dead.messages
    assert json.loads(letter["Body"])["Message"] == "again and again"
    assert "MessageAttributes" not in letter


@pytest.mark.parametrize(("status", "times"), [(404, 1), (429, 2), (500, 2)])
def test_what_is_tried_again(
    sns: Any,
    topic: str,
    endpoint: Endpoint,
    subscribed: Callable[..., str],
    penstock: TestRuntime,
    status: int,
    times: int,
) -> None:
    subscribed()
    endpoint.answers = [(status, {}, {})]
    sns.publish(TopicArn=topic, Message="x")
    penstock.settle()
    penstock.advance(60)
    assert len(endpoint.asked) == times


def test_a_dead_endpoint_keeps_nobody_waiting(
    sns: Any,
    topic: str,
    endpoint: Endpoint,
    subscribed: Callable[..., str],
    queue: Queue,
    subscribe: Callable[..., str],
) -> None:
    subscribed()
    subscribe(topic, queue)
    endpoint.kill()
    for number in range(3):
        sns.publish(TopicArn=topic, Message=str(number))
    assert queue.texts == ["0", "1", "2"]


def test_whoever_unsubscribes_is_told(
    sns: Any, topic: str, endpoint: Endpoint, subscribed: Callable[..., str], penstock: TestRuntime
) -> None:
    arn = subscribed()
    sns.publish(TopicArn=topic, Message="x")
    penstock.settle()
    get(endpoint.asked.pop().document["UnsubscribeURL"])
    penstock.settle()
    told: Asked = endpoint.asked.pop()
    assert told.headers["x-amz-sns-message-type"] == told.document["Type"] == "UnsubscribeConfirmation"
    assert told.document["Message"].startswith(f"You have chosen to deactivate subscription {arn}.")
    sns.publish(TopicArn=topic, Message="not any more")
    penstock.settle()
    assert endpoint.asked == []


def test_a_subscription_that_only_its_owner_may_end(
    sns: Any, topic: str, endpoint: Endpoint, penstock: TestRuntime
) -> None:
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=endpoint.url)
    penstock.settle()
    token = endpoint.asked.pop().document["Token"]
    given = {"TopicArn": topic, "Token": token, "AuthenticateOnUnsubscribe": "true"}
    arn = sns.confirm_subscription(**given)["SubscriptionArn"]
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(f"{penstock.endpoint}/?Action=Unsubscribe&SubscriptionArn={arn}")
    assert caught.value.code == 403
    sns.unsubscribe(SubscriptionArn=arn)


@pytest.mark.parametrize(
    ("policy", "refused"),
    [
        ("no json", "DeliveryPolicy: failed to parse JSON."),
        ({"unknown": {}}, "DeliveryPolicy: Unexpected JSON member: unknown"),
        ({"healthyRetryPolicy": 5}, "DeliveryPolicy: healthyRetryPolicy must be an object"),
        ({"throttlePolicy": [1]}, "DeliveryPolicy: throttlePolicy must be an object"),
        ({"requestPolicy": "text/csv"}, "DeliveryPolicy: requestPolicy must be an object"),
        ({"requestPolicy": {"headerContentType": 5}}, "DeliveryPolicy: headerContentType must be a string"),
        ({"healthyRetryPolicy": {"numRetries": 101}}, "DeliveryPolicy: numRetries must be between 0 and 100"),
        ({"healthyRetryPolicy": {"backoffFunction": "x"}}, "DeliveryPolicy: backoffFunction must be one of"),
        (
            {"healthyRetryPolicy": {"minDelayTarget": 30}},
            "DeliveryPolicy: maxDelayTarget must be greater than or equal to minDelayTarget",
        ),
    ],
)
def test_delivery_policies_that_are_refused(
    sns: Any, topic: str, endpoint: Endpoint, error: Refusal, policy: Any, refused: str
) -> None:
    text = policy if isinstance(policy, str) else json.dumps(policy)
    given = {"TopicArn": topic, "Protocol": "http", "Endpoint": endpoint.url, "Attributes": {"DeliveryPolicy": text}}
    code, message = error(sns.subscribe, **given)
    assert code == "InvalidParameter"
    assert message.startswith(f"Invalid parameter: Attributes Reason: {refused}")
