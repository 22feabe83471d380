import hashlib

import pytest

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"


def test_answers_id_and_digest_of_what_it_stored(sqs):
    url = sqs.queue()
    sent = sqs.client.send_message(QueueUrl=url, MessageBody="hello")
    assert sent["MD5OfMessageBody"] == hashlib.md5(b"hello").hexdigest()
    assert not {"SequenceNumber", "MD5OfMessageAttributes", "MD5OfMessageSystemAttributes"} & sent.keys()
    [received] = sqs.receive(url)
    assert (received["MessageId"], received["Body"]) == (sent["MessageId"], "hello")
    assert received["MD5OfBody"] == sent["MD5OfMessageBody"]


@pytest.mark.parametrize("body", ['"&quot;&quot;\r', "{\r\n}", "\t\n", "日本語 \U0001f600", "<a>&amp;</a>"])
def test_bodies_come_back_as_they_were_sent(sqs, body):
    url = sqs.queue()
    assert sqs.client.send_message(QueueUrl=url, MessageBody=body)["MD5OfMessageBody"] == (
        hashlib.md5(body.encode()).hexdigest()
    )
    assert sqs.bodies(url) == [body]


@pytest.mark.parametrize("body", ["\x00", "a\x08b", "\uffff", "\ufffe"])
def test_forbidden_characters(sqs, refused, body):
    error = refused(sqs.client.send_message, QueueUrl=sqs.queue(), MessageBody=body)
    assert error["Code"] == "InvalidMessageContents"
    assert error["Message"].startswith("Invalid characters found. Valid unicode characters are #x9 | #xA")


@pytest.mark.parametrize("members", [{}, {"MessageBody": ""}])
def test_a_body_is_needed(sqs, refused, members):
    error = refused(sqs.client.send_message, QueueUrl=sqs.queue(), **members)
    assert (error["Code"], error["QueryErrorCode"], error["Message"]) == (
        "MissingParameter",
        "MissingRequiredParameterException",
        "The request must contain the parameter MessageBody.",
    )


def test_the_size_counts_attributes(sqs, refused):
    url = sqs.queue(MaximumMessageSize="1024")
    attributes = {"k": {"DataType": "String", "StringValue": "x"}}  # 1 + 6 + 1 bytes
    sqs.client.send_message(QueueUrl=url, MessageBody="a" * 1016, MessageAttributes=attributes)
    error = refused(sqs.client.send_message, QueueUrl=url, MessageBody="a" * 1017, MessageAttributes=attributes)
    assert (error["Code"], error["Message"]) == (
        "InvalidParameterValue",
        "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.",
    )
    assert refused(sqs.client.send_message, QueueUrl=url, MessageBody="é" * 513)["Code"] == "InvalidParameterValue"


def test_a_mebibyte_is_the_limit(sqs, refused):
    url = sqs.queue()
    sqs.send(url, "a" * 1_048_576)
    error = refused(sqs.client.send_message, QueueUrl=url, MessageBody="a" * 1_048_577)
    assert error["Message"].endswith("Message must be shorter than 1048576 bytes.")


@pytest.mark.parametrize("delay", [-1, 901])
def test_delays_out_of_range(sqs, refused, delay):
    error = refused(sqs.client.send_message, QueueUrl=sqs.queue(), MessageBody="x", DelaySeconds=delay)
    reason = "DelaySeconds must be >= 0 and <= 900."
    assert error["Message"] == f"Value {delay} for parameter DelaySeconds is invalid. Reason: {reason}"


def test_a_delay_holds_the_message_back(sqs, penstock):
    url = sqs.queue()
    sqs.send(url, "later", DelaySeconds=60)
    assert sqs.receive(url) == []
    penstock.advance(59)
    assert sqs.receive(url) == []
    penstock.advance(1)
    assert sqs.bodies(url) == ["later"]


def test_deduplication_is_for_fifo_queues(sqs, refused):
    error = refused(sqs.client.send_message, QueueUrl=sqs.queue(), MessageBody="x", MessageDeduplicationId="d")
    reason = "The request include parameter that is not valid for this queue type."
    assert error["Message"] == f"Value d for parameter MessageDeduplicationId is invalid. Reason: {reason}"


def test_groups_are_for_every_queue(sqs, refused):
    url = sqs.queue()
    sqs.send(url, "fair", MessageGroupId="tenant-1")
    [message] = sqs.receive(url, AttributeNames=["MessageGroupId", "SequenceNumber"])
    assert message["Attributes"] == {"MessageGroupId": "tenant-1"}
    error = refused(sqs.client.send_message, QueueUrl=url, MessageBody="x", MessageGroupId=" ")
    assert "can only include alphanumeric and punctuation characters. 1 to 128 in length." in error["Message"]


def test_numbers_must_be_numbers(sqs, refused):
    error = refused(sqs.client.send_message, QueueUrl=sqs.queue(), MessageBody="x", DelaySeconds="soon")
    assert (error["Code"], error["Message"]) == ("MalformedInput", "STRING_VALUE can not be converted to an Integer")


# -- attributes ----------------------------------------------------------------------------------------


def test_digest_of_attributes(sqs):
    attributes = {
        "data1": {"DataType": "Number", "StringValue": "1"},
        "data2": {"DataType": "Number", "StringValue": "2"},
    }
    url = sqs.queue()
    sent = sqs.client.send_message(QueueUrl=url, MessageBody="some message", MessageAttributes=attributes)
    assert sent["MD5OfMessageAttributes"] == "b53b5acf24e7fd9567705bd8027b1c76"
    [received] = sqs.receive(url, MessageAttributeNames=["All"])
    assert received["MessageAttributes"] == attributes
    assert received["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]


def test_binary_attributes(sqs):
    value = b"traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01"
    attributes = {"attr1": {"DataType": "Binary", "BinaryValue": value}}
    url = sqs.queue()
    sent = sqs.client.send_message(QueueUrl=url, MessageBody="test", MessageAttributes=attributes)
    assert sent["MD5OfMessageAttributes"] == "8cbe4db156db8a94db8b801b7addb984"
    [received] = sqs.receive(url, MessageAttributeNames=["All"])
    assert received["MessageAttributes"] == attributes


def test_custom_types(sqs):
    attributes = {"UserId": {"DataType": "Number.bigint", "StringValue": "1234567890123456789012"}}
    sent = sqs.client.send_message(QueueUrl=sqs.queue(), MessageBody="x", MessageAttributes=attributes)
    assert sent["MD5OfMessageAttributes"] == "797ab158d73dcb5242dedc4412c8e855"


@pytest.mark.parametrize("name", ["a", "attr.1øßä", "A-b_c.d", "x" * 256])
def test_names_of_attributes(sqs, name):
    attributes = {name: {"DataType": "String", "StringValue": "v"}}
    assert sqs.client.send_message(QueueUrl=sqs.queue(), MessageBody="x", MessageAttributes=attributes)["MessageId"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "The request must contain non-empty message (user) attribute names."),
        ("aWs.x", "You can't use message attribute names beginning with 'AWS.' or 'Amazon.'."),
        ("AMAZON.x", "You can't use message attribute names beginning with 'AWS.' or 'Amazon.'."),
        (".x", "Message (user) attribute name must not begin with character '.'."),
        ("x.", "Message (user) attribute name must not end with character '.'."),
        ("x..y", "Message (user) attribute name must not have successive '.' characters."),
        ("x!y", "Message (user) attribute name can only contain"),
        ("x" * 257, "Message (user) attribute name must be shorter than 256 bytes."),
    ],
)
def test_names_that_are_refused(sqs, refused, name, message):
    attributes = {name: {"DataType": "String", "StringValue": "v"}}
    error = refused(sqs.client.send_message, QueueUrl=sqs.queue(), MessageBody="x", MessageAttributes=attributes)
    assert error["Code"] == "InvalidParameterValue"
    assert error["Message"].startswith(message)


@pytest.mark.parametrize(
    ("attribute", "message"),
    [
        ({}, "The message (user) attribute 'n' must contain a non-empty message attribute value."),
        ({"StringValue": "x"}, "The message (user) attribute 'n' must contain a non-empty message attribute type."),
        (
            {"DataType": "Text", "StringValue": "x"},
            "The type of message (user) attribute 'n' is invalid. You must use only the following supported type "
            "prefixes: Binary, Number, String.",
        ),
        (
            {"DataType": "String." + "x" * 250, "StringValue": "x"},
            "Message (user) attribute type must be shorter than 256 bytes.",
        ),
        (
            {"DataType": "String", "StringValue": ""},
            "Message (user) attribute 'n' must contain a non-empty value of type 'String'.",
        ),
        ({"DataType": "Binary"}, "Message (user) attribute 'n' must contain a non-empty value of type 'Binary'."),
        (
            {"DataType": "String", "BinaryValue": b"x"},
            "The message (user) attribute 'n' with type 'String' must use field 'String'.",
        ),
        (
            {"DataType": "Number", "StringValue": "ten"},
            "Can't cast the value of message (user) attribute 'n' to a number.",
        ),
        ({"DataType": "String", "StringValue": "\x08"}, "Invalid characters found."),
        (
            {"DataType": "String", "StringListValues": ["x"]},
            "Message attribute list values in SendMessage operation are not supported.",
        ),
    ],
)
def test_values_that_are_refused(sqs, refused, attribute, message):
    error = refused(sqs.client.send_message, QueueUrl=sqs.queue(), MessageBody="x", MessageAttributes={"n": attribute})
    assert error["Message"].startswith(message)


def test_ten_attributes_are_the_limit(sqs, refused):
    attributes = {f"n{i}": {"DataType": "String", "StringValue": "x"} for i in range(11)}
    error = refused(sqs.client.send_message, QueueUrl=sqs.queue(), MessageBody="x", MessageAttributes=attributes)
    assert error["Message"] == "Number of message attributes [11] exceeds the allowed maximum [10]."


# -- traces --------------------------------------------------------------------------------------------


def test_the_trace_header_as_a_system_attribute(sqs):
    url = sqs.queue()
    sent = sqs.client.send_message(
        QueueUrl=url,
        MessageBody="x",
        MessageAttributes={"timestamp": {"StringValue": "1493147359900", "DataType": "Number"}},
        MessageSystemAttributes={"AWSTraceHeader": {"StringValue": TRACE, "DataType": "String"}},
    )
    assert sent["MD5OfMessageSystemAttributes"] == "5ae4d5d7636402d80f4eb6d213245a88"
    assert sent["MD5OfMessageAttributes"] == "235c5c510d26fb653d073faed50ae77c"
    [received] = sqs.receive(url, MessageSystemAttributeNames=["AWSTraceHeader"])
    assert received["Attributes"] == {"AWSTraceHeader": TRACE}


def test_other_system_attributes_are_refused(sqs, refused):
    system = {"Hello": {"StringValue": "World", "DataType": "String"}}
    error = refused(sqs.client.send_message, QueueUrl=sqs.queue(), MessageBody="x", MessageSystemAttributes=system)
    assert error["Message"] == "Message system attribute name 'Hello' is invalid."


def test_the_trace_of_the_call_goes_with_the_message(sqs):
    url = sqs.queue()
    sqs.send(url, "untraced")
    [untraced] = sqs.receive(url, AttributeNames=["AWSTraceHeader"])
    assert "Attributes" not in untraced

    def add_trace(params, **_):
        params["headers"]["X-Amzn-Trace-Id"] = TRACE

    sqs.client.meta.events.register("before-call.sqs.SendMessage", add_trace)
    try:
        sqs.send(url, "traced")
    finally:
        sqs.client.meta.events.unregister("before-call.sqs.SendMessage", add_trace)
    [traced] = sqs.receive(url, AttributeNames=["AWSTraceHeader"])
    assert traced["Attributes"] == {"AWSTraceHeader": TRACE}
