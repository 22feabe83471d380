import json

import pytest

POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:*"}]})


def test_named_attributes_only(sqs):
    url = sqs.queue(VisibilityTimeout="7")
    assert sqs.attributes(url, "VisibilityTimeout", "DelaySeconds") == {"VisibilityTimeout": "7", "DelaySeconds": "0"}
    assert sqs.client.get_queue_attributes(QueueUrl=url).get("Attributes") is None


def test_unknown_names_are_refused(sqs, refused):
    error = refused(sqs.client.get_queue_attributes, QueueUrl=sqs.queue(), AttributeNames=["Foobar"])
    assert (error["Code"], error["Message"]) == ("InvalidAttributeName", "Unknown Attribute Foobar.")


def test_times_and_arn(sqs, penstock):
    before = int(penstock.now())
    url = sqs.queue()
    found = sqs.attributes(url)
    assert found["QueueArn"] == f"arn:aws:sqs:us-east-1:000000000000:{url.rsplit('/')[-1]}"
    assert before <= int(found["CreatedTimestamp"]) == int(found["LastModifiedTimestamp"]) <= int(penstock.now())
    penstock.advance(100)
    sqs.client.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "1"})
    later = sqs.attributes(url)
    assert later["CreatedTimestamp"] == found["CreatedTimestamp"]
    assert int(later["LastModifiedTimestamp"]) >= int(found["LastModifiedTimestamp"]) + 100


def test_counts_follow_messages_through_their_states(sqs, penstock):
    url = sqs.queue()
    sqs.send(url, "a", "b", "c")
    sqs.send(url, "later", DelaySeconds=10)
    assert sqs.counts(url) == (3, 0, 1)
    first, second = sqs.receive(url, 2)
    assert sqs.counts(url) == (1, 2, 1)
    sqs.client.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    sqs.client.change_message_visibility(QueueUrl=url, ReceiptHandle=second["ReceiptHandle"], VisibilityTimeout=0)
    assert sqs.counts(url) == (2, 0, 1)
    penstock.advance(10)
    assert sqs.counts(url) == (3, 0, 0)
    sqs.receive(url)
    penstock.advance(30)
    assert sqs.counts(url) == (3, 0, 0)


def test_an_empty_string_takes_a_policy_away(sqs):
    url = sqs.queue()
    sqs.client.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    assert "Policy" not in sqs.attributes(url)
    sqs.client.set_queue_attributes(QueueUrl=url, Attributes={"Policy": POLICY})
    assert json.loads(sqs.attributes(url)["Policy"]) == json.loads(POLICY)
    sqs.client.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    assert sqs.attributes(url, "Policy") == {}


def test_the_kinds_of_encryption_exclude_each_other(sqs):
    url = sqs.queue()
    sqs.client.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": "alias/mine"})
    names = ("KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled")
    assert sqs.attributes(url, *names) == {
        "KmsMasterKeyId": "alias/mine",
        "KmsDataKeyReusePeriodSeconds": "300",
        "SqsManagedSseEnabled": "false",
    }
    sqs.client.set_queue_attributes(QueueUrl=url, Attributes={"SqsManagedSseEnabled": "true"})
    assert sqs.attributes(url, *names) == {"SqsManagedSseEnabled": "true"}


def test_the_type_of_a_queue_stays(sqs, refused):
    standard, fifo = sqs.queue(), sqs.fifo()
    error = refused(sqs.client.set_queue_attributes, QueueUrl=standard, Attributes={"FifoQueue": "true"})
    assert (error["Code"], error["Message"]) == ("InvalidAttributeName", "Unknown Attribute FifoQueue.")
    sqs.client.set_queue_attributes(QueueUrl=fifo, Attributes={"FifoQueue": "true"})
    error = refused(sqs.client.set_queue_attributes, QueueUrl=fifo, Attributes={"FifoQueue": "false"})
    assert error["Code"] == "InvalidAttributeValue"
    assert error["Message"] == (
        "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported."
    )


def test_one_wrong_attribute_changes_none(sqs, refused):
    url = sqs.queue()
    changes = {"VisibilityTimeout": "1", "DelaySeconds": "9999"}
    refused(sqs.client.set_queue_attributes, QueueUrl=url, Attributes=changes)
    assert sqs.attributes(url, "VisibilityTimeout") == {"VisibilityTimeout": "30"}


def test_a_delay_of_the_queue_holds_for_new_messages(sqs, penstock):
    url = sqs.queue(DelaySeconds="5")
    sqs.send(url, "default")
    sqs.send(url, "now", DelaySeconds=0)
    assert sqs.bodies(url) == ["now"]
    penstock.advance(5)
    assert sqs.bodies(url) == ["default"]


@pytest.mark.parametrize("operation", ["get_queue_attributes", "delete_queue", "purge_queue", "list_queue_tags"])
def test_a_queue_that_is_not_there(sqs, refused, operation):
    error = refused(getattr(sqs.client, operation), QueueUrl="http://localhost/000000000000/no-such-queue")
    assert (error["Code"], error["QueryErrorCode"], error["Message"]) == (
        "AWS.SimpleQueueService.NonExistentQueue",
        "QueueDoesNotExist",
        "The specified queue does not exist.",
    )
