"""ChangeMessageVisibility and DeleteMessage: what a receipt handle is good for."""

import pytest


def change(sqs, url, handle, timeout):
    return sqs.client.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=timeout)


@pytest.fixture
def received(sqs):
    """A queue with one message in flight: URL and receipt handle."""
    url = sqs.queue()
    sqs.send(url, "x")
    [message] = sqs.receive(url)
    return url, message["ReceiptHandle"]


def test_the_timeout_begins_with_the_change(sqs, penstock, received):
    url, handle = received
    penstock.advance(20)
    change(sqs, url, handle, 60)
    penstock.advance(59)
    assert sqs.receive(url) == []
    penstock.advance(1)
    assert sqs.bodies(url) == ["x"]


def test_zero_gives_the_message_back(sqs, received):
    url, handle = received
    change(sqs, url, handle, 0)
    assert sqs.bodies(url) == ["x"]
    assert sqs.receive(url) == []


def test_the_change_holds_for_this_receive_only(sqs, penstock, received):
    url, handle = received
    change(sqs, url, handle, 100)
    penstock.advance(100)
    assert sqs.bodies(url) == ["x"]
    penstock.advance(30)
    assert sqs.bodies(url) == ["x"]


def test_the_handle_of_an_earlier_receive_is_good(sqs):
    url = sqs.queue()
    sqs.send(url, "x")
    [first] = sqs.receive(url, VisibilityTimeout=0)
    sqs.receive(url, VisibilityTimeout=300)
    change(sqs, url, first["ReceiptHandle"], 0)
    assert sqs.bodies(url) == ["x"]


def test_after_the_timeout_it_can_still_be_hidden(sqs, penstock, received):
    url, handle = received
    penstock.advance(31)
    change(sqs, url, handle, 10)
    assert sqs.counts(url) == (0, 1, 0)


def test_twelve_hours_in_all(sqs, penstock, received, refused):
    url, handle = received
    change(sqs, url, handle, 43_200)
    penstock.advance(10)
    error = refused(change, sqs=sqs, url=url, handle=handle, timeout=43_195)
    assert error["Code"] == "InvalidParameterValue"
    reason = "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]."
    assert error["Message"] == f"Value 43195 for parameter VisibilityTimeout is invalid. Reason: {reason}"
    change(sqs, url, handle, 43_190)


@pytest.mark.parametrize("timeout", [-1, 43_201])
def test_timeouts_out_of_range(sqs, received, refused, timeout):
    url, handle = received
    error = refused(change, sqs=sqs, url=url, handle=handle, timeout=timeout)
    reason = "Must be between 0 and 43200."
    assert error["Message"] == f"Value {timeout} for parameter VisibilityTimeout is invalid. Reason: {reason}"


def test_a_deleted_message_cannot_be_hidden(sqs, received, refused):
    url, handle = received
    sqs.client.delete_message(QueueUrl=url, ReceiptHandle=handle)
    error = refused(change, sqs=sqs, url=url, handle=handle, timeout=1)
    reason = "Message does not exist or is not available for visibility timeout change."
    assert (error["Code"], error["Message"]) == (
        "InvalidParameterValue",
        f"Value {handle} for parameter ReceiptHandle is invalid. Reason: {reason}",
    )


@pytest.mark.parametrize("handle", ["garbage", "AQEB-1-1", "AQEBx-zz-1"])
def test_handles_that_are_none(sqs, received, refused, handle):
    url, _ = received
    errors = (
        refused(sqs.client.delete_message, QueueUrl=url, ReceiptHandle=handle),
        refused(change, sqs=sqs, url=url, handle=handle, timeout=1),
    )
    for error in errors:
        assert error["Code"] == "ReceiptHandleIsInvalid"
        assert error["Message"] == f'The input receipt handle "{handle}" is not a valid receipt handle.'


def test_a_handle_belongs_to_its_queue(sqs, received, refused):
    _, handle = received
    error = refused(sqs.client.delete_message, QueueUrl=sqs.queue(), ReceiptHandle=handle)
    assert error["Code"] == "ReceiptHandleIsInvalid"


def test_handles_are_needed(sqs, refused):
    error = refused(sqs.client.delete_message, QueueUrl=sqs.queue())
    assert error["Message"] == "The request must contain the parameter ReceiptHandle."


def test_deleting_is_idempotent(sqs, received):
    url, handle = received
    for _ in range(3):
        sqs.client.delete_message(QueueUrl=url, ReceiptHandle=handle)
    assert sqs.counts(url) == (0, 0, 0)


def test_an_old_handle_deletes(sqs, penstock, received):
    url, handle = received
    penstock.advance(31)
    sqs.client.delete_message(QueueUrl=url, ReceiptHandle=handle)
    assert sqs.counts(url) == (0, 0, 0)
    assert sqs.receive(url) == []
