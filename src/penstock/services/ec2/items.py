"""The records of EC2: JSON documents in the form in which Describe shows them, by account and region.

Rule: members whose name begins with `_` are ours; the wire leaves them out, as no model knows them.
"""

from collections.abc import Iterable
from typing import Any

from penstock.base import ids
from penstock.base.documents import Documents
from penstock.base.errors import AwsError
from penstock.base.paging import page_key, page_token
from penstock.call import Context
from penstock.services.ec2 import filters
from penstock.services.ec2.kinds import Kind
from penstock.services.ec2.tagging import tags_for
from penstock.wire.model import Json

DOCUMENTS = Documents("ec2_items")
_ID_DIGITS = 17
_PAGE = 1000


def scope(ctx: Context, parent: str = "") -> str:
    """Who owns a document: an account's region, or one of its items, with which it goes away."""
    return f"{ctx.account}/{ctx.region}/{parent}"


def new_id(kind: Kind) -> str:
    return f"{kind.prefix}-{ids.hex_id(_ID_DIGITS)}"


def arn(ctx: Context, kind: Kind, item_id: str) -> str:
    return f"arn:aws:ec2:{ctx.region}:{ctx.account}:{kind.type}/{item_id}"


def add(ctx: Context, kind: Kind, request: Json, members: Json) -> Json:
    """A new item with the tags that `request` specifies for its kind; `members` may bring their own id."""
    item: Json = {kind.id: new_id(kind), **members}
    if tags := tags_for(request, kind):
        item["Tags"] = tags
    put(ctx, kind, item)
    return item


def put(ctx: Context, kind: Kind, item: Json) -> None:
    parent = item[kind.parent] if kind.parent else ""
    DOCUMENTS.put(ctx.store, scope(ctx, parent), kind.type, item[kind.id], item)


def find(ctx: Context, kind: Kind, item_id: str) -> Json | None:
    found = DOCUMENTS.find(ctx.store, kind.type, item_id)
    return found[1] if found and found[0].startswith(scope(ctx)) else None


def get(ctx: Context, kind: Kind, item_id: str) -> Json:
    """Raises the kind's own error for an item that is not there."""
    found = find(ctx, kind, item_id)
    if found is None:
        raise missing(kind, item_id)
    return found


def missing(kind: Kind, item_id: str) -> AwsError:
    if kind.malformed and not item_id.startswith(f"{kind.prefix}-"):
        return AwsError(kind.malformed, f'Invalid id: "{item_id}" (expecting "{kind.prefix}-...")')
    return AwsError(kind.not_found, kind.text.format(item_id))


def every(ctx: Context, kind: Kind, parent: str = "", **wanted: Any) -> list[Json]:
    """All items of a kind in the order in which they were made; `wanted` are members and the values they must have."""
    found = DOCUMENTS.all(ctx.store, scope(ctx, parent), kind.type)
    return [item for item in found if all(item.get(name) == value for name, value in wanted.items())]


def remove(ctx: Context, kind: Kind, item: Json) -> None:
    """Takes an item away with all that belongs to it."""
    parent = item[kind.parent] if kind.parent else ""
    DOCUMENTS.delete(ctx.store, scope(ctx, parent), kind.type, item[kind.id])
    DOCUMENTS.drop(ctx.store, scope(ctx, item[kind.id]))


# -- describe ----------------------------------------------------------------------------------------


def describe(ctx: Context, kind: Kind, request: Json) -> Json:
    """What most Describe operations do: items by id or all, filtered, in pages."""
    wanted = request.get(kind.ids)
    return listed(kind, request, [get(ctx, kind, one) for one in wanted] if wanted else every(ctx, kind))


def describe_known(ctx: Context, kind: Kind, request: Json) -> Json:
    """The same for the few kinds where an id that nothing has is no error."""
    wanted = request.get(kind.ids)
    found = [item for item in every(ctx, kind) if not wanted or item[kind.id] in wanted]
    return listed(kind, request, found)


def listed(kind: Kind, request: Json, items: Iterable[Json]) -> Json:
    """Those items that the request's filters leave, one page of them, as `kind` shows them."""
    wanted = request.get("Filters") or request.get("Filter") or ()
    found = filters.select(items, wanted, kind.filters)
    shown, token = page(found, request)
    return {kind.member: [_shown(kind, item) for item in shown], **token}


def _shown(kind: Kind, item: Json) -> Json:
    """Some kinds show that they have no tags, and one calls them otherwise."""
    if kind.tags != "Tags":
        return {**item, kind.tags: item.get("Tags", [])}
    return item if "Tags" in item or kind.bare else {**item, "Tags": []}


def page(items: list[Json], request: Json) -> tuple[list[Json], Json]:
    start, size = _start(request.get("NextToken")), request.get("MaxResults", _PAGE)
    end = start + size
    return items[start:end], {"NextToken": page_token(end)} if len(items) > end else {}


def _start(token: str | None) -> int:
    """Raises InvalidNextToken."""
    if not token:
        return 0
    try:
        [start] = page_key(token, int)
    except ValueError:
        raise AwsError("InvalidNextToken", "The token provided is invalid") from None
    return int(start)
