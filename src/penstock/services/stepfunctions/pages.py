"""Lists in pages, by the key of the last item shown."""

from typing import Any, TypeVar

from penstock.base.errors import AwsError
from penstock.base.paging import page_key, page_token
from penstock.wire.model import Json

T = TypeVar("T")

MAX_RESULTS = 1000
DEFAULT_RESULTS = 100


def limit_of(request: Json) -> int:
    """0 means the default."""
    return min(request.get("maxResults") or DEFAULT_RESULTS, MAX_RESULTS)


def after(request: Json, kind: type[T]) -> T | None:
    """The key in the request's token, or None. Raises InvalidToken."""
    return token_key(request, kind)[0] if request.get("nextToken") else None


def token_key(request: Json, *kinds: type) -> list[Any]:
    """The parts of the key in the request's token. Raises InvalidToken."""
    try:
        return page_key(request["nextToken"], *kinds)
    except ValueError:
        raise invalid_token("Invalid token") from None


def invalid_token(why: str) -> AwsError:
    return AwsError("InvalidToken", f"Invalid Token: '{why}'")


def page(request: Json, items: list[Json], member: str, key: str) -> Json:
    """A page of items that are sorted by `key`, which is text."""
    last, limit = after(request, str), limit_of(request)
    rest = items if last is None else [item for item in items if item[key] > last]
    answer: Json = {member: rest[:limit]}
    if len(rest) > limit:
        answer["nextToken"] = page_token(rest[limit - 1][key])
    return answer
