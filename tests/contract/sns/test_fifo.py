"""FIFO topics: order, deduplication, and what they ask of a message."""

import json
from collections.abc import Callable
from typing import Any

from penstock.testing import TestRuntime

Make = Callable[..., Any]
Refusal = Callable[..., tuple[str, str]]
Subscribe = Callable[..., str]
INTERVAL = 300


def test_a_message_in_a_fifo_queue(sns: Any, make_topic: Make, make_queue: Make, subscribe: Subscribe) -> None:
    topic, queue = make_topic(fifo=True), make_queue(fifo=True)
    subscribe(topic, queue)
    sent = sns.publish(TopicArn=topic, Message="Test", MessageGroupId="g", MessageDeduplicationId="d")
    [message] = queue.messages
    document = json.loads(message["Body"])
    assert list(document) == [
        *("Type", "MessageId", "SequenceNumber", "TopicArn", "Message", "Timestamp", "UnsubscribeURL"),
    ]
    assert document["SequenceNumber"] == sent["SequenceNumber"]
    assert (message["Attributes"]["MessageGroupId"], message["Attributes"]["MessageDeduplicationId"]) == ("g", "d")


def test_order_within_a_group(sns: Any, make_topic: Make, make_queue: Make, subscribe: Subscribe) -> None:
    topic, queue = make_topic(fifo=True, ContentBasedDeduplication="true"), make_queue(fifo=True)
    subscribe(topic, queue, RawMessageDelivery="true")
    numbers = [
        sns.publish(TopicArn=topic, Message=f"{group}{number}", MessageGroupId=group)["SequenceNumber"]
        for number in range(5)
        for group in "ab"
    ]
    assert numbers == sorted(numbers)
    assert all(len(number) == 20 for number in numbers)
    received = queue.bodies
    for group in "ab":
        assert [body for body in received if body[0] == group] == [f"{group}{number}" for number in range(5)]


def test_duplicates_are_delivered_once_in_five_minutes(
    sns: Any, make_topic: Make, make_queue: Make, subscribe: Subscribe, penstock: TestRuntime
) -> None:
    topic, queue = make_topic(fifo=True, ContentBasedDeduplication="true"), make_queue()
    subscribe(topic, queue, RawMessageDelivery="true")
    first = sns.publish(TopicArn=topic, Message="Test", MessageGroupId="g")
    again = sns.publish(TopicArn=topic, Message="Test", MessageGroupId="other")
    assert (again["MessageId"], again["SequenceNumber"]) == (first["MessageId"], first["SequenceNumber"])
    penstock.advance(INTERVAL + 1)
    later = sns.publish(TopicArn=topic, Message="Test", MessageGroupId="g")
    assert later["MessageId"] != first["MessageId"]
    assert queue.bodies == ["Test", "Test"]


def test_duplicates_within_a_group_only(sns: Any, make_topic: Make, make_queue: Make, subscribe: Subscribe) -> None:
    topic, queue = make_topic(fifo=True, FifoThroughputScope="MessageGroup"), make_queue()
    subscribe(topic, queue, RawMessageDelivery="true")
    for group in "aab":
        sns.publish(TopicArn=topic, Message=group, MessageGroupId=group, MessageDeduplicationId="same")
    assert queue.bodies == ["a", "b"]


def test_a_standard_queue_behind_a_fifo_topic(
    sns: Any, make_topic: Make, make_queue: Make, subscribe: Subscribe
) -> None:
    topic, queue = make_topic(fifo=True), make_queue()
    subscribe(topic, queue)
    sns.publish(TopicArn=topic, Message="Test", MessageGroupId="g", MessageDeduplicationId="d")
    [message] = queue.messages
    assert "MessageGroupId" not in message["Attributes"]
    assert "SequenceNumber" in json.loads(message["Body"])


def test_a_batch_in_order(sns: Any, make_topic: Make, make_queue: Make, subscribe: Subscribe) -> None:
    topic, queue = make_topic(fifo=True, ContentBasedDeduplication="true"), make_queue(fifo=True)
    subscribe(topic, queue, RawMessageDelivery="true")
    entries = [{"Id": text, "Message": text, "MessageGroupId": "g"} for text in "abc"]
    first = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)["Successful"]
    assert sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)["Successful"] == first
    assert queue.bodies == ["a", "b", "c"]


def test_what_a_fifo_topic_asks_for(sns: Any, make_topic: Make, error: Refusal) -> None:
    topic = make_topic(fifo=True)
    no_group = ("InvalidParameter", "Invalid parameter: The MessageGroupId parameter is required for FIFO topics")
    no_id = (
        "InvalidParameter",
        "Invalid parameter: The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId "
        "provided explicitly",
    )
    assert error(sns.publish, TopicArn=topic, Message="x") == no_group
    assert error(sns.publish, TopicArn=topic, Message="x", MessageGroupId="g") == no_id
    entry = {"Id": "1", "Message": "x"}
    assert error(sns.publish_batch, TopicArn=topic, PublishBatchRequestEntries=[entry]) == no_group
    with_group = [{**entry, "MessageGroupId": "g"}]
    assert error(sns.publish_batch, TopicArn=topic, PublishBatchRequestEntries=with_group) == no_id


def test_only_queues_subscribe_to_a_fifo_topic(sns: Any, make_topic: Make, error: Refusal) -> None:
    function = "arn:aws:lambda:us-east-1:000000000000:function:f"
    refused = error(sns.subscribe, TopicArn=make_topic(fifo=True), Protocol="lambda", Endpoint=function)
    assert refused == ("InvalidParameter", "Invalid parameter: Invalid protocol type: lambda")


def test_the_dead_letter_queue_of_a_fifo_subscription_is_one_too(
    sns: Any, make_topic: Make, make_queue: Make, subscribe: Subscribe, error: Refusal
) -> None:
    topic, queue, standard = make_topic(fifo=True), make_queue(fifo=True), make_queue("dead")
    redrive = json.dumps({"deadLetterTargetArn": standard.arn})
    given = {"SubscriptionArn": subscribe(topic, queue), "AttributeName": "RedrivePolicy", "AttributeValue": redrive}
    assert error(sns.set_subscription_attributes, **given) == (
        "InvalidParameter",
        "Invalid parameter: RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.",
    )
    given["SubscriptionArn"] = subscribe(topic, make_queue("plain"))
    sns.set_subscription_attributes(**given)
