"""An SQS queue as a source: long polls, and a message is deleted only after it was processed.

What failed is left alone: it comes back when its visibility timeout ends, and after maxReceiveCount it goes to the
queue's own dead-letter queue. Source: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

import base64
import math

from penstock.base.arn import Arn
from penstock.call import Context
from penstock.delivery.mappings import BatchFailed
from penstock.delivery.sources.bodies import parsed
from penstock.wire.model import Json

_LONGEST_POLL = 20
_LONGEST_TIMEOUT = 43_200
_MOST = 10  # messages that one call receives or deletes


class SqsSource:
    """`ctx` carries who reads: the function's role, or the pipe's."""

    def __init__(self, ctx: Context, queue_arn: str) -> None:
        arn = Arn.parse(queue_arn)
        self._ctx = ctx.at(account=arn.account, region=arn.region)
        self._arn = queue_arn
        self._region = arn.region
        self._url = f"{ctx.config.endpoint}/{arn.account}/{arn.resource}"

    async def receive(self, limit: int) -> list[Json]:
        request = {
            "QueueUrl": self._url,
            "MaxNumberOfMessages": max(1, min(limit, _MOST)),
            "WaitTimeSeconds": _LONGEST_POLL,
            "MessageSystemAttributeNames": ["All"],
            "MessageAttributeNames": ["All"],
        }
        result = await self._ctx.call("sqs", "ReceiveMessage", request)
        return [self._record(message) for message in result.get("Messages", ())]

    def _record(self, message: Json) -> Json:
        record = {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": {
                name: _attribute(value) for name, value in message.get("MessageAttributes", {}).items()
            },
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": self._arn,
            "awsRegion": self._region,
        }
        if "MD5OfMessageAttributes" in message:
            record["md5OfMessageAttributes"] = message["MD5OfMessageAttributes"]
        return record

    def filtered(self, record: Json) -> Json:
        """The record with a JSON body parsed; a body of text stays text."""
        return {**record, "body": parsed(record["body"])}

    def identifier(self, record: Json) -> str:
        identifier: str = record["messageId"]
        return identifier

    async def done(self, records: list[Json]) -> None:
        for start in range(0, len(records), _MOST):
            part = records[start : start + _MOST]
            entries = [{"Id": str(i), "ReceiptHandle": record["receiptHandle"]} for i, record in enumerate(part)]
            await self._ctx.call("sqs", "DeleteMessageBatch", {"QueueUrl": self._url, "Entries": entries})

    async def failed(self, records: list[Json]) -> None:
        """Nothing: their visibility timeout brings them back."""

    async def hold(self, records: list[Json], seconds: float) -> None:
        """Hides them anew. Their receive count stays, so that an outage brings none into the dead-letter queue."""
        request = {"QueueUrl": self._url, "AttributeNames": ["VisibilityTimeout"]}
        found = await self._ctx.call("sqs", "GetQueueAttributes", request)
        timeout = min(int(found["Attributes"]["VisibilityTimeout"]) + math.ceil(seconds), _LONGEST_TIMEOUT)
        for start in range(0, len(records), _MOST):
            entries = [
                {"Id": str(i), "ReceiptHandle": record["receiptHandle"], "VisibilityTimeout": timeout}
                for i, record in enumerate(records[start : start + _MOST])
            ]
            change = {"QueueUrl": self._url, "Entries": entries}
            answer = await self._ctx.call("sqs", "ChangeMessageVisibilityBatch", change)
            if answer.get("Failed"):
                raise BatchFailed(answer["Failed"][0].get("Message", "a message could not be held"))


def trace_of(records: list[Json]) -> str:
    """The X-Ray header of a batch: that of its first message that has one; records of streams have none."""
    return next((header for record in records if (header := record.get("attributes", {}).get("AWSTraceHeader"))), "")


def _attribute(value: Json) -> Json:
    attribute: Json = {"stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}
    if "StringValue" in value:
        attribute["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        attribute["binaryValue"] = base64.b64encode(value["BinaryValue"]).decode()
    return attribute
