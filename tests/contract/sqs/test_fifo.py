"""FIFO queues: order within groups, turns between them, deduplication."""

import pytest


def fill(sqs, url, *bodies):
    """`g1-m1` goes to group `g1`."""
    for body in bodies:
        sqs.send(url, body, MessageGroupId=body.split("-")[0])


def delete(sqs, url, message):
    sqs.client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


# -- order ---------------------------------------------------------------------------------------------


def test_a_group_is_received_as_far_as_possible_before_the_next(sqs):
    url = sqs.fifo()
    fill(sqs, url, "g1-m1", "g2-m1", "g1-m2", "g1-m3")
    assert sqs.bodies(url) == ["g1-m1", "g1-m2", "g1-m3", "g2-m1"]


def test_a_group_in_flight_is_blocked(sqs, penstock):
    url = sqs.fifo(VisibilityTimeout="10")
    fill(sqs, url, "g1-m1", "g1-m2", "g1-m3", "g1-m4", "g2-m1", "g3-m1")
    assert sqs.bodies(url, 2) == ["g1-m1", "g1-m2"]
    assert sqs.bodies(url, 1) == ["g2-m1"]
    penstock.advance(11)
    assert sqs.bodies(url, VisibilityTimeout=0) == ["g3-m1", "g1-m1", "g1-m2", "g1-m3", "g1-m4", "g2-m1"]


def test_groups_take_turns_also_with_a_timeout_of_zero(sqs):
    url = sqs.fifo()
    fill(sqs, url, "g1-m1", "g2-m1", "g2-m2", "g3-m1", "g1-m2")
    assert sqs.bodies(url, 3, VisibilityTimeout=0) == ["g1-m1", "g1-m2", "g2-m1"]
    assert sqs.bodies(url, VisibilityTimeout=0) == ["g3-m1", "g1-m1", "g1-m2", "g2-m1", "g2-m2"]


@pytest.mark.parametrize("timeout", [0, 1])
def test_a_message_given_back_is_received_though_its_successor_is_in_flight(sqs, penstock, timeout):
    url = sqs.fifo()
    fill(sqs, url, "g1-m1", "g1-m2", "g2-m1")
    first, _ = sqs.receive(url, 2)
    sqs.client.change_message_visibility(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=timeout)
    penstock.advance(timeout)
    assert sqs.bodies(url, 3) == ["g2-m1", "g1-m1"]


def test_deleting_what_is_in_flight_unblocks_the_group(sqs):
    url = sqs.fifo()
    fill(sqs, url, "g1-m1", "g2-m1", "g1-m2", "g2-m2", "g1-m2", "g1-m3", "g1-m4", "g3-m1")
    for message in sqs.receive(url, 2):
        delete(sqs, url, message)
    assert sqs.bodies(url) == ["g2-m1", "g2-m2", "g1-m3", "g1-m4", "g3-m1"]


def test_deleting_a_part_of_it_does_not(sqs):
    url = sqs.fifo()
    fill(sqs, url, "g1-m1", "g2-m1", "g1-m2", "g2-m2", "g1-m3", "g3-m1")
    first, _ = sqs.receive(url, 2)
    delete(sqs, url, first)
    assert sqs.bodies(url) == ["g2-m1", "g2-m2", "g3-m1"]


def test_a_long_poll_is_woken_when_its_group_is_unblocked(sqs):
    url = sqs.fifo()
    fill(sqs, url, "g-1", "g-2")
    [first] = sqs.receive(url, 1)
    poll = sqs.poll(url, WaitTimeSeconds=20)
    delete(sqs, url, first)
    assert poll.bodies() == ["g-2"]


def test_messages_come_back_in_order(sqs, penstock):
    url = sqs.fifo(VisibilityTimeout="1")
    fill(sqs, url, "g-0", "g-1", "g-2")
    assert sqs.bodies(url) == ["g-0", "g-1", "g-2"]
    penstock.advance(2)
    assert sqs.bodies(url) == ["g-0", "g-1", "g-2"]


def test_the_delay_is_the_queues(sqs, penstock, refused):
    url = sqs.fifo(DelaySeconds="2")
    fill(sqs, url, "g-1", "g-2")
    sqs.send(url, "g-3", MessageGroupId="g", DelaySeconds=0)
    assert sqs.receive(url) == []
    penstock.advance(2)
    assert sqs.bodies(url) == ["g-1", "g-2", "g-3"]
    error = refused(sqs.client.send_message, QueueUrl=url, MessageBody="x", MessageGroupId="g", DelaySeconds=2)
    reason = "The request include parameter that is not valid for this queue type."
    assert error["Message"] == f"Value 2 for parameter DelaySeconds is invalid. Reason: {reason}"


def test_counts(sqs):
    url = sqs.fifo()
    fill(sqs, url, "g1-1", "g1-2", "g1-3", "g2-1", "g3-1")
    assert sqs.counts(url) == (5, 0, 0)
    messages = sqs.receive(url, 4)
    assert sqs.counts(url) == (1, 4, 0)
    for message in messages:
        delete(sqs, url, message)
    assert sqs.counts(url) == (1, 0, 0)


def test_old_messages_go_and_their_groups_go_on(sqs, penstock):
    url = sqs.fifo(MessageRetentionPeriod="60")
    fill(sqs, url, "g-old")
    penstock.advance(40)
    fill(sqs, url, "g-new")
    penstock.advance(21)
    assert sqs.counts(url) == (1, 0, 0)
    assert sqs.bodies(url) == ["g-new"]


# -- what a message tells ------------------------------------------------------------------------------


def test_attributes(sqs):
    url = sqs.fifo()
    sent = sqs.client.send_message(
        QueueUrl=url, MessageBody="x", MessageGroupId="group-1", MessageDeduplicationId="dedup-1"
    )
    [message] = sqs.receive(url, AttributeNames=["All"])
    assert (
        message["Attributes"].items()
        >= {
            "MessageGroupId": "group-1",
            "MessageDeduplicationId": "dedup-1",
            "SequenceNumber": sent["SequenceNumber"],
            "ApproximateReceiveCount": "1",
        }.items()
    )


def test_sequence_numbers_grow(sqs):
    url = sqs.fifo()
    numbers = [
        sqs.client.send_message(QueueUrl=url, MessageBody=str(i), MessageGroupId="g")["SequenceNumber"]
        for i in range(3)
    ]
    assert numbers == sorted(numbers)
    assert {len(number) for number in numbers} == {20}


# -- what a send needs ---------------------------------------------------------------------------------


def test_a_group_and_a_deduplication_id_are_needed(sqs, refused):
    url = sqs.queue(FifoQueue="true")
    error = refused(sqs.client.send_message, QueueUrl=url, MessageBody="x", MessageDeduplicationId="d")
    assert (error["Code"], error["Message"]) == (
        "MissingParameter",
        "The request must contain the parameter MessageGroupId.",
    )
    error = refused(sqs.client.send_message, QueueUrl=url, MessageBody="x", MessageGroupId="g")
    assert (error["Code"], error["Message"]) == (
        "InvalidParameterValue",
        "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
    )


@pytest.mark.parametrize("member", ["MessageGroupId", "MessageDeduplicationId"])
@pytest.mark.parametrize("value", ["with space", "x" * 129, "\x08", "é"])
def test_ids_that_are_refused(sqs, refused, member, value):
    members = {"MessageGroupId": "g", "MessageDeduplicationId": "d", member: value}
    error = refused(sqs.client.send_message, QueueUrl=sqs.queue(FifoQueue="true"), MessageBody="x", **members)
    assert error["Code"] == "InvalidParameterValue"
    assert error["Message"].startswith(f"Value {value} for parameter {member} is invalid.")


# -- deduplication -------------------------------------------------------------------------------------


def test_duplicates_are_accepted_and_not_stored(sqs):
    url = sqs.queue(FifoQueue="true")
    members = {"QueueUrl": url, "MessageGroupId": "g", "MessageDeduplicationId": "d"}
    first = sqs.client.send_message(MessageBody="one", **members)
    [message] = sqs.receive(url)
    delete(sqs, url, message)
    second = sqs.client.send_message(MessageBody="two", **members)
    assert (second["MessageId"], second["SequenceNumber"]) == (first["MessageId"], first["SequenceNumber"])
    assert second["MD5OfMessageBody"] != first["MD5OfMessageBody"]
    assert sqs.receive(url) == []


def test_equal_bodies_are_duplicates_where_the_content_counts(sqs):
    url = sqs.fifo()
    fill(sqs, url, "g-1", "g-1")
    sqs.send(url, "g-1", MessageGroupId="other")
    sqs.send(url, "g-1", MessageGroupId="g", MessageDeduplicationId="explicit")
    assert sqs.bodies(url) == ["g-1", "g-1"]


def test_groups_may_deduplicate_apart(sqs):
    url = sqs.fifo(DeduplicationScope="messageGroup")
    sqs.send(url, "x", MessageGroupId="a")
    sqs.send(url, "x", MessageGroupId="b")
    sqs.send(url, "x", MessageGroupId="a")
    assert sqs.bodies(url) == ["x", "x"]


def test_after_five_minutes_it_is_another_message(sqs, penstock):
    url = sqs.fifo()
    fill(sqs, url, "g-x")
    penstock.advance(299)
    fill(sqs, url, "g-x")
    assert sqs.counts(url) == (1, 0, 0)
    penstock.advance(2)
    fill(sqs, url, "g-x")
    assert sqs.counts(url) == (2, 0, 0)


# -- receipt handles and attempts ----------------------------------------------------------------------


def test_an_expired_handle_deletes_nothing(sqs, penstock, refused):
    url = sqs.fifo(VisibilityTimeout="1")
    fill(sqs, url, "g-1")
    [message] = sqs.receive(url)
    handle = message["ReceiptHandle"]
    penstock.advance(2)
    error = refused(sqs.client.delete_message, QueueUrl=url, ReceiptHandle=handle)
    assert error["Code"] == "InvalidParameterValue"
    reason = "The receipt handle has expired."
    assert error["Message"] == f"Value {handle} for parameter ReceiptHandle is invalid. Reason: {reason}"
    assert sqs.bodies(url) == ["g-1"]


def test_the_handle_of_an_earlier_receive_has_expired(sqs, refused):
    url = sqs.fifo()
    fill(sqs, url, "g-1")
    [first] = sqs.receive(url, VisibilityTimeout=0)
    sqs.receive(url)
    error = refused(sqs.client.delete_message, QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    assert error["Message"].endswith("Reason: The receipt handle has expired.")


def test_a_retried_receive_gets_the_same_messages(sqs, penstock):
    url = sqs.fifo()
    fill(sqs, url, "g-1", "g-2", "g-3")
    first = sqs.receive(url, 2, ReceiveRequestAttemptId="attempt")
    penstock.advance(20)
    again = sqs.receive(url, 2, ReceiveRequestAttemptId="attempt")
    assert [m["ReceiptHandle"] for m in again] == [m["ReceiptHandle"] for m in first]
    assert sqs.receive(url) == []
    penstock.advance(20)
    assert sqs.counts(url) == (1, 2, 0), "the retry started the visibility timeout anew"
    delete(sqs, url, again[0])
    assert sqs.receive(url, 2, ReceiveRequestAttemptId="attempt") == []
