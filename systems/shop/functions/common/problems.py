"""Errors as `application/problem+json` (RFC 9457), with the offending members named in `errors`."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import ServiceError
from pydantic import ValidationError

from domain.errors import AlreadyExists, Busy, EmptyBasket, KeyReused, NotFound, ShopError
from functions.common.documents import to_json

logger = Logger()

STATUS: Mapping[type[ShopError], HTTPStatus] = {
    NotFound: HTTPStatus.NOT_FOUND,
    AlreadyExists: HTTPStatus.CONFLICT,
    EmptyBasket: HTTPStatus.CONFLICT,
    KeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    Busy: HTTPStatus.SERVICE_UNAVAILABLE,
}


class BadRequest(Exception):
    """One member of the request, by its name there, and what is wrong with it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.errors = [{"field": field, "message": message}]


def register(app: APIGatewayRestResolver) -> None:
    app.exception_handler(BadRequest)(lambda error: invalid(error.errors))
    app.exception_handler(ValidationError)(lambda error: invalid(field_errors(error)))
    app.exception_handler(ShopError)(lambda error: problem(STATUS[type(error)], str(error)))
    app.exception_handler(ServiceError)(lambda error: problem(HTTPStatus(error.status_code), error.msg))
    app.exception_handler(Exception)(_unexpected)


def problem(status: HTTPStatus, detail: str, errors: Sequence[Mapping[str, str]] = ()) -> Response[str]:
    body: dict[str, Any] = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
    if errors:
        body["errors"] = list(errors)
    headers: Mapping[str, str] = {"Retry-After": "1"} if status is HTTPStatus.SERVICE_UNAVAILABLE else {}
    return Response(status.value, "application/problem+json", to_json(body), headers=dict(headers))


def invalid(errors: Sequence[Mapping[str, str]]) -> Response[str]:
    fields = ", ".join(error["field"] for error in errors)
    return problem(HTTPStatus.BAD_REQUEST, f"The request is not valid: {fields}.", errors)


def field_errors(error: ValidationError) -> list[dict[str, str]]:
    """`items.0.price` and the like. Never the value: it may be a card number."""
    details = error.errors(include_url=False, include_context=False, include_input=False)
    return [
        {"field": ".".join(map(str, item["loc"])) or "body", "message": item["msg"].removeprefix("Value error, ")}
        for item in details
    ]


def _unexpected(error: Exception) -> Response[str]:
    logger.exception("unexpected error")
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong here. Trying again is safe.")
