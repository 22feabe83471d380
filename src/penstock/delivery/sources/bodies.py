"""What filter patterns and paths see of a record's body."""

from typing import Any

import orjson


def parsed(body: str) -> Any:
    """A body that is a JSON object or array as such; text stays text."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body
    return found if isinstance(found, dict | list) else body
