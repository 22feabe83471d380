"""From the event log's stream to the stream of domain events, in the order of each task.

PutRecords keeps no order where it takes only a part. So each call holds one event of a task at most, and those that are
refused are put again before anything that follows them. What cannot be put is read again from the log's stream.
Source: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
"""

import json
import os
from collections.abc import Iterator, Sequence
from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord, DynamoDBStreamEvent
from aws_lambda_powertools.utilities.typing import LambdaContext

from domain.events import Recorded
from functions.common.aws import client
from functions.common.documents import event_document
from functions.common.log import recorded_of_item

MAX_RECORDS = 500  # of PutRecords
Failures = list[dict[str, str]]

logger = Logger()
tracer = Tracer(patch_modules=["botocore"])
metrics = Metrics()
kinesis = client("kinesis")


def rounds(records: Sequence[DynamoDBRecord]) -> Iterator[list[tuple[DynamoDBRecord, Recorded]]]:
    """The records in their order, cut wherever a task comes a second time."""
    current: list[tuple[DynamoDBRecord, Recorded]] = []
    for record in records:
        recorded = recorded_of_item(record.dynamodb.new_image)  # type: ignore[union-attr]
        if len(current) == MAX_RECORDS or any(recorded.task_id == other.task_id for _, other in current):
            yield current
            current = []
        current.append((record, recorded))
    if current:
        yield current


def publish(events: list[tuple[DynamoDBRecord, Recorded]]) -> Failures:
    """Names the first record that Kinesis did not take; the log's stream is then read again from there."""
    entries = [
        {"Data": json.dumps(event_document(recorded), default=str).encode(), "PartitionKey": recorded.task_id}
        for _, recorded in events
    ]
    answer = kinesis.put_records(StreamName=os.environ["STREAM_NAME"], Records=entries)
    for (record, recorded), outcome in zip(events, answer["Records"], strict=True):
        if "ErrorCode" in outcome:
            known = {"task_id": recorded.task_id, "sequence": recorded.sequence, "error": outcome["ErrorCode"]}
            logger.warning("event not published, the log brings it again", extra=known)
            return [{"itemIdentifier": record.dynamodb.sequence_number or ""}]  # type: ignore[union-attr]
    metrics.add_metric(name="EventsPublished", unit="Count", value=len(events))
    return []


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Failures]:
    for events in rounds(list(DynamoDBStreamEvent(event).records)):
        if failures := publish(events):
            return {"batchItemFailures": failures}
        for _, recorded in events:
            known = {"task_id": recorded.task_id, "sequence": recorded.sequence}
            logger.info("event published", extra=known | {"trace_id": recorded.metadata.get("trace_id")})
    return {"batchItemFailures": []}
