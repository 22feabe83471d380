"""Functions as subscribers."""

import json

from tests.contract.conftest import Functions


def test_the_event_of_a_function(functions: Functions, unique: str) -> None:
    sns = functions.client("sns")
    topic = sns.create_topic(Name=unique)["TopicArn"]
    function = functions.make(lambda event: None)
    subscription = sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function)["SubscriptionArn"]
    attributes = {"blob": {"DataType": "Binary", "BinaryValue": b"\x02"}}
    sent = sns.publish(TopicArn=topic, Message="hello", MessageAttributes=attributes)
    functions.runtime.settle()
    [event] = functions.events(function)
    [record] = event["Records"]
    notification = record.pop("Sns")
    assert record == {"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": subscription}
    assert notification.keys() == {
        *("Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion", "Signature"),
        *("SigningCertUrl", "UnsubscribeUrl", "MessageAttributes"),
    }
    assert (notification["MessageId"], notification["Subject"]) == (sent["MessageId"], None)
    assert notification["Message"] == "hello"
    assert notification["MessageAttributes"] == {"blob": {"Type": "Binary", "Value": "Ag=="}}


def test_a_function_that_is_gone(functions: Functions, unique: str) -> None:
    sns, sqs = functions.client("sns"), functions.client("sqs")
    url = sqs.create_queue(QueueName=unique)["QueueUrl"]
    redrive = json.dumps({"deadLetterTargetArn": f"arn:aws:sqs:us-east-1:000000000000:{unique}"})
    topic = sns.create_topic(Name=unique)["TopicArn"]
    missing = "arn:aws:lambda:us-east-1:000000000000:function:no-such-function"
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=missing, Attributes={"RedrivePolicy": redrive})
    sns.publish(TopicArn=topic, Message="for nobody")
    functions.runtime.settle()
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    document = json.loads(message["Body"])
    assert (document["Type"], document["Message"]) == ("Notification", "for nobody")
