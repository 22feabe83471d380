"""Errors as `application/problem+json` (RFC 9457), with the offending members named in `errors`."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import ServiceError
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

logger = Logger()


def register(app: APIGatewayRestResolver) -> None:
    app.exception_handler(ValidationError)(lambda error: _invalid(field_errors(error)))
    app.exception_handler(ServiceError)(lambda error: problem(HTTPStatus(error.status_code), error.msg))
    app.exception_handler([BotoCoreError, ClientError])(_unavailable)
    app.exception_handler(Exception)(_unexpected)


def problem(status: HTTPStatus, detail: str, **more: Any) -> Response[str]:
    body = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail, **more}
    headers: Mapping[str, str] = {"Retry-After": "1"} if status is HTTPStatus.SERVICE_UNAVAILABLE else {}
    return Response(status.value, "application/problem+json", json.dumps(body), headers=dict(headers))


def field_errors(error: ValidationError) -> list[dict[str, str]]:
    """Members by their names. Never the value: it is about a person."""
    details = error.errors(include_url=False, include_context=False, include_input=False)
    return [{"field": ".".join(map(str, item["loc"])) or "body", "message": item["msg"]} for item in details]


def _invalid(errors: Sequence[Mapping[str, str]]) -> Response[str]:
    fields = ", ".join(error["field"] for error in errors)
    return problem(HTTPStatus.BAD_REQUEST, f"The request is not valid: {fields}.", errors=errors)


def _unavailable(error: Exception) -> Response[str]:
    logger.exception("the stream did not take the event")
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, "Try again: with a customerId of your own it is safe to.")


def _unexpected(error: Exception) -> Response[str]:
    logger.exception("unexpected error")
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong here.")
