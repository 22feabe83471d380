"""Forwards what an EventBridge rule has put into a queue to an HTTP receiver, and sees to it that nothing is lost.

| the receiver | the message |
|---|---|
| answers 2xx | is done |
| answers 4xx | goes to the dead-letter queue at once, with status and answer |
| answers 5xx, breaks off, takes too long | comes again; with its last try it goes to the dead-letter queue, as above |
| is not there, or says "not now" (408, 425, 429, 503) | is put back for a minute, however often, until it is too old |

Putting back means a new message and the end of the old one, because each receive counts against the queue's
maxReceiveCount, and an event is not to be given up for the receiver's absence. If the function dies between the two,
the receiver gets the event twice, under the same Idempotency-Key. If it dies between writing a dead letter and deleting
the message, the queue writes another. Nothing is lost.
"""

import asyncio
import json
import os
import re
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import AsyncBatchProcessor, EventType, async_process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from . import dead_letter, trace
from .receiver import Answer, Away, Receiver

LAST_RECEIVE = int(os.environ["MAX_RECEIVE_COUNT"])
PAUSE = 60  # seconds
MAX_AGE = 4 * 24 * 3600  # seconds; what SQS, too, would keep a message for
SINCE = "FirstSentTimestamp"  # attribute of a message that was put back: epoch seconds

_HEADER_TEXT = re.compile(r"[\x21-\x7e]{1,128}")

warnings.filterwarnings("ignore", "No application metrics to publish")
logger = Logger()
tracer = Tracer(auto_patch=False)  # X-Ray's segments belong to a thread, and events have threads of their own
metrics = Metrics()
threads = ThreadPoolExecutor(10)  # the largest batch
processor = AsyncBatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
receiver = Receiver(os.environ["FORWARDING_URL"], 2, float(os.environ["ANSWER_TIMEOUT"]))
# In isolated subnets SQS is reached by its VPC endpoint, whose name is the same.
sqs = boto3.client("sqs", config=Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 3}))


class Unanswered(Exception):
    """The message stays in the queue and is received again."""


async def forward(record: SQSRecord) -> None:
    """One message of the batch; they go side by side, so that a slow answer does not use up its neighbours' time."""
    await asyncio.get_running_loop().run_in_executor(threads, deliver, record)


def deliver(record: SQSRecord) -> None:
    event = _event(record)
    event_id, correlation_id = _event_id(event, record), _correlation_id(event)
    known = {"message_id": record.message_id, "event_id": event_id}
    headers = {"Idempotency-Key": event_id, **trace.headers(record.attributes.aws_trace_header)}
    if correlation_id:
        known["correlation_id"] = headers["X-Correlation-Id"] = correlation_id
    try:
        answer = receiver.post(record.body, headers)
    except Away as why:
        _put_back(record, str(why), known)
    else:
        _conclude(record, answer, known)


def _conclude(record: SQSRecord, answer: Answer, known: dict[str, str]) -> None:
    if answer.accepted:
        logger.info("event forwarded", extra={**known, "status": answer.status})
        metrics.add_metric(name="EventsForwarded", unit=MetricUnit.Count, value=1)
    elif answer.refused:
        _bury(record, "Refused", f"The receiver answered {answer.status}.", answer, known)
    elif int(record.attributes.approximate_receive_count) >= LAST_RECEIVE:
        _bury(record, "Failed", f"The receiver failed on it {LAST_RECEIVE} times.", answer, known)
    else:
        logger.warning("receiver failed, the queue will bring the event again", extra={**known, **_shown(answer)})
        raise Unanswered(f"status {answer.status}")


def _put_back(record: SQSRecord, why: str, known: dict[str, str]) -> None:
    since = _since(record)
    if time.time() - since > MAX_AGE:
        _bury(record, "Expired", f"The receiver was away for too long: {why}", Answer(0, why), known)
        return
    attributes = {SINCE: {"DataType": "Number", "StringValue": str(since)}}
    _send(record, os.environ["QUEUE_URL"], attributes, DelaySeconds=PAUSE)
    logger.warning("receiver is away, event put back", extra={**known, "reason": why, "seconds": PAUSE})
    metrics.add_metric(name="ReceiverAway", unit=MetricUnit.Count, value=1)


def _bury(record: SQSRecord, code: str, why: str, answer: Answer, known: dict[str, str]) -> None:
    _send(record, os.environ["DEAD_LETTER_QUEUE_URL"], dead_letter.attributes(code, why, answer))
    logger.error("event moved to the dead-letter queue", extra={**known, "reason": why, **_shown(answer)})
    metrics.add_metric(name="EventsBuried", unit=MetricUnit.Count, value=1)


def _send(record: SQSRecord, queue_url: str, attributes: dict[str, Any], **options: Any) -> None:
    header = record.attributes.aws_trace_header
    trace_header = {"AWSTraceHeader": {"DataType": "String", "StringValue": header}} if header else {}
    sqs.send_message(
        QueueUrl=queue_url,
        MessageBody=record.body,
        MessageAttributes=attributes,
        MessageSystemAttributes=trace_header,
        **options,
    )


def _event(record: SQSRecord) -> Any:
    try:
        return json.loads(record.body)
    except ValueError:
        return None


def _event_id(event: Any, record: SQSRecord) -> str:
    """The event's own, the same however often it is sent; a message that is no event has only the queue's."""
    return _text(event, "id") or record.message_id


def _correlation_id(event: Any) -> str | None:
    """How the publisher names all that belongs together, if it does."""
    return _text(event, "detail", "metadata", "correlationId")


def _text(node: Any, *path: str) -> str | None:
    """What stands at a path, if it can go into a header."""
    for name in path:
        node = node.get(name) if isinstance(node, dict) else None
    return node if isinstance(node, str) and _HEADER_TEXT.fullmatch(node) else None


def _since(record: SQSRecord) -> int:
    put_back = record.message_attributes[SINCE]
    if put_back and put_back.string_value:
        return int(put_back.string_value)
    return int(record.attributes.sent_timestamp) // 1000


def _shown(answer: Answer) -> dict[str, Any]:
    return {"status": answer.status, "answer": answer.text[:256]}


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return async_process_partial_response(event=event, record_handler=forward, processor=processor, context=context)
