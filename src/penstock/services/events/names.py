"""ARNs and names of EventBridge's resources, and the pages in which they are listed. Pure.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast

from penstock.base.arn import arn
from penstock.base.errors import AwsError
from penstock.base.paging import page_key, page_token
from penstock.wire.model import Json

T = TypeVar("T")

DEFAULT = "default"
MANAGER = "prod.vhs.events.aws.internal"  # who manages the rules of archives
AFTER_ALL = "\U0010ffff"  # above every character that a name may hold
_PAGE = 100


def bus_arn(region: str, account: str, name: str) -> str:
    return arn("events", region, account, f"event-bus/{name}")


def rule_arn(region: str, account: str, bus: str, name: str) -> str:
    return arn("events", region, account, f"rule/{name}" if bus == DEFAULT else f"rule/{bus}/{name}")


def archive_arn(region: str, account: str, name: str) -> str:
    return arn("events", region, account, f"archive/{name}")


def replay_arn(region: str, account: str, name: str) -> str:
    return arn("events", region, account, f"replay/{name}")


def start(request: Json, first: T) -> T:
    """Where the page begins: behind the last item of the page before, or at `first`."""
    if "NextToken" not in request:
        return first
    try:
        last = page_key(request["NextToken"], type(first))[0]
    except ValueError:
        raise invalid("Parameter NextToken is not valid.") from None
    following: Any = last + "\0" if isinstance(last, str) else last + 1
    return cast(T, following)


def page(request: Json, member: str, found: Iterable[T], key: Callable[[T], Any], show: Callable[[T], Any]) -> Json:
    """The response of a list operation; `found` begins with the page and goes on at least one item beyond it."""
    shown: list[Any] = []
    limit, last = request.get("Limit", _PAGE), None
    for item in found:
        if len(shown) == limit:
            return {member: shown, "NextToken": page_token(last)}
        shown.append(show(item))
        last = key(item)
    return {member: shown}


def size(request: Json) -> int:
    """How many rows a page has to read: one more than it shows."""
    return int(request.get("Limit", _PAGE)) + 1


def not_found(what: str) -> AwsError:
    return AwsError("ResourceNotFoundException", f"{what} does not exist.")


def invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message, status=400)
