"""Redrive policies, redrive allow policies, and what happens to a message that is received too often."""

import json

import pytest


def policy(arn, count=1):
    return json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": count})


def wear_out(sqs, url, times):
    for _ in range(times):
        sqs.receive(url, VisibilityTimeout=0)


def test_after_the_last_receive_it_goes_to_the_dead_letter_queue(sqs):
    target = sqs.queue()
    url = sqs.queue(RedrivePolicy=policy(sqs.arn(target), 2))
    attributes = {"colour": {"DataType": "String", "StringValue": "red"}}
    sent = sqs.client.send_message(QueueUrl=url, MessageBody="x", MessageAttributes=attributes)
    wear_out(sqs, url, 1)
    [last] = sqs.receive(url, AttributeNames=["All"], VisibilityTimeout=0)
    assert sqs.receive(url) == []
    assert sqs.counts(url) == (0, 0, 0)
    assert sqs.counts(target) == (1, 0, 0)
    [dead] = sqs.receive(target, AttributeNames=["All"], MessageAttributeNames=["All"])
    assert (dead["MessageId"], dead["Body"], dead["MessageAttributes"]) == (sent["MessageId"], "x", attributes)
    assert dead["Attributes"]["DeadLetterQueueSourceArn"] == sqs.arn(url)
    assert dead["Attributes"]["SentTimestamp"] == last["Attributes"]["SentTimestamp"]
    assert dead["Attributes"]["ApproximateReceiveCount"] == "3", "counted across queues"


def test_the_next_messages_are_received_in_its_place(sqs):
    target = sqs.queue()
    url = sqs.queue(RedrivePolicy=policy(sqs.arn(target)))
    sqs.send(url, "bad")
    wear_out(sqs, url, 1)
    sqs.send(url, "good", "better")
    assert sqs.bodies(url) == ["good", "better"]
    assert sqs.bodies(target) == ["bad"]


def test_a_long_poll_of_the_dead_letter_queue_is_woken(sqs):
    target = sqs.queue()
    url = sqs.queue(RedrivePolicy=policy(sqs.arn(target)))
    sqs.send(url, "x")
    wear_out(sqs, url, 1)
    poll = sqs.poll(target, WaitTimeSeconds=20)
    assert sqs.receive(url) == []
    assert poll.bodies() == ["x"]


def test_dead_letter_queues_may_have_dead_letter_queues(sqs):
    last = sqs.queue()
    middle = sqs.queue(RedrivePolicy=policy(sqs.arn(last)))
    first = sqs.queue(RedrivePolicy=policy(sqs.arn(middle)))
    sqs.send(first, "x")
    for url in (first, middle):
        assert sqs.bodies(url, VisibilityTimeout=0) == ["x"]
        assert sqs.receive(url) == []
    assert sqs.bodies(last) == ["x"]


def test_fifo(sqs):
    target = sqs.fifo()
    url = sqs.fifo(RedrivePolicy=policy(sqs.arn(target), 2))
    sqs.send(url, "bad", "next", MessageGroupId="g")
    for _ in range(2):
        sqs.receive(url, 1, VisibilityTimeout=0)
    assert sqs.bodies(url) == ["next"]
    [dead] = sqs.receive(target, AttributeNames=["MessageGroupId"])
    assert (dead["Body"], dead["Attributes"]) == ("bad", {"MessageGroupId": "g"})


def test_without_its_dead_letter_queue_a_message_stays(sqs):
    target = sqs.queue()
    url = sqs.queue(RedrivePolicy=policy(sqs.arn(target)))
    sqs.client.delete_queue(QueueUrl=target)
    sqs.send(url, "x")
    wear_out(sqs, url, 3)
    assert sqs.bodies(url) == ["x"]


def test_retention_goes_on_in_the_dead_letter_queue(sqs, penstock):
    target = sqs.queue(MessageRetentionPeriod="100")
    url = sqs.queue(RedrivePolicy=policy(sqs.arn(target)))
    sqs.send(url, "x")
    wear_out(sqs, url, 1)
    penstock.advance(60)
    wear_out(sqs, url, 1)
    assert sqs.counts(target) == (1, 0, 0)
    penstock.advance(60)
    assert sqs.counts(target) == (0, 0, 0)


# -- policies ------------------------------------------------------------------------------------------


def test_the_policy_is_kept_in_its_normal_form(sqs):
    arn = sqs.arn(sqs.queue())
    url = sqs.queue(RedrivePolicy=policy(arn, "7"))
    found = sqs.attributes(url, "RedrivePolicy")["RedrivePolicy"]
    assert found == f'{{"deadLetterTargetArn":"{arn}","maxReceiveCount":7}}'
    sqs.client.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": ""})
    assert sqs.attributes(url, "RedrivePolicy") == {}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"deadLetterTargetArn": "ARN"}', "Redrive policy does not contain mandatory attribute: maxReceiveCount."),
        ('{"maxReceiveCount": 1}', "Redrive policy does not contain mandatory attribute: deadLetterTargetArn."),
        (
            '{"deadLetterTargetArn": "ARN", "maxReceiveCount": 0}',
            "Invalid value for maxReceiveCount: 0, valid values are from 1 to 1000 both inclusive.",
        ),
        (
            '{"deadLetterTargetArn": "ARN", "maxReceiveCount": "often"}',
            "Invalid value for maxReceiveCount: often, valid values are from 1 to 1000 both inclusive.",
        ),
        ('{"deadLetterTargetArn": "dummy", "maxReceiveCount": 42}', "Invalid value for deadLetterTargetArn."),
        (
            '{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:none", "maxReceiveCount": 42}',
            "Dead letter target does not exist.",
        ),
        (
            '{"deadLetterTargetArn": "arn:aws:sns:us-east-1:000000000000:none", "maxReceiveCount": 42}',
            "Only SQS queues are valid resources for deadLetterTargetArn.",
        ),
    ],
)
def test_policies_that_are_refused(sqs, refused, text, reason):
    url = sqs.queue()
    text = text.replace("ARN", sqs.arn(url))
    error = refused(sqs.client.set_queue_attributes, QueueUrl=url, Attributes={"RedrivePolicy": text})
    assert (error["Code"], error["Message"]) == (
        "InvalidParameterValue",
        f"Value {text} for parameter RedrivePolicy is invalid. Reason: {reason}",
    )


def test_a_policy_is_json(sqs, refused):
    error = refused(sqs.client.set_queue_attributes, QueueUrl=sqs.queue(), Attributes={"RedrivePolicy": "[]"})
    assert error["Message"].endswith("Reason: Redrive policy is not a valid JSON map.")


def test_both_queues_are_of_one_type(sqs, refused):
    changes = {"RedrivePolicy": policy(sqs.arn(sqs.fifo()))}
    error = refused(sqs.client.set_queue_attributes, QueueUrl=sqs.queue(), Attributes=changes)
    assert error["Message"].endswith("Reason: Dead-letter queue must be same type of queue as the source.")


def test_allow_policies_are_kept_to(sqs, refused):
    source, target = sqs.queue(), sqs.queue()
    changes = {"RedrivePolicy": policy(sqs.arn(target))}

    def allow(**members):
        attributes = {"RedriveAllowPolicy": json.dumps(members) if members else ""}
        sqs.client.set_queue_attributes(QueueUrl=target, Attributes=attributes)

    for members in (
        {"redrivePermission": "denyAll"},
        {"redrivePermission": "byQueue", "sourceQueueArns": [sqs.arn(target)]},
    ):
        allow(**members)
        error = refused(sqs.client.set_queue_attributes, QueueUrl=source, Attributes=changes)
        assert "is not allowed to use" in error["Message"]
    for members in (
        {"redrivePermission": "byQueue", "sourceQueueArns": [sqs.arn(source)]},
        {"redrivePermission": "allowAll"},
        {},
    ):
        allow(**members)
        sqs.client.set_queue_attributes(QueueUrl=source, Attributes=changes)


@pytest.mark.parametrize(
    ("allow", "message"),
    [
        ({"redrivePermission": "sometimes"}, "as it’s in an unsupported format."),
        ({"redrivePermission": "byQueue", "sourceQueueArns": "arn"}, "as it’s in an unsupported format."),
        ({"redrivePermission": "byQueue"}, "you must also specify one or more sourceQueueArns values."),
        ({"redrivePermission": "denyAll", "sourceQueueArns": ["a"]}, "you must set redrivePermission to byQueue."),
        (
            {"redrivePermission": "byQueue", "sourceQueueArns": ["a"] * 11},
            "The maximum number of source queue ARNs you can specify is 10.",
        ),
    ],
)
def test_allow_policies_that_are_refused(sqs, refused, allow, message):
    attributes = {"RedriveAllowPolicy": json.dumps(allow)}
    error = refused(sqs.client.set_queue_attributes, QueueUrl=sqs.queue(), Attributes=attributes)
    assert error["Code"] == "InvalidParameterValue"
    assert error["Message"].endswith(message)
