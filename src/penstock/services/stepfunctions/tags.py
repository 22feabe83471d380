"""Tags of state machines and activities."""

from collections.abc import Iterable

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.stepfunctions.names import invalid_arn, not_found, owner
from penstock.services.stepfunctions.store import DOCUMENTS
from penstock.wire.model import Json

MAX_TAGS = 50
_KINDS = {"stateMachine": "machine", "activity": "activity"}


def check_tags(tags: Iterable[Json], kept: int = 0, arn: str = "") -> None:
    if len({tag["key"] for tag in tags}) + kept > MAX_TAGS:
        raise AwsError("TooManyTags", f"Too many tags: the limit is {MAX_TAGS}", resourceName=arn)


def _find(ctx: Context, arn: str) -> tuple[str, Json]:
    parts = arn.split(":")
    if len(parts) < 7 or parts[2] != "states" or parts[5] not in _KINDS:
        raise invalid_arn(arn)
    kind = _KINDS[parts[5]]
    found = DOCUMENTS.get(ctx.store, owner(ctx), kind, arn)
    if found is None:
        raise not_found(arn)
    return kind, found


def list_tags_for_resource(ctx: Context, request: Json) -> Json:
    _, found = _find(ctx, request["resourceArn"])
    return {"tags": [{"key": key, "value": value} for key, value in found["tags"].items()]}


def tag_resource(ctx: Context, request: Json) -> Json:
    kind, found = _find(ctx, request["resourceArn"])
    added = {tag["key"]: tag.get("value", "") for tag in request["tags"]}
    tags = {**found["tags"], **added}
    check_tags([{"key": key} for key in tags], 0, request["resourceArn"])
    DOCUMENTS.put(ctx.store, owner(ctx), kind, request["resourceArn"], {**found, "tags": tags})
    return {}


def untag_resource(ctx: Context, request: Json) -> Json:
    kind, found = _find(ctx, request["resourceArn"])
    tags = {key: value for key, value in found["tags"].items() if key not in request["tagKeys"]}
    DOCUMENTS.put(ctx.store, owner(ctx), kind, request["resourceArn"], {**found, "tags": tags})
    return {}
