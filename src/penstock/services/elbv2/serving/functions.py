"""Lambda functions as targets: requests as events, results as responses.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
"""

import base64
import binascii
from typing import Any

import orjson

from penstock.services.elbv2.serving.answers import SERVER
from penstock.wire.message import Pairs, Request, Response
from penstock.wire.model import Json

MAX_BODY = 1024 * 1024  # of requests and of responses
_TEXT = ("text/", "application/json", "application/javascript", "application/xml")


class BadResult(Exception):
    """A function's result that is no response; says why."""


def event(request: Request, body: bytes, headers: Pairs, group: str, multi: bool) -> Json:
    """`headers` as they would go to any target; `multi`: lists of values instead of the last value of each."""
    found: Json = {
        "requestContext": {"elb": {"targetGroupArn": group}},
        "httpMethod": request.method,
        "path": request.path,
    }
    # Query parameters stay as they were sent: they are not decoded.
    query = [(name, value) for part in request.query_string.split("&") if part
             for name, _, value in [part.partition("=")]]  # fmt: skip
    lowered = [(name.lower(), value) for name, value in headers]
    if multi:
        found["multiValueQueryStringParameters"] = _lists(query)
        found["multiValueHeaders"] = _lists(lowered)
    else:
        found["queryStringParameters"] = dict(query)
        found["headers"] = dict(lowered)
    text = _is_text(request.headers)
    found["body"] = body.decode("utf-8", "replace") if text or not body else base64.b64encode(body).decode()
    found["isBase64Encoded"] = bool(body) and not text
    return found


def _is_text(headers: dict[str, str]) -> bool:
    """Bodies of these types go as text, unless they are encoded; all others as base64."""
    return "content-encoding" not in headers and headers.get("content-type", "").lower().startswith(_TEXT)


def _lists(pairs: Pairs) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def response(payload: bytes, multi: bool) -> Response:
    """What a function's result stands for. Raises BadResult."""
    if len(payload) > MAX_BODY:
        raise BadResult("the result is larger than 1 MB")
    try:
        result = orjson.loads(payload)
    except orjson.JSONDecodeError:
        raise BadResult("the result is not JSON") from None
    if not isinstance(result, dict):
        raise BadResult("the result is not an object")
    status = result.get("statusCode")
    if not isinstance(status, int) or not 100 <= status <= 999:
        raise BadResult(f"statusCode {status!r} is not a status")
    return Response(status, [SERVER, *_headers(result, multi)], _body(result))


def _headers(result: Json, multi: bool) -> Pairs:
    given: Any = result.get("multiValueHeaders" if multi else "headers") or {}
    if not isinstance(given, dict):
        raise BadResult("the headers are not an object")
    pairs = []
    for name, values in given.items():
        for value in values if multi and isinstance(values, list) else [values]:
            if not isinstance(value, str) or "\r" in value or "\n" in value or ":" in name:
                raise BadResult(f"the header {name!r} is not a string of one line")
            pairs.append((name, value))
    return [pair for pair in pairs if pair[0].lower() not in ("content-length", "transfer-encoding", "connection")]


def _body(result: Json) -> bytes:
    body = result.get("body") or ""
    if not isinstance(body, str):
        raise BadResult("the body is not a string")
    if not result.get("isBase64Encoded"):
        return body.encode()
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise BadResult("the body is not base64") from None


def check_event(path: str, group: str) -> Json:
    """What a health check sends to a function."""
    return {
        "requestContext": {"elb": {"targetGroupArn": group}},
        "httpMethod": "GET",
        "path": path,
        "queryStringParameters": {},
        "headers": {"user-agent": "ELB-HealthChecker/2.0"},
        "body": "",
        "isBase64Encoded": False,
    }
