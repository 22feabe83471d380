import asyncio

import pytest
from botocore.exceptions import ClientError


def test_a_deleted_queue_is_gone_and_its_name_free(sqs, unique):
    url = sqs.client.create_queue(QueueName=unique)["QueueUrl"]
    sqs.send(url, "lost")
    [message] = sqs.receive(url, VisibilityTimeout=0)
    sqs.client.delete_queue(QueueUrl=url)
    with pytest.raises(sqs.client.exceptions.QueueDoesNotExist):
        sqs.client.get_queue_url(QueueName=unique)
    sqs.client.create_queue(QueueName=unique)
    assert sqs.receive(url) == []
    sqs.client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def test_a_long_poll_ends_when_its_queue_is_deleted(sqs):
    url = sqs.queue()
    poll = sqs.poll(url, WaitTimeSeconds=20)
    sqs.client.delete_queue(QueueUrl=url)
    with pytest.raises(ClientError) as error:
        poll.bodies()
    assert error.value.response["Error"]["QueryErrorCode"] == "QueueDoesNotExist"


def test_messages_of_a_deleted_queue_leave_the_store(sqs, penstock):
    url = sqs.queue()
    for start in range(0, 1200, 10):
        entries = [{"Id": str(i), "MessageBody": str(start + i)} for i in range(10)]
        sqs.client.send_message_batch(QueueUrl=url, Entries=entries)
    number = penstock.runtime.kernel.states["sqs"].by_arn(sqs.arn(url)).id
    sqs.client.delete_queue(QueueUrl=url)

    async def left() -> int:
        store = penstock.runtime.store
        while store.one("SELECT 1 FROM sqs_messages WHERE queue_id = ?", number):  # noqa: ASYNC110
            await asyncio.sleep(0)
        return store.one("SELECT count(*) FROM sqs_queues WHERE id = ?", number)[0]

    assert penstock.run(left()) == 0


def test_purging_takes_every_message(sqs, penstock):
    url = sqs.queue()
    sqs.send(url, "visible", "in flight")
    sqs.send(url, "delayed", DelaySeconds=2)
    sqs.receive(url, 1, VisibilityTimeout=3)
    sqs.client.purge_queue(QueueUrl=url)
    assert sqs.counts(url) == (0, 0, 0)
    penstock.advance(5)
    assert sqs.receive(url) == []
    sqs.send(url, "after")
    assert sqs.bodies(url) == ["after"]


def test_purging_forgets_what_was_sent(sqs):
    url = sqs.fifo()
    sqs.send(url, "once", MessageGroupId="g")
    sqs.client.purge_queue(QueueUrl=url)
    sqs.send(url, "once", MessageGroupId="g")
    assert sqs.bodies(url) == ["once"]


def test_purging_is_allowed_every_minute(sqs, penstock, refused):
    url = sqs.queue()
    sqs.client.purge_queue(QueueUrl=url)
    error = refused(sqs.client.purge_queue, QueueUrl=url)
    assert error["Code"] == "AWS.SimpleQueueService.PurgeQueueInProgress"
    name = url.rsplit("/")[-1]
    assert error["Message"] == f"Only one PurgeQueue operation on {name} is allowed every 60 seconds."
    penstock.advance(61)
    sqs.client.purge_queue(QueueUrl=url)
