"""What the three REST APIs share: reading requests, answering documents, problems."""

import warnings
from http import HTTPStatus
from typing import Any, TypeVar

import boto3
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from botocore.config import Config
from pydantic import BaseModel

from functions.common import problems
from functions.common.documents import dump, from_json, to_json
from functions.common.problems import BadRequest

M = TypeVar("M", bound=BaseModel)

# A call that hangs must not eat the function's time: three tries fit into it, and every call here may be repeated.
CONFIG = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 3})

# Most requests have no figure of their own to report. Powertools would say so in the log.
warnings.filterwarnings("ignore", "No application metrics to publish")


def client(service: str) -> Any:
    return boto3.client(service, config=CONFIG)


def resolver() -> APIGatewayRestResolver:
    app = APIGatewayRestResolver(serializer=to_json)
    problems.register(app)
    return app


def read(app: APIGatewayRestResolver, model: type[M]) -> M:
    """The request's body as `model`. BadRequest for what is not JSON, ValidationError for what does not fit."""
    try:
        document = from_json(app.current_event.decoded_body or "")
    except ValueError:
        raise BadRequest("body", "must be JSON") from None
    return model.model_validate(document)


def answer(value: Any, status: HTTPStatus = HTTPStatus.OK, **headers: Any) -> Response[str]:
    return Response(status.value, "application/json", to_json(dump(value)), headers=headers)


def below(app: APIGatewayRestResolver, name: str) -> str:
    """The path of a member of the collection that was asked for, with its stage, for `Location`."""
    return f"{app.current_event.request_context.path.rstrip('/')}/{name}"


def no_content() -> Response[str]:
    return Response(HTTPStatus.NO_CONTENT.value)


def idempotency_key(app: APIGatewayRestResolver) -> str | None:
    key: str | None = app.current_event.headers.get("Idempotency-Key")
    if key is not None and not (0 < len(key) <= 255 and key.isprintable()):
        raise BadRequest("Idempotency-Key", "must be 1 to 255 printable characters")
    return key


def query(app: APIGatewayRestResolver) -> dict[str, str]:
    return dict(app.current_event.query_string_parameters)
