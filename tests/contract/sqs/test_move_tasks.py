import base64
import json
from pathlib import Path

import pytest

from penstock.call import Config
from penstock.testing import running

NOWHERE = "arn:aws:sqs:us-east-1:000000000000:nowhere"


@pytest.fixture
def dead(sqs):
    """`dead(n)`: a source queue, and its dead-letter queue with n messages."""

    def make(number):
        target = sqs.queue()
        policy = json.dumps({"deadLetterTargetArn": sqs.arn(target), "maxReceiveCount": 1})
        source = sqs.queue(RedrivePolicy=policy)
        sqs.send(source, *(f"message-{i}" for i in range(number)))
        for _ in range(2 * number):
            sqs.receive(source, 1, VisibilityTimeout=0)
        assert sqs.counts(target) == (number, 0, 0)
        return source, target

    return make


def last(sqs, penstock, url):
    penstock.settle()
    return sqs.client.list_message_move_tasks(SourceArn=sqs.arn(url))["Results"][0]


def test_messages_go_to_the_destination(sqs, penstock, dead):
    _, target = dead(2)
    other = sqs.queue()
    arn, destination = sqs.arn(target), sqs.arn(other)
    handle = sqs.client.start_message_move_task(SourceArn=arn, DestinationArn=destination)["TaskHandle"]
    assert json.loads(base64.b64decode(handle))["sourceArn"] == arn
    task = last(sqs, penstock, target)
    assert task.pop("StartedTimestamp") > 1e12
    assert task == {
        "Status": "COMPLETED",
        "SourceArn": arn,
        "DestinationArn": destination,
        "ApproximateNumberOfMessagesMoved": 2,
        "ApproximateNumberOfMessagesToMove": 2,
    }
    assert sqs.bodies(other) == ["message-0", "message-1"]
    assert sqs.receive(target) == []


def test_without_a_destination_messages_go_back_to_their_sources(sqs, penstock):
    target = sqs.queue()
    policy = json.dumps({"deadLetterTargetArn": sqs.arn(target), "maxReceiveCount": 1})
    sources = [sqs.queue(RedrivePolicy=policy) for _ in range(2)]
    for i, source in enumerate(sources):
        sqs.send(source, f"from-{i}")
        for _ in range(2):
            sqs.receive(source, VisibilityTimeout=0)
    sqs.client.start_message_move_task(SourceArn=sqs.arn(target))
    assert last(sqs, penstock, target)["Status"] == "COMPLETED"
    for i, source in enumerate(sources):
        [message] = sqs.receive(source, AttributeNames=["All"])
        assert message["Body"] == f"from-{i}"
        assert message["Attributes"]["ApproximateReceiveCount"] == "1", "a moved message is a new one"
        assert "DeadLetterQueueSourceArn" not in message["Attributes"]


def test_a_rate_is_kept(sqs, penstock, dead):
    source, target = dead(4)
    sqs.client.start_message_move_task(SourceArn=sqs.arn(target), MaxNumberOfMessagesPerSecond=1)
    task = last(sqs, penstock, target)
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("RUNNING", 1)
    penstock.advance(2)
    assert sqs.counts(source)[0] == 3
    penstock.advance(1)
    assert last(sqs, penstock, target)["Status"] == "COMPLETED"


def test_one_task_at_a_time(sqs, penstock, dead, refused):
    _, target = dead(10)
    arn = sqs.arn(target)
    sqs.client.start_message_move_task(SourceArn=arn, MaxNumberOfMessagesPerSecond=1)
    error = refused(sqs.client.start_message_move_task, SourceArn=arn)
    assert error["Message"] == (
        "There is already a task running. Only one active task is allowed for a source queue arn at a given time."
    )


def test_cancelling(sqs, penstock, dead, refused):
    _, target = dead(10)
    arn = sqs.arn(target)
    start = sqs.client.start_message_move_task(SourceArn=arn, MaxNumberOfMessagesPerSecond=1)
    running = last(sqs, penstock, target)
    assert (running["Status"], running["TaskHandle"]) == ("RUNNING", start["TaskHandle"])
    cancelled = sqs.client.cancel_message_move_task(TaskHandle=start["TaskHandle"])
    assert cancelled["ApproximateNumberOfMessagesMoved"] == 1
    penstock.advance(1)
    task = last(sqs, penstock, target)
    assert (task["Status"], task.get("TaskHandle")) == ("CANCELLED", None)
    assert sqs.counts(target) == (9, 0, 0)
    error = refused(sqs.client.cancel_message_move_task, TaskHandle=start["TaskHandle"])
    assert error["Message"] == "Only active tasks can be cancelled."


def test_a_destination_that_goes_away_fails_the_task(sqs, penstock, dead):
    _, target = dead(3)
    other = sqs.queue()
    sqs.client.start_message_move_task(
        SourceArn=sqs.arn(target), DestinationArn=sqs.arn(other), MaxNumberOfMessagesPerSecond=1
    )
    penstock.settle()
    sqs.client.delete_queue(QueueUrl=other)
    penstock.advance(1)
    task = last(sqs, penstock, target)
    assert (task["Status"], task["FailureReason"]) == ("FAILED", "AWS.SimpleQueueService.NonExistentQueue")
    assert sqs.counts(target) == (2, 0, 0)


def test_messages_without_an_origin_need_a_destination(sqs, penstock, dead):
    _, target = dead(0)
    sqs.send(target, "sent by hand")
    sqs.client.start_message_move_task(SourceArn=sqs.arn(target))
    assert last(sqs, penstock, target)["FailureReason"] == "CouldNotDetermineMessageSource"


@pytest.mark.parametrize(
    ("members", "code", "message"),
    [
        ({"SourceArn": "x"}, "InvalidParameterValue", "You must use this format to specify the SourceArn: arn:"),
        ({"SourceArn": NOWHERE}, "ResourceNotFoundException", "The resource that you specified for the SourceArn"),
        ({"SourceArn": "OTHER"}, "InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue."),
        ({"DestinationArn": NOWHERE}, "ResourceNotFoundException", "The resource that you specified for the Dest"),
        ({"DestinationArn": "SELF"}, "InvalidParameterValue", "Source queue arn and destination queue arn cannot be"),
        ({"MaxNumberOfMessagesPerSecond": 501}, "InvalidParameterValue", "Value for parameter MaxNumberOfMessagesPer"),
    ],
)
def test_tasks_that_cannot_start(sqs, dead, refused, members, code, message):
    _, target = dead(0)
    names = {"SELF": sqs.arn(target), "OTHER": sqs.arn(sqs.queue())}
    members = {"SourceArn": sqs.arn(target)} | {key: names.get(value, value) for key, value in members.items()}
    error = refused(sqs.client.start_message_move_task, **members)
    assert error["Code"] == code
    assert error["Message"].startswith(message)


def test_tasks_that_cannot_be_cancelled(sqs, refused):
    def handle(arn):
        return base64.b64encode(json.dumps({"taskId": "none", "sourceArn": arn}).encode()).decode()

    error = refused(sqs.client.cancel_message_move_task, TaskHandle="foobared")
    assert error["Message"] == "Value for parameter TaskHandle is invalid."
    error = refused(sqs.client.cancel_message_move_task, TaskHandle=handle(NOWHERE))
    assert error["Message"] == "The resource that you specified for the SourceArn parameter doesn't exist."
    error = refused(sqs.client.cancel_message_move_task, TaskHandle=handle(sqs.arn(sqs.queue())))
    assert (error["Code"], error["Message"]) == ("ResourceNotFoundException", "Task does not exist.")


def test_a_task_goes_on_after_a_restart(tmp_path: Path):
    with running(Config(port=0, data=tmp_path)) as first:
        client = first.client("sqs")
        target = client.create_queue(QueueName="dead")["QueueUrl"]
        arn = "arn:aws:sqs:us-east-1:000000000000:dead"
        policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
        source = client.create_queue(QueueName="source", Attributes={"RedrivePolicy": policy})["QueueUrl"]
        client.send_message_batch(QueueUrl=source, Entries=[{"Id": str(i), "MessageBody": str(i)} for i in range(5)])
        for _ in range(2):
            client.receive_message(QueueUrl=source, MaxNumberOfMessages=10, VisibilityTimeout=0)
        client.start_message_move_task(SourceArn=arn, MaxNumberOfMessagesPerSecond=1)
        first.settle()
    with running(Config(port=0, data=tmp_path)) as second:
        client = second.client("sqs")
        names = ["ApproximateNumberOfMessages"]
        second.advance(5)
        assert client.list_message_move_tasks(SourceArn=arn)["Results"][0]["Status"] == "COMPLETED"
        for url, number in ((target, "0"), (source, "5")):
            url = url.replace(first.endpoint, second.endpoint)
            found = client.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
            assert found == {"ApproximateNumberOfMessages": number}
