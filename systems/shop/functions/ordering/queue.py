"""The ordering service's queue: event source mapping, with partial batch failures.

An order that cannot be stored now goes back to the queue, and after some tries by redrive to the dead-letter queue. An
event that can never become an order goes there at once and carries its reason, as EventBridge's own dead letters do:
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
"""

import os
from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import ValidationError

from functions.common import api
from functions.common.documents import from_json
from functions.common.problems import field_errors
from functions.ordering.models import CheckoutBasket, PlacedOrder
from functions.ordering.table import Orders

logger = Logger()
tracer = Tracer(patch_modules=["botocore"])
metrics = Metrics()
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
orders = Orders(api.client("dynamodb"), os.environ["ORDER_TABLE"])
sqs = api.client("sqs")


def take(record: SQSRecord) -> None:
    try:
        order = CheckoutBasket.model_validate(from_json(record.body)).detail
    except ValueError as error:  # pydantic's ValidationError is one
        bury(record, reason(error))
    else:
        store(order, record.message_id)


def store(order: PlacedOrder, message_id: str) -> None:
    context = {"message_id": message_id, "order_id": order.order_id, "correlation_id": order.correlation_id}
    try:
        orders.store(order.document())
    except Exception:
        logger.exception("order not stored, the queue will bring it again", extra=context)
        raise
    logger.info("order stored", extra=context)
    metrics.add_metric(name="OrdersStored", unit="Count", value=1)


def bury(record: SQSRecord, why: str) -> None:
    sqs.send_message(
        QueueUrl=os.environ["DEAD_LETTER_QUEUE_URL"],
        MessageBody=record.body,
        MessageAttributes={
            "ERROR_CODE": {"DataType": "String", "StringValue": "InvalidEvent"},
            "ERROR_MESSAGE": {"DataType": "String", "StringValue": why},
        },
    )
    logger.error("not an order, moved to the dead-letter queue", extra={"message_id": record.message_id, "reason": why})
    metrics.add_metric(name="EventsRejected", unit="Count", value=1)


def reason(error: ValueError) -> str:
    """Names of members and what is wrong with them. Never a value."""
    if isinstance(error, ValidationError):
        return "; ".join(f"{item['field']}: {item['message']}" for item in field_errors(error))[:1000]
    return "The body is not JSON."


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event=event, record_handler=take, processor=processor, context=context)
