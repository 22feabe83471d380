"""The ordering service's REST API: synchronous invocation, read-only. Orders arrive by functions/ordering/queue.py."""

import os
from typing import Any
from urllib.parse import unquote

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.common import api
from functions.ordering.table import Orders

logger = Logger()
tracer = Tracer(patch_modules=["botocore"])
metrics = Metrics()
app = api.resolver()
orders = Orders(api.client("dynamodb"), os.environ["ORDER_TABLE"])


@app.get("/order")
def list_orders() -> Response[str]:
    return api.answer(orders.page(api.query(app)))


@app.get("/order/<user_name>")
def list_orders_of_user(user_name: str) -> Response[str]:
    return api.answer(orders.of_user(unquote(user_name), api.query(app)))


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST, clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
