"""The rules of SendMessageBatch, DeleteMessageBatch and ChangeMessageVisibilityBatch."""

import pytest

PREFIX = "AWS.SimpleQueueService."


@pytest.fixture(params=["send_message_batch", "delete_message_batch", "change_message_visibility_batch"])
def batch(request, sqs):
    """One of the operations with a new queue, and the name of its entries."""
    url = sqs.queue()
    operation = getattr(sqs.client, request.param)
    kind = {
        "send_message_batch": "SendMessageBatchRequestEntry",
        "delete_message_batch": "DeleteMessageBatchRequestEntry",
        "change_message_visibility_batch": "ChangeMessageVisibilityBatchRequestEntry",
    }[request.param]
    return lambda **members: operation(QueueUrl=url, **members), kind


def entry(id):
    return {"Id": id}


def test_entries_are_needed(batch, refused):
    call, kind = batch
    assert refused(call)["Message"] == "The request must contain the parameter Entries."
    error = refused(call, Entries=[])
    assert error["Code"] == f"{PREFIX}EmptyBatchRequest"
    assert error["Message"] == f"There should be at least one {kind} in the request."


def test_ten_entries_are_the_limit(batch, refused):
    error = refused(batch[0], Entries=[entry(str(i)) for i in range(20)])
    assert error["Code"] == f"{PREFIX}TooManyEntriesInBatchRequest"
    assert error["Message"] == "Maximum number of entries per request are 10. You have sent 20."


@pytest.mark.parametrize("id", ["", "a:b", "é", "x" * 81])
def test_ids_of_entries(batch, refused, id):
    error = refused(batch[0], Entries=[entry(id)])
    assert (error["Code"], error["QueryErrorCode"]) == (f"{PREFIX}InvalidBatchEntryId", "InvalidBatchEntryId")
    assert error["Message"] == (
        "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
        "It can be at most 80 letters long."
    )


def test_ids_are_needed_and_distinct(batch, refused):
    call, kind = batch
    error = refused(call, Entries=[entry("1"), {"MessageBody" if "Send" in kind else "ReceiptHandle": "x"}])
    assert error["Message"] == f"The request must contain the parameter {kind}.2.Id."
    error = refused(call, Entries=[entry("1"), entry("1")])
    assert (error["Code"], error["Message"]) == (f"{PREFIX}BatchEntryIdsNotDistinct", "Id 1 repeated.")


# -- SendMessageBatch ----------------------------------------------------------------------------------


def test_sends_every_entry(sqs):
    url = sqs.queue()
    entries = [
        {"Id": "a", "MessageBody": "some message"},
        {
            "Id": "b",
            "MessageBody": "some message 2",
            "MessageAttributes": {"data1": {"DataType": "Number", "StringValue": "1"}},
            "MessageSystemAttributes": {"AWSTraceHeader": {"DataType": "String", "StringValue": "some-value"}},
        },
    ]
    answer = sqs.client.send_message_batch(QueueUrl=url, Entries=entries)
    first, second = answer["Successful"]
    assert "Failed" not in answer
    assert first == {
        "Id": "a",
        "MessageId": first["MessageId"],
        "MD5OfMessageBody": "df49b60423903e095b80d9b4a92eb065",
    }
    assert second == {
        "Id": "b",
        "MessageId": second["MessageId"],
        "MD5OfMessageBody": "36e8a424130490596fc507dba99d2ace",
        "MD5OfMessageAttributes": "cc7f712733e0ad2cc9f1fefbd28bab9c",
        "MD5OfMessageSystemAttributes": "a3263a0cbc09023ccd431feb61438309",
    }
    assert [message["MessageId"] for message in sqs.receive(url)] == [first["MessageId"], second["MessageId"]]


def test_wrong_entries_fail_alone(sqs):
    url = sqs.queue()
    entries = [
        {"Id": "1", "MessageBody": "fine"},
        {"Id": "2"},
        {"Id": "3", "MessageBody": "\x01"},
        {"Id": "4", "MessageBody": "x", "DelaySeconds": 901},
    ]
    answer = sqs.client.send_message_batch(QueueUrl=url, Entries=entries)
    assert [result["Id"] for result in answer["Successful"]] == ["1"]
    assert [(failure["Id"], failure["Code"], failure["SenderFault"]) for failure in answer["Failed"]] == [
        ("2", "MissingParameter", True),
        ("3", "InvalidMessageContents", True),
        ("4", "InvalidParameterValue", True),
    ]
    text = "The request must contain the parameter SendMessageBatchRequestEntry.2.MessageBody."
    assert answer["Failed"][0]["Message"] == text
    assert sqs.bodies(url) == ["fine"]


def test_a_batch_is_as_long_as_a_message_may_be(sqs, refused):
    url = sqs.queue(MaximumMessageSize="1024")
    attributes = {"k": {"DataType": "String", "StringValue": "x"}}
    entries = [
        {"Id": "1", "MessageBody": "a" * (1_048_576 - 8), "MessageAttributes": attributes},
        {"Id": "2", "MessageBody": "a"},
    ]
    error = refused(sqs.client.send_message_batch, QueueUrl=url, Entries=entries)
    assert error["Code"] == f"{PREFIX}BatchRequestTooLong"
    assert error["Message"] == "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes."
    entries[0]["MessageBody"] = "a" * 1024
    [failure] = sqs.client.send_message_batch(QueueUrl=url, Entries=entries)["Failed"]
    assert failure["Message"].endswith("Message must be shorter than 1024 bytes.")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"MessageDeduplicationId": "d"}, "The request must contain the parameter MessageGroupId."),
        (
            {"MessageGroupId": "g"},
            "The queue should either have ContentBasedDeduplication enabled or "
            "MessageDeduplicationId provided explicitly",
        ),
    ],
)
def test_a_wrong_entry_refuses_the_batch_of_a_fifo_queue(sqs, refused, wrong, message):
    url = sqs.queue(FifoQueue="true")
    entries = [
        {"Id": "1", "MessageBody": "x", "MessageGroupId": "g", "MessageDeduplicationId": "1"},
        {"Id": "2", "MessageBody": "y", **wrong},
    ]
    error = refused(sqs.client.send_message_batch, QueueUrl=url, Entries=entries)
    assert (error["Code"], error["Message"]) == ("InvalidParameterValue", message)
    assert sqs.counts(url) == (0, 0, 0)
    assert sqs.receive(url) == []


# -- DeleteMessageBatch, ChangeMessageVisibilityBatch --------------------------------------------------


def test_deletes_every_entry(sqs):
    url = sqs.queue()
    sqs.send(url, "a", "b", "c")
    entries = [
        {"Id": str(i), "ReceiptHandle": message["ReceiptHandle"]} for i, message in enumerate(sqs.receive(url, 2))
    ]
    answer = sqs.client.delete_message_batch(QueueUrl=url, Entries=[*entries, {"Id": "x", "ReceiptHandle": "nope"}])
    assert answer["Successful"] == [{"Id": "0"}, {"Id": "1"}]
    assert answer["Failed"] == [
        {
            "Id": "x",
            "SenderFault": True,
            "Code": "ReceiptHandleIsInvalid",
            "Message": 'The input receipt handle "nope" is not a valid receipt handle.',
        }
    ]
    assert sqs.counts(url) == (1, 0, 0)


def test_changes_the_visibility_of_every_entry(sqs):
    url = sqs.queue()
    sqs.send(url, "a", "b", "c")
    handles = [message["ReceiptHandle"] for message in sqs.receive(url)]
    entries = [
        {"Id": "0", "ReceiptHandle": handles[0], "VisibilityTimeout": 0},
        {"Id": "1", "ReceiptHandle": handles[1], "VisibilityTimeout": 50_000},
        {"Id": "2", "ReceiptHandle": handles[2]},
    ]
    answer = sqs.client.change_message_visibility_batch(QueueUrl=url, Entries=entries)
    assert answer["Successful"] == [{"Id": "0"}]
    assert [(failure["Id"], failure["Code"]) for failure in answer["Failed"]] == [
        ("1", "InvalidParameterValue"),
        ("2", "MissingParameter"),
    ]
    assert sqs.bodies(url) == ["a"]
