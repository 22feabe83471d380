"""SQS still answers the query protocol: at the endpoint with a QueueUrl, and at the queue's own path."""

import re
from urllib.parse import urlsplit

import pytest


def path(url):
    return urlsplit(url).path


def values(text, tag):
    return re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)


def test_create_list_and_delete_a_queue(query, unique):
    status, text = query(
        "/",
        Action="CreateQueue",
        QueueName=unique,
        **{
            "Attribute.1.Name": "VisibilityTimeout",
            "Attribute.1.Value": "9",
            "Attribute.2.Name": "DelaySeconds",
            "Attribute.2.Value": "3",
            "Tag.1.Key": "team",
            "Tag.1.Value": "orders",
        },
    )
    assert status == 200
    assert '<CreateQueueResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/">' in text
    [url] = values(text, "QueueUrl")
    _, text = query("/", Action="ListQueues", QueueNamePrefix=unique)
    assert values(text, "QueueUrl") == [url]
    _, text = query(path(url), Action="GetQueueAttributes", **{"AttributeName.1": "All"})
    assert "<Attribute><Name>VisibilityTimeout</Name><Value>9</Value></Attribute>" in text
    assert "<Attribute><Name>DelaySeconds</Name><Value>3</Value></Attribute>" in text
    _, text = query(path(url), Action="ListQueueTags")
    assert "<Tag><Key>team</Key><Value>orders</Value></Tag>" in text
    assert query(path(url), Action="DeleteQueue")[0] == 200
    status, text = query(path(url), Action="GetQueueAttributes", **{"AttributeName.1": "QueueArn"})
    assert status == 400
    assert values(text, "Code") == ["AWS.SimpleQueueService.NonExistentQueue"]
    assert values(text, "Message") == ["The specified queue does not exist for this wsdl version."]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_message_with_attributes(sqs, query, method):
    url = sqs.queue()
    status, text = query(
        path(url),
        method,
        Action="SendMessage",
        MessageBody="a <b> & c",
        DelaySeconds="0",
        **{
            "MessageAttribute.1.Name": "data1",
            "MessageAttribute.1.Value.DataType": "Number",
            "MessageAttribute.1.Value.StringValue": "1",
            "MessageAttribute.2.Name": "blob",
            "MessageAttribute.2.Value.DataType": "Binary",
            "MessageAttribute.2.Value.BinaryValue": "AAEC",
            "MessageSystemAttribute.1.Name": "AWSTraceHeader",
            "MessageSystemAttribute.1.Value.DataType": "String",
            "MessageSystemAttribute.1.Value.StringValue": "some-value",
        },
    )
    assert status == 200
    assert values(text, "MD5OfMessageSystemAttributes") == ["a3263a0cbc09023ccd431feb61438309"]
    [id] = values(text, "MessageId")
    _, text = query(
        "/",
        method,
        Action="ReceiveMessage",
        QueueUrl=url,
        MaxNumberOfMessages="10",
        **{"AttributeName.1": "AWSTraceHeader", "MessageAttributeName.1": "All"},
    )
    assert values(text, "MessageId") == [id]
    assert values(text, "Body") == ["a &lt;b&gt; &amp; c"]
    assert "<Attribute><Name>AWSTraceHeader</Name><Value>some-value</Value></Attribute>" in text
    assert (
        "<MessageAttribute><Name>data1</Name><Value><StringValue>1</StringValue><DataType>Number</DataType></Value>"
        "</MessageAttribute>" in text
    )
    assert "<BinaryValue>AAEC</BinaryValue><DataType>Binary</DataType>" in text
    [handle] = values(text, "ReceiptHandle")
    assert query(path(url), Action="DeleteMessage", ReceiptHandle=handle)[0] == 200
    assert sqs.counts(url) == (0, 0, 0)


def test_nothing_received(sqs, query):
    status, text = query(path(sqs.queue()), Action="ReceiveMessage")
    assert status == 200
    assert "<ReceiveMessageResult/>" in text


def test_batches(sqs, query):
    url = sqs.queue()
    entry = "SendMessageBatchRequestEntry"
    _, text = query(
        path(url),
        Action="SendMessageBatch",
        **{f"{entry}.1.Id": "a", f"{entry}.1.MessageBody": "x", f"{entry}.2.Id": "b", f"{entry}.2.MessageBody": "\x01"},
    )
    assert re.search(r"<SendMessageBatchResultEntry><Id>a</Id><MessageId>", text)
    failure = "<BatchResultErrorEntry><Id>b</Id><SenderFault>true</SenderFault><Code>InvalidMessageContents</Code>"
    assert failure in text
    [message] = sqs.receive(url)
    entry = "DeleteMessageBatchRequestEntry"
    members = {f"{entry}.1.Id": "a", f"{entry}.1.ReceiptHandle": message["ReceiptHandle"]}
    _, text = query(path(url), Action="DeleteMessageBatch", **members)
    assert "<DeleteMessageBatchResultEntry><Id>a</Id></DeleteMessageBatchResultEntry>" in text


def test_an_empty_batch(sqs, query):
    status, text = query(path(sqs.queue()), Action="SendMessageBatch")
    assert status == 400
    assert values(text, "Message") == ["The request must contain the parameter Entries."]


def test_permissions_and_attributes(sqs, query):
    url = sqs.queue()
    members = {"Label": "l", "AWSAccountId.1": "111111111111", "ActionName.1": "SendMessage"}
    assert query(path(url), Action="AddPermission", **members)[0] == 200
    assert '"Sid":"l"' in sqs.attributes(url, "Policy")["Policy"]
    changes = {"Attribute.1.Name": "Policy", "Attribute.1.Value": ""}
    assert query(path(url), Action="SetQueueAttributes", **changes)[0] == 200
    assert sqs.attributes(url, "Policy") == {}
    assert query(path(url), Action="TagQueue", **{"Tag.1.Key": "a", "Tag.1.Value": "1"})[0] == 200
    assert query(path(url), Action="UntagQueue", **{"TagKey.1": "a"})[0] == 200
    assert "Tags" not in sqs.client.list_queue_tags(QueueUrl=url)


@pytest.mark.parametrize(
    ("members", "code", "message"),
    [
        ({"Action": "FooBar"}, "InvalidAction", "The action FooBar is not valid for this endpoint."),
        ({"Action": "SendMessage"}, "MissingParameter", "The request must contain the parameter MessageBody."),
        (
            {"Action": "GetQueueAttributes", "AttributeName.1": "Foobar"},
            "InvalidAttributeName",
            "Unknown Attribute Foobar.",
        ),
        (
            {"Action": "ReceiveMessage", "MaxNumberOfMessages": "many"},
            "MalformedInput",
            "many can not be converted to an Integer",
        ),
    ],
)
def test_errors(sqs, query, members, code, message):
    status, text = query(path(sqs.queue()), **members)
    assert status == 400
    assert values(text, "Type") == ["Sender"]
    assert (values(text, "Code"), values(text, "Message")) == ([code], [message])


def test_the_queue_url_given_comes_before_the_path(sqs, query):
    here, there = sqs.queue(), sqs.queue()
    _, text = query(path(here), Action="GetQueueAttributes", QueueUrl=there, **{"AttributeName.1": "QueueArn"})
    assert values(text, "Value") == [sqs.arn(there)]


def test_the_credential_scope_names_the_region(client, query, unique):
    there = client("sqs", region="eu-north-1").create_queue(QueueName=unique)["QueueUrl"]
    assert query(path(there), region="eu-north-1", Action="SendMessage", MessageBody="x")[0] == 200
    assert query(path(there), region="eu-west-3", Action="SendMessage", MessageBody="x")[0] == 400
