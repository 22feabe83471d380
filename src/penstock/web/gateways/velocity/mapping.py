"""What mapping templates of REST and WebSocket APIs share: `$util`, and `$input` over a body.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
"""

import base64
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus, unquote_plus

import orjson

from penstock.web.gateways.json_path import compile_path
from penstock.web.gateways.velocity.values import Host, from_json, text

_ESCAPED = re.compile(r"['/]|[^\x00-\x7f]")


def template_input(body: bytes, params: Callable[..., Any]) -> Host:
    """`$input`; `params` is its method of that name."""
    raw = body.decode("utf-8", "replace")
    parsed: list[Any] = []

    def document() -> Any:
        if not parsed:
            parsed.append(_parse(raw))
        return parsed[0]

    methods = {
        "path": lambda path="$": from_json(compile_path(path)(document())),
        "json": lambda path="$": orjson.dumps(compile_path(path)(document())).decode(),
        "params": params,
    }
    return Host(methods, {"body": raw or "{}"})


def _parse(raw: str) -> Any:
    """Bodies that are no JSON are text, as on AWS."""
    try:
        return orjson.loads(raw or "{}")
    except orjson.JSONDecodeError:
        return raw


def _escape(value: Any = None) -> str:
    """JavaScript's escapes, for text between double quotes. As Java's commons-lang, what is not ASCII too."""
    return _ESCAPED.sub(lambda found: _escape_of(found[0]), orjson.dumps(text(value)).decode()[1:-1])


def _escape_of(letter: str) -> str:
    """`\\'`, `\\/`, `\\u00FC`; beyond the first 65,536 a surrogate pair."""
    if letter.isascii():
        return f"\\{letter}"
    units = letter.encode("utf-16-be").hex().upper()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def _load(value: Any) -> Any:
    try:
        return from_json(orjson.loads(text(value)))
    except orjson.JSONDecodeError:
        return None


UTIL = Host(
    {
        "escapeJavaScript": _escape,
        "parseJson": _load,
        "toJson": lambda value=None: orjson.dumps(value).decode(),
        "urlEncode": lambda value="": quote_plus(text(value), safe="*").replace("~", "%7E"),
        "urlDecode": lambda value="": unquote_plus(text(value)),
        "base64Encode": lambda value="": base64.b64encode(text(value).encode()).decode(),
        "base64Decode": lambda value="": base64.b64decode(text(value)).decode("utf-8", "replace"),
    }
)
