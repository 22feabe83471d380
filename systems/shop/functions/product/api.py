"""The product service's REST API: synchronous invocation.

`POST /product` with an Idempotency-Key makes one product however often it is sent: Powertools keeps the first answer.
"""

import os
import uuid
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig, idempotent_function
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyValidationError,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

from domain.product import Product
from functions.common import api
from functions.common.documents import Document, dump, from_json, to_json
from functions.common.problems import BadRequest, problem
from functions.product.models import NewProduct, ProductChange
from functions.product.table import Products

KEY_REUSED = "This Idempotency-Key was used before with a different request."

logger = Logger()
tracer = Tracer(patch_modules=["botocore"])
metrics = Metrics()
app = api.resolver()
dynamodb = api.client("dynamodb")
products = Products(dynamodb, os.environ["PRODUCT_TABLE"])
once = IdempotencyConfig(
    event_key_jmespath="key",
    payload_validation_jmespath="product",
    expires_after_seconds=24 * 3600,
    hash_function="sha256",
)
answers = DynamoDBPersistenceLayer(os.environ["IDEMPOTENCY_TABLE"], boto3_client=dynamodb)


@app.get("/product")
def list_products() -> Response[str]:
    query = api.query(app)
    if category := query.get("category"):
        return api.answer(products.in_category(category, query))
    return api.answer(products.page(query))


@app.post("/product")
def create_product() -> Response[str]:
    request = api.read(app, NewProduct).values()
    key = api.idempotency_key(app)
    document = from_json(create_once(request={"key": key, "product": request})) if key else create(request)
    return api.answer(document, HTTPStatus.CREATED, Location=api.below(app, document["id"]))


@app.get("/product/<product_id>")
def get_product(product_id: str) -> Response[str]:
    return api.answer(products.get(unquote(product_id)))


@app.put("/product/<product_id>")
def change_product(product_id: str) -> Response[str]:
    values = api.read(app, ProductChange).values()
    if values.pop("id", unquote(product_id)) != unquote(product_id):
        raise BadRequest("id", "must be the id in the path")
    return api.answer(products.change(unquote(product_id), values))


@app.delete("/product/<product_id>")
def delete_product(product_id: str) -> Response[str]:
    products.remove(unquote(product_id))
    return api.no_content()


def create(values: dict[str, Any]) -> Document:
    product = Product(**{"id": str(uuid.uuid4()), **values})
    products.create(product)
    metrics.add_metric(name="ProductsCreated", unit="Count", value=1)
    return dict(dump(product))


def create_as_json(request: dict[str, Any]) -> str:
    """What Powertools keeps must read the same as the first answer: text does, decimals would come back as text."""
    return to_json(create(request["product"]))


create_once = idempotent_function(
    create_as_json, data_keyword_argument="request", persistence_store=answers, config=once
)
app.exception_handler(IdempotencyAlreadyInProgressError)(
    lambda _: problem(HTTPStatus.CONFLICT, "A request with this Idempotency-Key is still being worked on.")
)
app.exception_handler(IdempotencyValidationError)(lambda _: problem(HTTPStatus.UNPROCESSABLE_ENTITY, KEY_REUSED))


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST, clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    once.register_lambda_context(context)
    return app.resolve(event, context)
