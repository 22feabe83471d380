"""DynamoDB items as documents, and lists in pages of `?limit=` items; `next` in an answer is the token for `?next=`.

A token holds DynamoDB's LastEvaluatedKey, less what the request says anyway. It is checked for its shape when it comes
back: a made-up one is the client's mistake, not an error of the shop.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from functions.common.documents import Document, from_json, to_json
from functions.common.problems import BadRequest

DEFAULT_LIMIT, MAX_LIMIT = 50, 100

_pack = TypeSerializer().serialize
_unpack = TypeDeserializer().deserialize


def pack(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document as an item. TypeError for a float."""
    return {name: _pack(value) for name, value in document.items()}


def unpack(item: Mapping[str, Any]) -> Document:
    return {name: _unpack(value) for name, value in item.items()}


def page(
    operation: Callable[..., Any],
    query: Mapping[str, str],
    key: Sequence[str],
    given: Mapping[str, str] | None = None,
    **request: Any,
) -> Document:
    """One page of a Query or Scan: `{items, next}`. `key`: attributes of its key; `given`: those the request fixes."""
    given = given or {}
    request["Limit"] = _limit(query.get("limit"))
    if token := query.get("next"):
        request["ExclusiveStartKey"] = pack({**_decode(token, set(key) - set(given)), **given})
    answer = operation(**request)
    last = unpack(answer.get("LastEvaluatedKey", {}))
    rest = {name: value for name, value in last.items() if name not in given}
    return {"items": [unpack(item) for item in answer["Items"]], "next": _encode(rest) if last else None}


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_LIMIT):
        raise BadRequest("limit", f"must be a number from 1 to {MAX_LIMIT}")
    return int(text[:9])


def _encode(key: Mapping[str, str]) -> str:
    return base64.urlsafe_b64encode(to_json(key).encode()).decode().rstrip("=")


def _decode(token: str, names: set[str]) -> dict[str, str]:
    try:
        key = from_json(base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True).decode())
    except ValueError:
        key = None
    if not isinstance(key, dict) or key.keys() != names or not all(v and isinstance(v, str) for v in key.values()):
        raise BadRequest("next", "is not a token from an earlier answer")
    return key
