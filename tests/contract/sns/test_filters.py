"""Filter policies: which subscriptions a message reaches, and which policies are refused."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.contract.sns.conftest import Queue

Make = Callable[..., Any]
Refusal = Callable[..., tuple[str, str]]
Subscribe = Callable[..., str]


def string(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}


def number(value: float) -> dict[str, str]:
    return {"DataType": "Number", "StringValue": str(value)}


def array(*values: Any) -> dict[str, str]:
    return {"DataType": "String.Array", "StringValue": json.dumps(values)}


def test_a_message_reaches_exactly_those_whose_filters_let_it_through(
    sns: Any, topic: str, make_queue: Make, subscribe: Subscribe
) -> None:
    policies: dict[str, dict[str, str]] = {
        "cheap": {"FilterPolicy": '{"price": [{"numeric": ["<", 10]}]}'},
        "books": {"FilterPolicy": '{"kind": ["book"], "price": [{"exists": true}]}'},
        "paris": {"FilterPolicy": '{"to": {"city": ["Paris"]}}', "FilterPolicyScope": "MessageBody"},
    }
    queues: dict[str, Queue] = {name: make_queue(name) for name in policies}
    for name, policy in policies.items():
        subscribe(topic, queues[name], RawMessageDelivery="true", **policy)
    sent = [
        ({"price": number(5), "kind": string("book")}, "Paris"),
        ({"price": number(50), "kind": string("book")}, "Rome"),
        ({"price": number(9.99)}, "Oslo"),
        ({"kind": string("book")}, "Paris"),
        ({}, "Bonn"),
    ]
    for at, (attributes, city) in enumerate(sent):
        text = json.dumps({"at": at, "to": {"city": city}})
        sns.publish(TopicArn=topic, Message=text, MessageAttributes=attributes)
    reached = {name: [json.loads(body)["at"] for body in queue.bodies] for name, queue in queues.items()}
    assert reached == {"cheap": [0, 2], "books": [0, 1], "paris": [0, 3]}


MATCHES = [
    ({"a": ["x", "y"]}, {"a": string("y")}, True),
    ({"a": ["x"]}, {"a": string("X")}, False),
    ({"a": ["x"]}, {}, False),
    ({"a": [100.123456789]}, {"a": number(100.1234567)}, True),
    ({"a": [100.123456]}, {"a": number(100.123457)}, False),
    ({"a": [{"anything-but": ["x"]}]}, {"a": string("y")}, True),
    ({"a": [{"anything-but": ["x"]}]}, {}, False),
    ({"a": [{"anything-but": "x"}]}, {"a": array("x", "y")}, True),
    ({"a": [{"anything-but": {"prefix": "order-"}}]}, {"a": string("order-1")}, False),
    ({"a": [{"anything-but": {"wildcard": "*/bin/*"}}]}, {"a": string("/bin/sh")}, False),
    ({"a": [{"wildcard": "order-*-eu"}]}, {"a": string("order-7-eu")}, True),
    ({"a": [{"prefix": "bas"}]}, {"a": string("baseball")}, True),
    ({"a": [{"suffix": "ball"}]}, {"a": string("baseball")}, True),
    ({"a": [{"equals-ignore-case": "TENNIS"}]}, {"a": string("tennis")}, True),
    ({"a": [{"cidr": "10.0.0.0/24"}]}, {"a": string("10.0.0.7")}, True),
    ({"a": [{"cidr": "10.0.0.0/24"}]}, {"a": string("10.0.1.7")}, False),
    ({"a": [{"numeric": [">", 0, "<=", 100]}]}, {"a": number(100)}, True),
    ({"a": [{"numeric": ["=", 301.5]}]}, {"a": number(301.5)}, True),
    ({"a": [{"numeric": [">", 0]}]}, {"a": string("5")}, False),
    ({"a": [{"numeric": [">", 4]}]}, {"a": array(3, 5)}, True),
    ({"a": [100]}, {"a": number(100)}, True),
    ({"a": [True]}, {"a": array(True)}, True),
    ({"a": [None]}, {"a": array(None)}, True),
    ({"a": [None, {"anything-but": "whatever"}]}, {}, False),
    ({"a": [{"exists": True}]}, {"a": string("x")}, True),
    ({"a": [{"exists": False}]}, {"b": string("x")}, True),
    ({"a": [{"exists": False}]}, {"a": string("x")}, False),
    ({"a": [{"exists": True}]}, {"a": {"DataType": "Binary", "BinaryValue": b"x"}}, False),
    ({"$or": [{"a": ["x"]}, {"b": [{"numeric": ["<", 3]}]}]}, {"b": number(2)}, True),
    ({"$or": [{"a": ["x"]}, {"b": ["x"]}], "c": ["x"]}, {"b": string("x")}, False),
    ({}, {}, True),
]


@pytest.mark.parametrize(("policy", "attributes", "reached"), MATCHES)
def test_attributes_decide(
    sns: Any, topic: str, queue: Queue, subscribe: Subscribe, policy: Any, attributes: Any, reached: bool
) -> None:
    subscribe(topic, queue, FilterPolicy=json.dumps(policy))
    sns.publish(TopicArn=topic, Message="x", MessageAttributes=attributes)
    assert len(queue.messages) == reached


@pytest.mark.parametrize(
    ("policy", "body", "reached"),
    [
        ({"object": ["x"]}, '{"object": "x"}', True),
        ({"object": {"key": [{"prefix": "auto-"}]}}, '{"object": {"key": "auto-1", "more": 1}}', True),
        ({"object": {"key": [{"prefix": "auto-"}]}}, '{"object": "auto-1"}', False),
        ({"headers": {"name": ["x"]}}, '{"headers": [{"name": "y"}, {"name": "x"}]}', True),
        ({"flag": [True]}, '{"flag": true}', True),
        ({"flag": ["true"]}, '{"flag": true}', False),
        ({"price": [{"numeric": [">", 10]}]}, '{"price": 11}', True),
        ({"price": [{"numeric": [">", 10]}]}, '{"price": "11"}', False),
        ({"key": [{"exists": False}]}, '{"other": 1}', True),
        ({"key": [None]}, '{"key": null}', True),
        ({"key": ["x"]}, "no json", False),
        ({"key": [{"exists": False}]}, '["no", "object"]', False),
    ],
)
def test_the_body_decides(
    sns: Any, topic: str, queue: Queue, subscribe: Subscribe, policy: Any, body: str, reached: bool
) -> None:
    subscribe(topic, queue, FilterPolicy=json.dumps(policy), FilterPolicyScope="MessageBody")
    sns.publish(TopicArn=topic, Message=body)
    assert len(queue.messages) == reached


def test_the_filter_sees_the_text_of_its_protocol(sns: Any, topic: str, queue: Queue, subscribe: Subscribe) -> None:
    subscribe(topic, queue, FilterPolicy='{"for": ["queues"]}', FilterPolicyScope="MessageBody")
    for texts in ({"default": '{"for": "all"}', "sqs": '{"for": "queues"}'}, {"default": "{}"}):
        sns.publish(TopicArn=topic, Message=json.dumps(texts), MessageStructure="json")
    assert queue.texts == ['{"for": "queues"}']


@pytest.mark.parametrize(
    ("operator", "refused"),
    [
        ({"suffix": "x"}, "Unsupported anything-but pattern: suffix"),
        ({"exists": False}, "Unsupported anything-but pattern: exists"),
        ({"prefix": False}, "prefix match pattern must be a string"),
    ],
)
def test_what_cannot_be_negated(
    sns: Any, topic: str, queue: Queue, error: Refusal, operator: dict[str, Any], refused: str
) -> None:
    policy = json.dumps({"$or": [{"a": [{"anything-but": operator}]}, {"b": ["x"]}]})
    given = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": queue.arn, "Attributes": {"FilterPolicy": policy}}
    assert error(sns.subscribe, **given) == (
        "InvalidParameter",
        f"Invalid parameter: Attributes Reason: FilterPolicy: {refused}",
    )


def test_a_filter_changes(sns: Any, topic: str, queue: Queue, subscribe: Subscribe) -> None:
    arn = subscribe(topic, queue, FilterPolicy='{"a": ["x"]}')
    for policy in ('{"a": ["y"]}', ""):
        sns.publish(TopicArn=topic, Message=f"before {policy}", MessageAttributes={"a": string("y")})
        sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName="FilterPolicy", AttributeValue=policy)
    sns.publish(TopicArn=topic, Message="unfiltered")
    assert queue.texts == ["before ", "unfiltered"]


def test_a_nested_policy_stays_with_its_scope(
    sns: Any, topic: str, queue: Queue, subscribe: Subscribe, error: Refusal
) -> None:
    arn = subscribe(topic, queue, FilterPolicy='{"a": {"b": ["x"]}}', FilterPolicyScope="MessageBody")
    changed = {"AttributeName": "FilterPolicyScope", "AttributeValue": "MessageAttributes"}
    refused = error(sns.set_subscription_attributes, SubscriptionArn=arn, **changed)
    assert (
        refused[1] == "Invalid parameter: Filter policy scope MessageAttributes does not support nested filter policy"
    )
    sns.publish(TopicArn=topic, Message='{"a": {"b": "x"}}')
    assert len(queue.messages) == 1


REFUSED = [
    ({"key": [["value"]]}, "FilterPolicy: Match value must be String, number, true, false, or null"),
    ({"key": [{"wrong-operator": True}]}, "FilterPolicy: Unrecognized match type wrong-operator"),
    ({"key": [{"suffix": "a", "prefix": "b"}]}, "FilterPolicy: Only one key allowed in match expression"),
    ({"key": [{"suffix": 100}]}, "FilterPolicy: suffix match pattern must be a string"),
    ({"key": [{"exists": "no"}]}, "FilterPolicy: exists match pattern must be either true or false."),
    ({"key": [{"numeric": []}]}, "FilterPolicy: Invalid member in numeric match: ]"),
    ({"key": [{"numeric": ["operator"]}]}, "FilterPolicy: Unrecognized numeric range operator: operator"),
    ({"key": [{"numeric": ["=", "000"]}]}, "FilterPolicy: Value of equals must be numeric"),
    ({"key": [{"numeric": ["<", 100, ">", 10]}]}, "FilterPolicy: Too many elements in numeric expression"),
    ({"key": [{"numeric": [">", 3, "<", 1]}]}, "FilterPolicy: Bottom must be less than top"),
    ({"key": [{"numeric": [">", 20, 30]}]}, "FilterPolicy: Bad value in numeric range: 30"),
    ({"key": [{"cidr": "bad-filter"}]}, "FilterPolicy: Malformed CIDR, one '/' required"),
    ({"key": []}, "FilterPolicy: Empty arrays are not allowed"),
    ({"key": "value"}, 'FilterPolicy: "key" must be an object or an array'),
    ({"key": list(map(str, range(151)))}, "FilterPolicy: Filter policy is too complex"),
    ({str(at): ["x"] for at in range(6)}, "FilterPolicy: Filter policy can not have more than 5 keys"),
    ({"a": {"b": ["x"]}}, "Filter policy scope MessageAttributes does not support nested filter policy"),
]


@pytest.mark.parametrize(("policy", "refused"), REFUSED)
def test_policies_that_are_refused(
    sns: Any, topic: str, queue: Queue, subscribe: Subscribe, error: Refusal, policy: Any, refused: str
) -> None:
    text = json.dumps(policy)
    given = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": queue.arn, "Attributes": {"FilterPolicy": text}}
    code, message = error(sns.subscribe, **given)
    assert (code, message) == ("InvalidParameter", f"Invalid parameter: Attributes Reason: {refused}")
    changed = {"SubscriptionArn": subscribe(topic, queue), "AttributeName": "FilterPolicy", "AttributeValue": text}
    assert error(sns.set_subscription_attributes, **changed) == ("InvalidParameter", f"Invalid parameter: {refused}")


def test_depth_makes_a_policy_complex(sns: Any, topic: str, queue: Queue, error: Refusal) -> None:
    policy = {"a": {"b": {"c": list("wxyz")}}, "d": {"e": list("xyz")}, "f": list("xyz")}
    attributes = {"FilterPolicy": json.dumps(policy), "FilterPolicyScope": "MessageBody"}
    refused = error(sns.subscribe, TopicArn=topic, Protocol="sqs", Endpoint=queue.arn, Attributes=attributes)
    assert refused[1].endswith("FilterPolicy: Filter policy is too complex")
    del policy["f"]
    attributes["FilterPolicy"] = json.dumps(policy)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn, Attributes=attributes)
