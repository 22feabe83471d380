"""Tags of everything that has an id.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html and its siblings.
"""

from collections.abc import Iterator

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.ec2 import filters, items
from penstock.services.ec2.kinds import BY_PREFIX, SECURITY_GROUP, SECURITY_GROUP_RULE, Kind
from penstock.services.ec2.tagging import merged
from penstock.wire.model import Json

_FILTERS = {"key": "Key", "resource-id": "ResourceId", "resource-type": "ResourceType", "value": "Value"}


def create_tags(ctx: Context, request: Json) -> Json:
    for kind, item in _resources(ctx, request):
        item["Tags"] = merged(item.get("Tags", ()), request["Tags"])
        items.put(ctx, kind, item)
    return {}


def delete_tags(ctx: Context, request: Json) -> Json:
    """Without tags all go; a tag with a value goes where it has that value."""
    gone = request.get("Tags")
    for kind, item in _resources(ctx, request):
        kept = [tag for tag in item.get("Tags", ()) if gone and not any(_names(one, tag) for one in gone)]
        item.pop("Tags", None)
        items.put(ctx, kind, item | ({"Tags": kept} if kept else {}))
    return {}


def _names(wanted: Json, tag: Json) -> bool:
    return bool(wanted.get("Key") == tag["Key"] and wanted.get("Value", tag["Value"]) == tag["Value"])


def _resources(ctx: Context, request: Json) -> list[tuple[Kind, Json]]:
    """Raises InvalidID, the kinds' own errors."""
    found = []
    for item_id in request["Resources"]:
        kind = BY_PREFIX.get(item_id.partition("-")[0])
        if kind is None:
            raise AwsError("InvalidID", f"The ID '{item_id}' is not valid")
        found.append((kind, items.get(ctx, kind, item_id)))
    return found


def describe_tags(ctx: Context, request: Json) -> Json:
    found = filters.select(list(_every(ctx)), request.get("Filters", ()), _FILTERS)
    shown, token = items.page(found, request)
    return {"Tags": shown, **token}


def _every(ctx: Context) -> Iterator[Json]:
    for kind in BY_PREFIX.values():
        parents = items.every(ctx, SECURITY_GROUP) if kind is SECURITY_GROUP_RULE else [{"GroupId": ""}]
        for parent in parents:
            for item in items.every(ctx, kind, parent["GroupId"]):
                for tag in item.get("Tags", ()):
                    yield {**tag, "ResourceId": item[kind.id], "ResourceType": kind.type}
