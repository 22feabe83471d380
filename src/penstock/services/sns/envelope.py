"""What subscribers receive: a message as JSON, its members in AWS's order and spacing.

Source: https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from penstock.services.sns import contents
from penstock.services.sns.signing import EXCHANGED, ORDINARY, Signer
from penstock.services.sns.state import Subscription, Topic
from penstock.wire.model import Json

# The members that a signature covers, in their order; those that a message does not have are left out.
_SIGNED = ("Message", "MessageId", "SubscribeURL", "Subject", "Timestamp", "Token", "TopicArn", "Type")
# The members that may hold anything; the others have no character that JSON escapes.
_FREE = frozenset({"Message", "Subject"})
_KEYS = {"http": ORDINARY, "https": ORDINARY}


class Message(NamedTuple):
    """A published message; `texts` are those for single protocols (MessageStructure json)."""

    message_id: str
    text: str
    texts: Mapping[str, str]
    subject: str | None
    attributes: Json
    group_id: str | None
    deduplication_id: str | None
    sequence_number: str
    accepted_at: float

    def text_for(self, protocol: str) -> str:
        return self.texts.get(protocol, self.text) if self.texts else self.text


def timestamp(now: float) -> str:
    """`2026-11-21T08:16:39.571Z`"""
    milliseconds = int(now * 1000)
    return f"{_second(milliseconds // 1000)}.{milliseconds % 1000:03}Z"


@lru_cache(maxsize=16)
def _second(epoch: int) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def canonical(document: Mapping[str, Any]) -> str:
    """The text that is signed."""
    return "".join([f"{name}\n{document[name]}\n" for name in _SIGNED if document.get(name) is not None])


def pretty(document: Mapping[str, str]) -> str:
    """Two blanks deep, with blanks around colons, as AWS writes it."""
    values = [(name, _quoted(value) if name in _FREE else f'"{value}"') for name, value in document.items()]
    members = ",\n".join([f'  "{name}" : {value}' for name, value in values])
    return f"{{\n{members}\n}}"


def _quoted(value: str) -> str:
    return orjson.dumps(value).decode()


class Renderer:
    """The envelopes of one message. What subscribers have in common is written, and signed, once."""

    def __init__(self, topic: Topic, message: Message, signer: Signer, endpoint: str) -> None:
        self._topic = topic
        self._message = message
        self._signer = signer
        self._endpoint = endpoint
        self._timestamp = timestamp(message.accepted_at)
        self._version = topic.attributes.get("SignatureVersion", "1")
        self._heads: dict[tuple[str, str], str] = {}
        self._tail: str | None = None

    def envelope(self, subscription: Subscription) -> str:
        """The JSON that queues and HTTP endpoints receive."""
        protocol = subscription.protocol
        text, key = self._message.text_for(protocol), _KEYS.get(protocol, EXCHANGED)
        head = self._heads.get((text, key))
        if head is None:
            head = self._heads[text, key] = self._head(text, key)
        if self._tail is None:
            self._tail = self._attributes()
        return f'{head},\n  "UnsubscribeURL" : "{self._unsubscribe_url(subscription)}"{self._tail}\n}}'

    def record(self, subscription: Subscription) -> str:
        """The event that functions receive."""
        message, text = self._message, self._message.text_for(subscription.protocol)
        signature, certificate = self._signature(text, EXCHANGED)
        notification = {
            "Type": "Notification",
            "MessageId": message.message_id,
            "TopicArn": self._topic.arn,
            "Subject": message.subject,
            "Message": text,
            "Timestamp": self._timestamp,
            "SignatureVersion": "1",  # AWS says so whatever the topic's version is
            "Signature": signature,
            "SigningCertUrl": certificate,
            "UnsubscribeUrl": self._unsubscribe_url(subscription),
            "MessageAttributes": contents.in_envelope(message.attributes),
        }
        source = {"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": subscription.arn}
        return orjson.dumps({"Records": [{**source, "Sns": notification}]}).decode()

    def _head(self, text: str, key: str) -> str:
        """What subscribers have in common, as `pretty` writes it."""
        message, topic = self._message, self._topic
        number = f'  "SequenceNumber" : "{message.sequence_number}",\n' if topic.fifo else ""
        subject = f'  "Subject" : {_quoted(message.subject)},\n' if message.subject is not None else ""
        head = (
            f'{{\n  "Type" : "Notification",\n  "MessageId" : "{message.message_id}",\n{number}'
            f'  "TopicArn" : "{topic.arn}",\n{subject}  "Message" : {_quoted(text)},\n'
            f'  "Timestamp" : "{self._timestamp}"'
        )
        if topic.fifo:
            return head
        signature, certificate = self._signature(text, key)
        return (
            f'{head},\n  "SignatureVersion" : "{self._version}",\n  "Signature" : "{signature}",\n'
            f'  "SigningCertURL" : "{certificate}"'
        )

    def _signature(self, text: str, key: str) -> tuple[str, str]:
        """What `canonical` gives of the message, signed; and the URL of the certificate."""
        message = self._message
        subject = f"Subject\n{message.subject}\n" if message.subject is not None else ""
        signed = (
            f"Message\n{text}\nMessageId\n{message.message_id}\n{subject}"
            f"Timestamp\n{self._timestamp}\nTopicArn\n{self._topic.arn}\nType\nNotification\n"
        )
        return self._signer.sign(signed, self._version, key)

    def _unsubscribe_url(self, subscription: Subscription) -> str:
        return f"{self._endpoint}/?Action=Unsubscribe&SubscriptionArn={subscription.arn}"

    def _attributes(self) -> str:
        if not self._message.attributes:
            return ""
        attributes = contents.in_envelope(self._message.attributes).items()
        members = ",\n".join([f"    {_quoted(name)} : {orjson.dumps(item).decode()}" for name, item in attributes])
        return f',\n  "MessageAttributes" : {{\n{members}\n  }}'
