import json

import pytest


def test_a_new_queue_has_aws_defaults(sqs):
    found = sqs.attributes(sqs.queue())
    assert {
        name: found[name] for name in found if not name.startswith(("Approximate", "Created", "Last", "QueueArn"))
    } == {
        "DelaySeconds": "0",
        "MaximumMessageSize": "1048576",
        "MessageRetentionPeriod": "345600",
        "ReceiveMessageWaitTimeSeconds": "0",
        "SqsManagedSseEnabled": "true",
        "VisibilityTimeout": "30",
    }


def test_a_new_fifo_queue_has_its_own_attributes(sqs):
    found = sqs.attributes(sqs.queue(FifoQueue="true"))
    assert (
        found.items()
        >= {
            "ContentBasedDeduplication": "false",
            "DeduplicationScope": "queue",
            "FifoQueue": "true",
            "FifoThroughputLimit": "perQueue",
        }.items()
    )


def test_the_url_names_account_and_queue(sqs, penstock, unique):
    assert sqs.client.create_queue(QueueName=unique)["QueueUrl"] == f"{penstock.endpoint}/000000000000/{unique}"


def test_creating_it_again_with_the_same_attributes_finds_it(sqs, unique):
    first = sqs.client.create_queue(QueueName=unique, Attributes={"DelaySeconds": "1", "VisibilityTimeout": "5"})
    assert sqs.client.create_queue(QueueName=unique)["QueueUrl"] == first["QueueUrl"]
    again = sqs.client.create_queue(QueueName=unique, Attributes={"DelaySeconds": "1"})
    assert again["QueueUrl"] == first["QueueUrl"]


def test_creating_it_again_with_another_attribute_names_that_attribute(sqs, unique, refused):
    url = sqs.client.create_queue(QueueName=unique, Attributes={"DelaySeconds": "1"})["QueueUrl"]
    error = refused(sqs.client.create_queue, QueueName=unique, Attributes={"DelaySeconds": "2"})
    assert (error["Code"], error["QueryErrorCode"]) == ("QueueAlreadyExists", "QueueNameExists")
    text = "A queue already exists with the same name and a different value for attribute DelaySeconds"
    assert error["Message"] == text
    sqs.client.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "2"})
    assert sqs.client.create_queue(QueueName=unique, Attributes={"DelaySeconds": "2"})["QueueUrl"] == url


@pytest.mark.parametrize("name", ["with/slash", "dot.ted", "x" * 81, "standard.fifo", "ümlaut"])
def test_names_of_standard_queues(sqs, refused, name):
    error = refused(sqs.client.create_queue, QueueName=name)
    assert error["Code"] == "InvalidParameterValue"
    assert error["Message"].startswith("Can only include alphanumeric characters, hyphens, or underscores.")


@pytest.mark.parametrize("name", ["without-suffix", "x" * 76 + ".fifo", ".fifo"])
def test_names_of_fifo_queues(sqs, refused, name):
    error = refused(sqs.client.create_queue, QueueName=name, Attributes={"FifoQueue": "true"})
    assert error["Code"] == "InvalidParameterValue"
    assert "must end with .fifo suffix" in error["Message"]


def test_a_name_is_needed(sqs, refused):
    error = refused(sqs.client.create_queue)
    assert (error["Code"], error["Message"]) == (
        "MissingParameter",
        "The request must contain the parameter QueueName.",
    )


@pytest.mark.parametrize(
    ("attributes", "code", "message"),
    [
        ({"Nope": "1"}, "InvalidAttributeName", "Unknown Attribute Nope."),
        ({"QueueArn": "x"}, "InvalidAttributeName", "Unknown Attribute QueueArn."),
        ({"FifoQueue": "false"}, "InvalidAttributeName", "Unknown Attribute FifoQueue."),
        ({"ContentBasedDeduplication": "true"}, "InvalidAttributeName", "Unknown Attribute ContentBasedDeduplication."),
        (
            {"DeduplicationScope": "queue"},
            "InvalidAttributeName",
            "You can specify the DeduplicationScope only when FifoQueue is set to true.",
        ),
        (
            {"KmsMasterKeyId": "alias/x", "SqsManagedSseEnabled": "true"},
            "InvalidAttributeName",
            "You can use one type of server-side encryption (SSE) at one time. "
            "You can either enable KMS SSE or SQS SSE.",
        ),
    ],
)
def test_attributes_that_do_not_belong(sqs, unique, refused, attributes, code, message):
    error = refused(sqs.client.create_queue, QueueName=unique, Attributes=attributes)
    assert (error["Code"], error["Message"]) == (code, message)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DelaySeconds", "901"),
        ("DelaySeconds", "-1"),
        ("DelaySeconds", ""),
        ("DelaySeconds", "1.5"),
        ("MaximumMessageSize", "1023"),
        ("MaximumMessageSize", "1048577"),
        ("MessageRetentionPeriod", "59"),
        ("MessageRetentionPeriod", "1209601"),
        ("ReceiveMessageWaitTimeSeconds", "21"),
        ("VisibilityTimeout", "43201"),
        ("KmsDataKeyReusePeriodSeconds", "59"),
        ("SqsManagedSseEnabled", "maybe"),
        ("Policy", "{"),
        ("Policy", json.dumps({"Statement": [{"Effect": "Perhaps"}]})),
    ],
)
def test_values_out_of_range(sqs, unique, refused, name, value):
    error = refused(sqs.client.create_queue, QueueName=unique, Attributes={name: value})
    assert (error["Code"], error["Message"]) == ("InvalidAttributeValue", f"Invalid value for the parameter {name}.")


def test_a_throughput_limit_per_group_needs_deduplication_per_group(sqs, unique, refused):
    attributes = {"FifoQueue": "true", "FifoThroughputLimit": "perMessageGroupId"}
    error = refused(sqs.client.create_queue, QueueName=f"{unique}.fifo", Attributes=attributes)
    assert "allowed only when the value for DeduplicationScope is messageGroup" in error["Message"]
    high = sqs.fifo(DeduplicationScope="messageGroup", FifoThroughputLimit="perMessageGroupId")
    assert sqs.attributes(high, "FifoThroughputLimit") == {"FifoThroughputLimit": "perMessageGroupId"}


def test_tags_come_with_the_queue(sqs, unique):
    url = sqs.client.create_queue(QueueName=unique, tags={"team": "orders"})["QueueUrl"]
    assert sqs.client.list_queue_tags(QueueUrl=url)["Tags"] == {"team": "orders"}


def test_accounts_and_regions_are_apart(client, unique):
    here, there = client("sqs"), client("sqs", region="eu-west-1")
    other = client("sqs", account="111111111111")
    url = here.create_queue(QueueName=unique)["QueueUrl"]
    assert "QueueUrls" not in there.list_queues(QueueNamePrefix=unique)
    assert other.create_queue(QueueName=unique)["QueueUrl"].endswith(f"/111111111111/{unique}")
    assert here.list_queues(QueueNamePrefix=unique)["QueueUrls"] == [url]
