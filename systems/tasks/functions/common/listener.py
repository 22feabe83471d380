"""What all listeners have in common: they read domain events from the stream, in order, each perhaps more than once.

An event that fails keeps back those that follow it of the same task, and of nobody else. Lambda brings the batch again
from there, and after its tries writes down, in the listener's dead-letter queue, which part of the shard was given up:
https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
"""

import json
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.kinesis_stream_event import KinesisStreamRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from domain.events import Recorded
from functions.common.documents import recorded_of

logger = Logger(child=True)
processor = BatchProcessor(event_type=EventType.KinesisDataStreams, raise_on_entire_batch_failure=False)

Take = Callable[[Recorded], object]


class Later(Exception):
    """An earlier event of the same task has failed: this one has to wait for it."""


class InOrder:
    """Hands the events of one batch to `take`, which must not mind getting one twice."""

    def __init__(self, take: Take) -> None:
        self._take = take
        self._failed: set[str] = set()

    def __call__(self, record: KinesisStreamRecord) -> None:
        task_id = record.kinesis.partition_key
        if task_id in self._failed:
            raise Later(f"an earlier event of {task_id} has failed")
        try:
            self._hand_on(recorded_of(json.loads(record.kinesis.data_as_bytes())))
        except Exception:
            self._failed.add(task_id)
            logger.exception("event not taken", extra={"task_id": task_id})
            raise

    def _hand_on(self, recorded: Recorded) -> None:
        known = {"task_id": recorded.task_id, "sequence": recorded.sequence, "event_type": recorded.event.type}
        traced = {name: recorded.metadata.get(name) for name in ("correlation_id", "trace_id")}
        with logger.append_context_keys(**known, **traced):
            self._take(recorded)
            logger.info("event taken")


def listen(event: dict[str, Any], context: LambdaContext, take: Take) -> PartialItemFailureResponse:
    """The answer that says which records have failed."""
    handler = InOrder(take)
    return process_partial_response(event=event, record_handler=handler, processor=processor, context=context)
