"""HTTP requests as Lambda events, and what a function returns as an HTTP response. Pure.

REST APIs speak format 1.0; HTTP APIs and function URLs 2.0, or 1.0 where asked. Sources:
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import base64
import binascii
import functools
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from penstock.wire.message import Pairs, Request, Response
from penstock.wire.model import Json

# Of one connection, not of the request that is passed on.
_HOP = frozenset(
    {"connection", "content-length", "expect", "keep-alive", "proxy-authenticate", "te", "trailer", "transfer-encoding",
     "upgrade"}
)  # fmt: skip
# Written so by a REST API, however the client wrote it.
_TITLED = {"authorization": "Authorization", "host": "Host", "user-agent": "User-Agent"}
_JSON = "application/json"
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z\-]+")


class Malformed(Exception):
    """A function's result that is no HTTP response; says what is wrong with it."""


class Values(NamedTuple):
    """Headers or query parameters: the last value of each name, and all of them."""

    single: dict[str, str]
    multi: dict[str, list[str]]

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> "Values":
        multi: dict[str, list[str]] = {}
        for name, value in pairs:
            multi.setdefault(name, []).append(value)
        return cls({name: values[-1] for name, values in multi.items()}, multi)


class MediaTypes:
    """The binary media types of an API: `image/png`, `image/*`, `*/*`."""

    def __init__(self, types: Iterable[str]) -> None:
        self._types = frozenset(kind.lower() for kind in types)
        self._all = "*/*" in self._types

    def match(self, content_type: str | None) -> bool:
        """Whether the first media type of a Content-Type or Accept header is one of them."""
        if not self._types or not content_type:
            return self._all
        media = content_type.split(",", 1)[0].split(";", 1)[0].strip().lower()
        return self._all or media in self._types or f"{media.partition('/')[0]}/*" in self._types


def forwarded(request: Request, port: int) -> Pairs:
    """What a gateway adds to the headers it passes on."""
    came_by = request.headers.get("x-forwarded-for")
    return [
        ("X-Forwarded-For", f"{came_by}, {request.client}" if came_by else request.client),
        ("X-Forwarded-Port", str(port)),
        ("X-Forwarded-Proto", "http"),
    ]


def header_pairs(request: Request, added: Pairs, dropped: frozenset[str] = _HOP) -> Pairs:
    """The request's headers as a REST API passes them on: names as the client wrote them."""
    replaced = {name.lower() for name, _ in added}
    pairs = []
    for name, value in request.raw_headers:
        key = name.lower()
        if key not in dropped and key not in replaced:
            pairs.append((_TITLED.get(key, name), value))
    return pairs + added


def text_body(body: bytes, binary: bool) -> tuple[str | None, bool]:
    """The body of an event, and whether it is base64."""
    if not body:
        return None, False
    if binary:
        return base64.b64encode(body).decode(), True
    return body.decode("utf-8", "replace"), False


@functools.lru_cache(maxsize=8)
def _clock_text(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")


def request_time(seconds: float) -> str:
    """`09/Apr/2015:12:34:56 +0000`"""
    return _clock_text(int(seconds))


# -- format 1.0 --------------------------------------------------------------------------------------

_MEMBERS_1 = frozenset({"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"})


def read_1(payload: bytes, strict: bool) -> Json:
    """A function's result in format 1.0. `strict` as a REST API is: nothing but its five members."""
    result = _parse(payload)
    if not isinstance(result, dict):
        raise Malformed("the result is not an object")
    if strict and not _MEMBERS_1.issuperset(result):
        raise Malformed(f"unknown members: {', '.join(sorted(set(result) - _MEMBERS_1))}")
    return result


def response_1(result: Json, wants_binary: bool, default_type: str = _JSON) -> Response:
    """The response that a result in format 1.0 describes. `wants_binary`: base64 is to be decoded for this client."""
    headers = _headers(result.get("headers"))
    multi = result.get("multiValueHeaders")
    if multi:
        named = {name.lower() for name in multi}
        headers = [pair for pair in headers if pair[0].lower() not in named]
        headers += [(_name(name), _scalar(value)) for name, values in multi.items() for value in _as_list(values)]
    decode = wants_binary and result.get("isBase64Encoded") is True
    status = _status(result.get("statusCode", 200))
    return Response(status, _typed(headers, default_type), _body(result.get("body"), decode))


def _as_list(values: Any) -> list[Any]:
    return values if isinstance(values, list) else [values]


# -- format 2.0 --------------------------------------------------------------------------------------


def event_2(request: Request, path: str, added: Pairs, context: Json, **parts: Any) -> Json:
    """An event in format 2.0. `path` is rawPath; `parts` are routeKey, pathParameters, stageVariables."""
    headers: dict[str, str] = {}
    for name, value in (*request.headers.items(), *added):
        headers[name.lower()] = value
    cookies = headers.pop("cookie", None)
    body, encoded = text_body(request.body, not is_text(headers.get("content-type", "")))
    event = {
        "version": "2.0",
        "routeKey": parts.get("routeKey", "$default"),
        "rawPath": path,
        "rawQueryString": request.query_string,
        "headers": headers,
        "requestContext": context,
        "isBase64Encoded": encoded,
    }
    if cookies:
        event["cookies"] = [cookie.strip() for cookie in cookies.split(";")]
    if request.query_string:
        event["queryStringParameters"] = _joined(request.query)
    if body is not None:
        event["body"] = body
    for name in ("pathParameters", "stageVariables"):
        if parts.get(name):
            event[name] = parts[name]
    return event


def _joined(pairs: Pairs) -> dict[str, str]:
    """Repeated parameters are joined by commas."""
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


_TEXT_TYPES = ("text/", "application/json", "application/xml", "application/javascript")


def is_text(content_type: str) -> bool:
    """Whether HTTP APIs hand a body on as text; anything else goes as base64."""
    kind = content_type.split(";", 1)[0].strip().lower()
    return not kind or kind.startswith(_TEXT_TYPES) or kind.endswith(("+json", "+xml"))


def response_2(payload: bytes, default_type: str = _JSON) -> Response:
    """The response that a function's result in format 2.0 describes, or stands for where it describes none."""
    result = _parse(payload)
    if not isinstance(result, dict) or "statusCode" not in result:
        return Response(200, [("Content-Type", _JSON)], result.encode() if isinstance(result, str) else payload)
    headers = _headers(result.get("headers"))
    headers += [("Set-Cookie", one_line(str(cookie))) for cookie in result.get("cookies") or ()]
    decode = result.get("isBase64Encoded") is True
    status = _status(result["statusCode"])
    return Response(status, _typed(headers, default_type), _body(result.get("body"), decode))


# -- both --------------------------------------------------------------------------------------------


def _parse(payload: bytes) -> Any:
    try:
        return orjson.loads(payload or b"null")
    except orjson.JSONDecodeError as error:
        raise Malformed(f"the result is not JSON: {error}") from None


def _status(value: Any) -> int:
    try:
        status = int(value)
    except (TypeError, ValueError):
        raise Malformed(f"statusCode {value!r} is not an integer") from None
    if not 100 <= status <= 599:
        raise Malformed(f"statusCode {status} is not between 100 and 599")
    return status


def _headers(given: Any) -> Pairs:
    if given is None:
        return []
    if not isinstance(given, Mapping):
        raise Malformed("headers is not an object")
    return [(_name(name), _scalar(value)) for name, value in given.items() if value is not None]


def _name(name: str) -> str:
    if not _TOKEN.fullmatch(name):
        raise Malformed(f"{name!r} is no name of a header")
    return name


def one_line(text: str) -> str:
    """A header's value; a line break in it would begin another header."""
    return text.replace("\r", " ").replace("\n", " ")


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise Malformed(f"the header value {value!r} is not a string")


def _typed(headers: Pairs, default: str) -> Pairs:
    """Headers that say what is in the body, also where the function does not."""
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", default))
    return [pair for pair in headers if pair[0].lower() not in ("content-length", "transfer-encoding")]


def _body(value: Any, decode: bool) -> bytes:
    if value is None:
        return b""
    if not isinstance(value, str):
        raise Malformed("body is not a string")
    if not decode:
        return value.encode()
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("body is not base64") from None
