"""Functions as subscribers, and topics as the targets of rules."""

import json
from collections.abc import Callable
from typing import Any

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


def test_a_topic_as_the_target_of_a_rule(client: Callable[..., Any], topic: str, queue: Any, subscribe: Any) -> None:
    events = client("events")
    name = topic.rpartition(":")[2]
    subscribe(topic, queue)
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": topic, "InputPath": "$.detail"}])
    events.put_events(Entries=[{"Source": name, "DetailType": "t", "Detail": '{"order": 7}'}])
    assert [json.loads(text) for text in queue.texts] == [{"order": 7}]
