"""`POST /`: a new customer, published as `customer-created`. 202, for it is stored by somebody else, later."""

import json
import os
import re
import uuid
import warnings
from http import HTTPStatus
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from domain.events import Metadata, customer_created
from functions.publisher import problems
from functions.publisher.models import NewCustomer

# A call that hangs must not eat the function's time: three tries fit into it.
PATIENCE = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 3})
CORRELATION_ID = re.compile(r"[\x21-\x7e]{1,128}")

# Most requests have no figure of their own to report. Powertools would say so in the log.
warnings.filterwarnings("ignore", "No application metrics to publish")

logger = Logger()
tracer = Tracer(patch_modules=["botocore"])
metrics = Metrics()
kinesis = boto3.client("kinesis", config=PATIENCE)
app = APIGatewayRestResolver()
problems.register(app)


@app.post("/")
def create_customer() -> Response[str]:
    customer = NewCustomer.model_validate_json(app.current_event.decoded_body or "").customer()
    metadata = Metadata(str(uuid.uuid4()), _correlation_id(), os.environ.get("_X_AMZN_TRACE_ID", ""))
    event = customer_created(customer, metadata)
    kinesis.put_record(StreamName=os.environ["STREAM_NAME"], Data=json.dumps(event).encode(), PartitionKey=customer.id)
    metrics.add_metric(name="CustomersPublished", unit="Count", value=1)
    logger.info("customer published", extra={"customer_id": customer.id, "event_id": metadata.event_id})
    answer = {"customerId": customer.id, "eventId": metadata.event_id}
    return Response(HTTPStatus.ACCEPTED.value, "application/json", json.dumps(answer))


def _correlation_id() -> str:
    """The client's, where it has sent one that can stand in a log."""
    given: str = app.current_event.headers.get("X-Correlation-Id", "")
    known = given if CORRELATION_ID.fullmatch(given) else app.current_event.request_context.request_id or ""
    logger.set_correlation_id(known)
    return known


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
