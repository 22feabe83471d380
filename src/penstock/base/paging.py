"""Opaque page tokens: the sort key of the last item shown, so that every page costs the same wherever it begins."""

import base64
import binascii
from typing import Any

import orjson


def page_token(*key: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(key)).decode()


def page_key(token: str, *kinds: type) -> list[Any]:
    """The key that `page_token` was given, its parts being of `kinds`. Raises ValueError for any other text."""
    try:
        key = orjson.loads(base64.urlsafe_b64decode(token))
    except (binascii.Error, orjson.JSONDecodeError) as error:
        raise ValueError("not a page token") from error
    if type(key) is not list or tuple(map(type, key)) != kinds:
        raise ValueError("not a page token")
    return key
