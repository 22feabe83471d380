"""Tags of everything that has an ARN.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-using-tags.html
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from penstock.base.arn import Arn
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.ecs import names, store
from penstock.services.ecs.errors import invalid
from penstock.services.ecs.store import DOCUMENTS
from penstock.wire.model import Json

MAX_TAGS = 50


@dataclass(frozen=True, slots=True)
class _Tagged:
    """A document that holds tags, and how it is stored again."""

    document: Json
    put: Callable[[Json], None]


def list_tags_for_resource(ctx: Context, request: Json) -> Json:
    return {"tags": _find(ctx, request["resourceArn"]).document.get("tags", [])}


def tag_resource(ctx: Context, request: Json) -> Json:
    check_tags(request["tags"])
    found = _find(ctx, request["resourceArn"])
    merged = as_map(found.document.get("tags", ())) | as_map(request["tags"])
    if len(merged) > MAX_TAGS:
        raise AwsError("LimitExceededException", f"The maximum number of tags for a resource is {MAX_TAGS}.")
    found.put({**found.document, "tags": as_list(merged)})
    return {}


def untag_resource(ctx: Context, request: Json) -> Json:
    found = _find(ctx, request["resourceArn"])
    kept = {
        key: value for key, value in as_map(found.document.get("tags", ())).items() if key not in request["tagKeys"]
    }
    found.put({**found.document, "tags": as_list(kept)})
    return {}


def check_tags(tags: Iterable[Json]) -> None:
    """Raises InvalidParameterException for keys that are twice there or AWS's own."""
    keys = [tag.get("key", "") for tag in tags]
    if len(set(keys)) != len(keys):
        raise invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    if any(key.lower().startswith("aws:") for key in keys):
        raise invalid("Tag keys beginning with 'aws:' are reserved for system use.")


def as_map(tags: Iterable[Json]) -> dict[str, str]:
    return {tag["key"]: tag.get("value", "") for tag in tags}


def as_list(tags: dict[str, str]) -> list[Json]:
    return [{"key": key, "value": value} for key, value in tags.items()]


# -- where they are ------------------------------------------------------------------------------------


def _find(ctx: Context, resource_arn: str) -> _Tagged:
    try:
        arn = Arn.parse(resource_arn)
    except ValueError:
        raise invalid("The ARN provided is invalid.") from None
    kind = arn.resource.partition("/")[0]
    if arn.service != "ecs" or kind not in _KINDS:
        raise invalid("The ARN provided is invalid.")
    found = _KINDS[kind](ctx, resource_arn)
    if found is None:
        raise invalid(f"The specified {kind} is not found. Specify a valid {kind} and try again.")
    return found


def _account(kind: str) -> Callable[[Context, str], _Tagged | None]:
    return lambda ctx, arn: _document(ctx, names.scope(ctx), kind, names.last(arn))


def _cluster(kind: str) -> Callable[[Context, str], _Tagged | None]:
    def find(ctx: Context, arn: str) -> _Tagged | None:
        cluster = names.cluster_of(arn) or names.DEFAULT_CLUSTER
        return _document(ctx, names.cluster_arn(ctx, cluster), kind, names.last(arn))

    return find


def _document(ctx: Context, owner: str, kind: str, id: str) -> _Tagged | None:
    found = DOCUMENTS.get(ctx.store, owner, kind, id)
    return _Tagged(found, lambda new: DOCUMENTS.put(ctx.store, owner, kind, id, new)) if found is not None else None


def _task(ctx: Context, arn: str) -> _Tagged | None:
    found = store.get(ctx.store, store.GET_TASK, arn)
    return _Tagged(found, lambda new: store.put_task(ctx.store, new)) if found is not None else None


def _definition(ctx: Context, arn: str) -> _Tagged | None:
    owner = names.scope(ctx)
    found = store.get(ctx.store, store.GET_DEFINITION, owner, *names.ordinal(arn))
    return _Tagged(found, lambda new: store.put_definition(ctx.store, owner, new)) if found is not None else None


_KINDS: dict[str, Callable[[Context, str], _Tagged | None]] = {
    "capacity-provider": _account("capacity-provider"),
    "cluster": _account("cluster"),
    "container-instance": _cluster("instance"),
    "service": _cluster("service"),
    "task": _task,
    "task-definition": _definition,
}
