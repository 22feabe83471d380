import http.client
import json

import pytest


def test_oldest_first_and_each_once(sqs):
    url = sqs.queue()
    sqs.send(url, *"abcde")
    assert sqs.bodies(url, 3) == ["a", "b", "c"]
    assert sqs.bodies(url) == ["d", "e"]
    assert "Messages" not in sqs.client.receive_message(QueueUrl=url)


def test_one_message_by_default(sqs):
    url = sqs.queue()
    sqs.send(url, "a", "b")
    assert len(sqs.client.receive_message(QueueUrl=url)["Messages"]) == 1


def test_a_message_comes_back_before_newer_ones(sqs, penstock):
    url = sqs.queue()
    sqs.send(url, "old")
    [first] = sqs.receive(url, VisibilityTimeout=3)
    penstock.advance(2)
    sqs.send(url, "new")
    penstock.advance(2)
    [again] = sqs.receive(url, 1)
    assert again["Body"] == "old"
    assert again["ReceiptHandle"] != first["ReceiptHandle"]


def test_a_timeout_of_zero_leaves_it_visible(sqs):
    url = sqs.queue()
    sqs.send(url, "a")
    assert sqs.bodies(url, VisibilityTimeout=0) == ["a"]
    assert sqs.counts(url) == (1, 0, 0)
    assert sqs.bodies(url) == ["a"]
    assert sqs.bodies(url) == []


def test_messages_outlive_their_retention_period_by_nothing(sqs, penstock):
    url = sqs.queue(MessageRetentionPeriod="60")
    sqs.send(url, "first", "received")
    penstock.advance(30)
    sqs.send(url, "second")
    sqs.receive(url, 2, VisibilityTimeout=20)
    penstock.advance(31)
    assert sqs.counts(url) == (1, 0, 0)
    assert sqs.bodies(url) == ["second"]


def test_a_shorter_retention_period_holds_for_what_is_there(sqs, penstock):
    url = sqs.queue()
    sqs.send(url, "a")
    penstock.advance(100)
    sqs.client.set_queue_attributes(QueueUrl=url, Attributes={"MessageRetentionPeriod": "60"})
    assert sqs.counts(url) == (0, 0, 0)


@pytest.mark.parametrize(
    ("member", "value", "reason"),
    [
        ("MaxNumberOfMessages", 0, "Must be between 1 and 10, if provided."),
        ("MaxNumberOfMessages", 11, "Must be between 1 and 10, if provided."),
        ("WaitTimeSeconds", 21, "Must be >= 0 and <= 20, if provided."),
        ("WaitTimeSeconds", -1, "Must be >= 0 and <= 20, if provided."),
        ("VisibilityTimeout", 43201, "Must be >= 0 and <= 43200, if provided."),
    ],
)
def test_members_out_of_range(sqs, refused, member, value, reason):
    error = refused(sqs.client.receive_message, QueueUrl=sqs.queue(), **{member: value})
    assert error["Code"] == "InvalidParameterValue"
    assert error["Message"] == f"Value {value} for parameter {member} is invalid. Reason: {reason}"


# -- attributes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("member", ["AttributeNames", "MessageSystemAttributeNames"])
def test_system_attributes(sqs, penstock, member):
    url = sqs.queue(VisibilityTimeout="0")
    before = int(penstock.now() * 1000)
    sqs.send(url, "x")
    [message] = sqs.receive(url, **{member: ["All"]})
    found = message["Attributes"]
    assert found.keys() == {
        "SenderId",
        "SentTimestamp",
        "ApproximateReceiveCount",
        "ApproximateFirstReceiveTimestamp",
    }
    assert before <= int(found["SentTimestamp"]) <= int(found["ApproximateFirstReceiveTimestamp"])
    [again] = sqs.receive(url, **{member: ["ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp"]})
    assert again["Attributes"] == {
        "ApproximateReceiveCount": "2",
        "ApproximateFirstReceiveTimestamp": found["ApproximateFirstReceiveTimestamp"],
    }


def test_unknown_system_attributes_are_refused(sqs, refused):
    error = refused(sqs.client.receive_message, QueueUrl=sqs.queue(), AttributeNames=["Colour"])
    assert (error["Code"], error["Message"]) == ("InvalidAttributeName", "Unknown Attribute Colour.")


@pytest.mark.parametrize(
    ("names", "found", "digest"),
    [
        ([], None, None),
        (["All"], {"General", "Hello", "Help.Me"}, "4c360f3fdafd970e05fae2f149d997f5"),
        ([".*"], {"General", "Hello", "Help.Me"}, "4c360f3fdafd970e05fae2f149d997f5"),
        (["*"], {"General", "Hello", "Help.Me"}, "4c360f3fdafd970e05fae2f149d997f5"),
        (["Foo", "Help"], None, None),
        (["Hello", "General"], {"General", "Hello"}, "fca026605781cb4126a1e9044df24232"),
        (["Foo", "Hello"], {"Hello"}, "a311262e065454b75da111d535b8dacd"),
        (["Hel.*"], {"Hello", "Help.Me"}, "83fee93c1bcd8b9a5a923ffacdc636c7"),
        (["AWS."], None, None),
        (["..foo"], None, None),
    ],
)
def test_message_attributes_by_name(sqs, names, found, digest):
    url = sqs.queue()
    values = {"Help.Me": "Me", "Hello": "There", "General": "Kenobi"}
    attributes = {name: {"DataType": "String", "StringValue": value} for name, value in values.items()}
    sqs.send(url, "msg", MessageAttributes=attributes)
    [message] = sqs.receive(url, MessageAttributeNames=names)
    assert message.get("MessageAttributes", {}).keys() == (found or set())
    assert message.get("MD5OfMessageAttributes") == digest


# -- long polls ----------------------------------------------------------------------------------------


def test_a_long_poll_is_woken_by_a_send(sqs):
    url = sqs.queue()
    poll = sqs.poll(url, WaitTimeSeconds=20)
    sqs.send(url, "wake")
    assert poll.bodies() == ["wake"]


def test_the_queue_may_say_how_long_to_wait(sqs):
    url = sqs.queue(ReceiveMessageWaitTimeSeconds="20")
    poll = sqs.poll(url)
    sqs.send(url, "wake")
    assert poll.bodies() == ["wake"]
    assert sqs.bodies(url, WaitTimeSeconds=0) == []


def test_a_long_poll_ends_empty_when_its_time_is_over(sqs, penstock):
    url = sqs.queue()
    poll = sqs.poll(url, WaitTimeSeconds=20)
    penstock.advance(20)
    assert poll.bodies() == []


def test_a_long_poll_is_woken_when_a_delay_is_over(sqs, penstock):
    url = sqs.queue()
    poll = sqs.poll(url, WaitTimeSeconds=20)
    sqs.send(url, "delayed", DelaySeconds=5)
    penstock.advance(5)
    assert poll.bodies() == ["delayed"]


def test_a_long_poll_is_woken_when_a_message_comes_back(sqs, penstock):
    url = sqs.queue()
    sqs.send(url, "again")
    sqs.receive(url, VisibilityTimeout=10)
    poll = sqs.poll(url, WaitTimeSeconds=20)
    penstock.advance(10)
    assert poll.bodies() == ["again"]


def test_a_long_poll_is_woken_when_a_message_is_given_back(sqs):
    url = sqs.queue()
    sqs.send(url, "again")
    [message] = sqs.receive(url)
    poll = sqs.poll(url, WaitTimeSeconds=20)
    sqs.client.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    assert poll.bodies() == ["again"]


def test_several_long_polls_share_what_comes(sqs):
    url = sqs.queue()
    polls = [sqs.poll(url, limit=1, WaitTimeSeconds=20)]
    polls.append(sqs.poll(url, limit=1, WaitTimeSeconds=20))
    sqs.send(url, "a", "b")
    assert sorted(body for poll in polls for body in poll.bodies()) == ["a", "b"]


def test_nobody_receives_for_a_caller_who_left(sqs, penstock):
    url = sqs.queue()
    connection = http.client.HTTPConnection("127.0.0.1", penstock.runtime.config.port)
    headers = {"X-Amz-Target": "AmazonSQS.ReceiveMessage", "Content-Type": "application/x-amz-json-1.0"}
    connection.request("POST", "/", json.dumps({"QueueUrl": url, "WaitTimeSeconds": 20}), headers)
    penstock.run(sqs._until_waiting(url))
    connection.close()
    penstock.settle()
    sqs.send(url, "kept")
    assert sqs.bodies(url) == ["kept"]
