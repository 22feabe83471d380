import json

import pytest


def test_prefix(sqs, unique):
    one = sqs.client.create_queue(QueueName=f"{unique}-a-1")["QueueUrl"]
    two = sqs.client.create_queue(QueueName=f"{unique}-a-2")["QueueUrl"]
    sqs.client.create_queue(QueueName=f"{unique}-b")
    assert sqs.client.list_queues(QueueNamePrefix=f"{unique}-a")["QueueUrls"] == [one, two]
    assert "QueueUrls" not in sqs.client.list_queues(QueueNamePrefix=f"{unique}-c")


def test_pages(sqs, unique):
    urls = [sqs.client.create_queue(QueueName=f"{unique}-{i}")["QueueUrl"] for i in range(5)]
    pages = sqs.client.get_paginator("list_queues").paginate(QueueNamePrefix=unique, PaginationConfig={"PageSize": 2})
    assert [page["QueueUrls"] for page in pages] == [urls[:2], urls[2:4], urls[4:]]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"MaxResults": 0}, "Value for parameter MaxResults is invalid. Reason: MaxResults must be an integer between"),
        ({"MaxResults": 1001}, "Value for parameter MaxResults is invalid."),
        ({"NextToken": "x"}, "MaxResults is a mandatory parameter when you provide a value for NextToken."),
        ({"MaxResults": 1, "NextToken": "x"}, "Invalid NextToken value."),
    ],
)
def test_wrong_pages(sqs, refused, members, message):
    error = refused(sqs.client.list_queues, **members)
    assert error["Code"] == "InvalidParameterValue"
    assert error["Message"].startswith(message)


def test_get_queue_url(sqs, client, unique, refused):
    url = sqs.client.create_queue(QueueName=unique)["QueueUrl"]
    assert sqs.client.get_queue_url(QueueName=unique)["QueueUrl"] == url
    other = client("sqs", account="222222222222")
    assert refused(other.get_queue_url, QueueName=unique)["QueryErrorCode"] == "QueueDoesNotExist"
    found = other.get_queue_url(QueueName=unique, QueueOwnerAWSAccountId="000000000000")
    assert found["QueueUrl"] == url


@pytest.mark.parametrize(
    "form",
    [
        "{name}",
        "http://127.0.0.1:1/000000000000/{name}",
        "https://sqs.us-east-1.amazonaws.com/000000000000/{name}",
        "https://queue.amazonaws.com/000000000000/{name}",
        "http://sqs.us-east-1.localhost.localstack.cloud:4566/000000000000/{name}",
        "http://localhost:4566/queue/us-east-1/000000000000/{name}",
    ],
)
def test_forms_of_queue_urls(sqs, unique, form):
    sqs.client.create_queue(QueueName=unique)
    sent = sqs.client.send_message(QueueUrl=form.format(name=unique), MessageBody="found")
    [received] = sqs.receive(form.format(name=unique))
    assert received["MessageId"] == sent["MessageId"]


def test_a_url_that_names_another_region(client, unique):
    there = client("sqs", region="eu-central-1")
    there.create_queue(QueueName=unique)
    url = f"https://sqs.eu-central-1.amazonaws.com/000000000000/{unique}"
    assert client("sqs").send_message(QueueUrl=url, MessageBody="across")["MessageId"]
    assert there.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "across"


def test_dead_letter_source_queues(sqs):
    target = sqs.queue()
    assert sqs.client.list_dead_letter_source_queues(QueueUrl=target)["queueUrls"] == []
    policy = json.dumps({"deadLetterTargetArn": sqs.arn(target), "maxReceiveCount": 3})
    sources = [sqs.queue(RedrivePolicy=policy) for _ in range(3)]
    assert sqs.client.list_dead_letter_source_queues(QueueUrl=target)["queueUrls"] == sources
    page = sqs.client.list_dead_letter_source_queues(QueueUrl=target, MaxResults=2)
    assert page["queueUrls"] == sources[:2]
    rest = sqs.client.list_dead_letter_source_queues(QueueUrl=target, MaxResults=2, NextToken=page["NextToken"])
    assert (rest["queueUrls"], rest.get("NextToken")) == (sources[2:], None)
