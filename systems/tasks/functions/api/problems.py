"""Errors as `application/problem+json` (RFC 9457), with the offending members named in `errors`."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

logger = logging.getLogger(__name__)

_WHERE = ("body", "path", "query", "header")


class Problem(JSONResponse):
    media_type = "application/problem+json"

    def __init__(
        self,
        status: int,
        detail: str,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": detail,
        }
        super().__init__({**body, "errors": list(errors)} if errors else body, status, headers)


def register(app: FastAPI, statuses: Mapping[type[Exception], HTTPStatus]) -> None:
    """`statuses`: what the domain's own errors become. Their messages are written for the client."""
    for kind, status in statuses.items():
        app.add_exception_handler(kind, _says(status))
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(BadRequest, _bad)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(ClientError, _unavailable)
    app.add_exception_handler(BotoCoreError, _unavailable)
    app.add_exception_handler(Exception, _unexpected)


class BadRequest(Exception):
    """One member of the request, by its name there, and what is wrong with it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.errors = [{"field": field, "message": message}]


def field_errors(error: RequestValidationError) -> list[dict[str, str]]:
    """`body` members and query parameters by their names. Never the value."""
    return [
        {"field": _field(item["loc"], item["type"]), "message": item["msg"].removeprefix("Value error, ")}
        for item in error.errors()
    ]


def _field(location: Sequence[int | str], kind: str) -> str:
    if kind == "json_invalid":
        return "body"
    inner = location[1:] if location and location[0] in _WHERE else location
    return ".".join(map(str, inner)) or "body"


def _says(status: HTTPStatus) -> Any:
    async def answer(request: Request, error: Exception) -> Problem:
        return Problem(status, str(error))

    return answer


async def _invalid(request: Request, error: Any) -> Problem:
    return _wrong(field_errors(error))


async def _bad(request: Request, error: Any) -> Problem:
    return _wrong(error.errors)


def _wrong(errors: Sequence[Mapping[str, str]]) -> Problem:
    fields = ", ".join(item["field"] for item in errors)
    return Problem(HTTPStatus.BAD_REQUEST, f"The request is not valid: {fields}.", errors)


async def _refused(request: Request, error: Any) -> Problem:
    return Problem(error.status_code, str(error.detail), headers=error.headers)


async def _unavailable(request: Request, error: Any) -> Problem:
    logger.error("AWS did not answer as it should", exc_info=error)
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "Try again: it is safe to.", headers={"Retry-After": "1"})


async def _unexpected(request: Request, error: Exception) -> Problem:
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong here. Trying again is safe.")
