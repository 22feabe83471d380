"""The basket service's REST API: synchronous invocation. How a basket is checked out: domain/checkout.py."""

import os
import random
import time
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

from domain.checkout import Till
from functions.basket.events import Publisher
from functions.basket.models import NewBasket, NewPurchase
from functions.basket.table import Baskets, shown
from functions.common import api
from functions.common.documents import dump

logger = Logger()
tracer = Tracer(patch_modules=["botocore"])
metrics = Metrics()
app = api.resolver()
baskets = Baskets(api.client("dynamodb"), os.environ["BASKET_TABLE"], os.environ["CHECKOUT_TABLE"])
publisher = Publisher(api.client("events"), os.environ["EVENT_BUS_NAME"])


def pause(attempt: int) -> None:
    """Full jitter, 20 ms to 2.6 s."""
    time.sleep(random.uniform(0, 0.02 * 2**attempt))


till = Till(baskets, publisher.publish, pause)


@app.get("/basket")
def list_baskets() -> Response[str]:
    return api.answer(baskets.page(api.query(app)))


@app.post("/basket")
def put_basket() -> Response[str]:
    basket = api.read(app, NewBasket).basket()
    created = till.change(lambda: baskets.put(basket))
    status = HTTPStatus.CREATED if created else HTTPStatus.OK
    return api.answer(shown(dump(basket)), status, Location=api.below(app, basket.user_name))


@app.post("/basket/checkout")
def check_out() -> Response[str]:
    purchase = api.read(app, NewPurchase).purchase()
    return api.answer(till.check_out(purchase, api.idempotency_key(app)))


@app.get("/basket/<user_name>")
def get_basket(user_name: str) -> Response[str]:
    return api.answer(baskets.get(unquote(user_name)))


@app.delete("/basket/<user_name>")
def delete_basket(user_name: str) -> Response[str]:
    till.change(lambda: baskets.remove(unquote(user_name)))
    return api.no_content()


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST, clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
