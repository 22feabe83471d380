"""Publish: what a subscriber gets, and what is refused."""

import json
import re
from collections.abc import Callable
from typing import Any

from tests.contract.sns.conftest import Queue

Subscribe = Callable[..., str]
Refusal = Callable[..., tuple[str, str]]


def test_a_message_reaches_a_subscribed_queue(sns: Any, topic: str, queue: Queue, subscribe: Subscribe) -> None:
    subscription = subscribe(topic, queue)
    sent = sns.publish(TopicArn=topic, Message="hello ö", Subject="Greetings")
    [body] = queue.bodies
    document = json.loads(body)
    assert list(document) == [
        *("Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp"),
        *("SignatureVersion", "Signature", "SigningCertURL", "UnsubscribeURL"),
    ]
    assert document["Type"] == "Notification"
    assert document["MessageId"] == sent["MessageId"]
    assert document["TopicArn"] == topic
    assert (document["Subject"], document["Message"]) == ("Greetings", "hello ö")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", document["Timestamp"])
    assert document["UnsubscribeURL"].endswith(f"/?Action=Unsubscribe&SubscriptionArn={subscription}")
    assert body.startswith('{\n  "Type" : "Notification",\n  "MessageId" : "')
