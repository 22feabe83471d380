"""Lists in pages: `MaxItems` of them, and a `Marker` that says where the next page begins."""

import base64
import binascii
from typing import Any

from penstock.base.errors import AwsError
from penstock.wire.model import Json

_DEFAULT = 50


def page(request: Json, member: str, found: list[Any], limit: int = _DEFAULT) -> Json:
    """A page of `found` as `member` of the answer."""
    start = _start(request.get("Marker"))
    end = start + min(request.get("MaxItems", limit), limit)
    result: Json = {member: found[start:end]}
    if end < len(found):
        result["NextMarker"] = base64.b64encode(str(end).encode()).decode()
    return result


def _start(marker: str | None) -> int:
    if not marker:
        return 0
    try:
        return int(base64.b64decode(marker, validate=True))
    except (binascii.Error, ValueError):
        raise AwsError("InvalidParameterValueException", "Invalid marker", Type="User") from None
