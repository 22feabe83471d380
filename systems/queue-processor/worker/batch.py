"""The messages of one task: where they come from, and what is said of those that were not done.

The other side is penstock_constructs/queue_processor.py.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict


class Message(TypedDict, total=False):
    """`trace` is the header of the trace in which the message was sent, where there is one."""

    messageId: str
    body: str
    trace: str


@dataclass(frozen=True)
class Batch:
    s3: Any
    sqs: Any
    environment: Mapping[str, str]

    def messages(self) -> list[Message]:
        """From the environment; from S3 where they were too many for it."""
        text = self.environment.get("BATCH") or self._object(self.environment["BATCH_KEY"])
        found: list[Message] = json.loads(text)
        return found

    def bury(self, message: Message, reason: str) -> None:
        """Into the dead-letter queue, which no message leaves by itself."""
        attributes = {
            "Reason": {"DataType": "String", "StringValue": reason[:1024]},
            "MessageId": {"DataType": "String", "StringValue": message["messageId"]},
        }
        url = self.environment["DEAD_LETTER_QUEUE_URL"]
        self.sqs.send_message(QueueUrl=url, MessageBody=message["body"], MessageAttributes=attributes)

    def report(self, failed: list[str]) -> None:
        """These messages are to come back; the others are done."""
        body = json.dumps({"batchItemFailures": [{"itemIdentifier": each} for each in failed]})
        key = self.environment["RESULT_KEY"]
        self.s3.put_object(Bucket=self._bucket, Key=key, Body=body.encode(), ContentType="application/json")

    @property
    def _bucket(self) -> str:
        return self.environment["BATCH_BUCKET"]

    def _object(self, key: str) -> str:
        body: bytes = self.s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return body.decode()
