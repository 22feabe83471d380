"""What roles, users, groups and instance profiles have in common: names, paths, ids, tags, pages."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

import orjson

from penstock.base.errors import AwsError
from penstock.base.paging import page_key, page_token
from penstock.base.store import Row
from penstock.call import Context
from penstock.iam import keys
from penstock.services.iam import store
from penstock.wire.model import Json

_PAGE = 100
_MOST_TAGS = 50


class Kind(NamedTuple):
    """One of IAM's four kinds of entities: `noun` is the prefix of its members (`RoleName`, `RoleId`)."""

    name: str
    noun: str
    id_prefix: str
    missing: str
    taken: str


ROLE = Kind("role", "Role", "AROA", "The role with name {} cannot be found.", "Role with name {} already exists.")
USER = Kind("user", "User", "AIDA", "The user with name {} cannot be found.", "User with name {} already exists.")
GROUP = Kind("group", "Group", "AGPA", "The group with name {} cannot be found.", "Group with name {} already exists.")
INSTANCE_PROFILE = Kind(
    "instance-profile",
    "InstanceProfile",
    "AIPA",
    "Instance Profile {} cannot be found.",
    "Instance Profile {} already exists.",
)
KINDS = {kind.name: kind for kind in (ROLE, USER, GROUP, INSTANCE_PROFILE)}


class Entity(NamedTuple):
    """A row of `iam_entities`, its JSON read."""

    id: str
    account: str
    kind: str
    name: str
    path: str
    arn: str
    create_date: float
    settings: Json
    tags: dict[str, str]

    @classmethod
    def of(cls, row: Row) -> "Entity":
        *columns, settings, tags = row
        return cls._make([*columns, orjson.loads(settings), orjson.loads(tags)])


def create(ctx: Context, kind: Kind, request: Json, settings: Json) -> Entity:
    """Raises EntityAlreadyExistsException."""
    name, path = request[f"{kind.noun}Name"], request.get("Path", "/")
    tags = tag_map(request.get("Tags", ()))
    check_free(ctx, kind, name)
    entity = Entity(
        keys.unique_id(kind.id_prefix),
        ctx.account,
        kind.name,
        name,
        path,
        arn_of(ctx, kind, path, name),
        ctx.clock.now(),
        settings,
        tags,
    )
    ctx.store.run(store.INSERT_ENTITY, *entity[:7], _text(settings), _text(tags))
    return entity


def check_free(ctx: Context, kind: Kind, name: str) -> None:
    if ctx.store.one(store.ENTITY, ctx.account, kind.name, name) is not None:
        raise AwsError("EntityAlreadyExistsException", kind.taken.format(name))


def find(ctx: Context, kind: Kind, name: str) -> Entity:
    """Raises NoSuchEntityException."""
    row = ctx.store.one(store.ENTITY, ctx.account, kind.name, name)
    if row is None:
        raise AwsError("NoSuchEntityException", kind.missing.format(name))
    return Entity.of(row)


def named(ctx: Context, kind: Kind, request: Json) -> Entity:
    """The entity that the request names by its kind's member."""
    return find(ctx, kind, request[f"{kind.noun}Name"])


def arn_of(ctx: Context, kind: Kind, path: str, name: str) -> str:
    return f"arn:aws:iam::{ctx.account}:{kind.name}{path}{name}"


def set_settings(ctx: Context, entity: Entity, **changes: Any) -> None:
    """A change to None takes the setting away."""
    merged = {key: value for key, value in (entity.settings | changes).items() if value is not None}
    ctx.store.run(store.SET_SETTINGS, _text(merged), entity.id)


def rename(ctx: Context, kind: Kind, request: Json) -> None:
    """UpdateUser and UpdateGroup."""
    entity = named(ctx, kind, request)
    name = request.get(f"New{kind.noun}Name", entity.name)
    path = request.get("NewPath", entity.path)
    if name.lower() != entity.name.lower():
        check_free(ctx, kind, name)
    ctx.store.run(store.RENAME, name, path, arn_of(ctx, kind, path, name), entity.id)


def delete(ctx: Context, entity: Entity) -> None:
    """Raises DeleteConflictException while policies hang on it."""
    if ctx.store.one(store.ATTACHED_TO, entity.id, 0) is not None:
        raise conflict("Cannot delete entity, must detach all policies first.")
    if ctx.store.one(store.INLINE_OF, entity.id, "") is not None:
        raise conflict("Cannot delete entity, must delete policies first.")
    for statement in store.DELETE_ENTITY:
        ctx.store.run(statement, entity.id)


def conflict(message: str) -> AwsError:
    return AwsError("DeleteConflictException", message)


def described(entity: Entity) -> Json:
    """What every answer that shows the entity holds."""
    noun = KINDS[entity.kind].noun
    return {
        "Path": entity.path,
        f"{noun}Name": entity.name,
        f"{noun}Id": entity.id,
        "Arn": entity.arn,
        "CreateDate": entity.create_date,
    }


def boundary(entity: Entity) -> Json:
    """`PermissionsBoundary`, where there is one."""
    arn = entity.settings.get("PermissionsBoundary")
    if arn is None:
        return {}
    return {
        # Not the PermissionsBoundaryPolicy of the documentation.
        "PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
    }


def encoded(document: str) -> str:
    """A policy document as IAM returns it (RFC 3986)."""
    return quote(document, safe="")


# -- pages -------------------------------------------------------------------------------------------


def entities(ctx: Context, kind: Kind, request: Json) -> tuple[list[Entity], Json]:
    """One page of a list that takes PathPrefix, and the members that end its answer."""
    rows = ctx.store.each(store.ENTITIES, ctx.account, kind.name, marker(request))
    prefix = request.get("PathPrefix", "/")
    found = (Entity.of(row) for row in rows if row[4].startswith(prefix))
    return page(request, found, lambda entity: entity.name)


def marker(request: Json, start: Any = "") -> Any:
    """The key that the page begins after. Raises ValidationError."""
    if "Marker" not in request:
        return start
    try:
        return page_key(request["Marker"], type(start))[0]
    except ValueError:
        raise AwsError("ValidationError", "Invalid Marker.", status=400) from None


def page(request: Json, items: Iterator[Any] | Iterable[Any], key: Any) -> tuple[list[Any], Json]:
    """(the first MaxItems of `items`, {"IsTruncated": ..., "Marker": ...})."""
    limit = request.get("MaxItems", _PAGE)
    found: list[Any] = []
    for item in items:
        if len(found) == limit:
            return found, {"IsTruncated": True, "Marker": page_token(key(found[-1]))}
        found.append(item)
    return found, {"IsTruncated": False}


# -- tags --------------------------------------------------------------------------------------------


def tag_map(tags: Iterable[Json], fold: bool = True) -> dict[str, str]:
    """Tags by key; keys that differ only in case are one key, but for policies (`fold` False)."""
    found = {tag["Key"]: tag["Value"] for tag in tags}
    keys_ = [tag["Key"].lower() if fold else tag["Key"] for tag in tags]
    if len(set(keys_)) < len(keys_):
        more = " Please note that Tag keys are case insensitive." if fold else ""
        raise AwsError("InvalidInputException", f"Duplicate tag keys found.{more}")
    return found


def merged_tags(known: dict[str, str], added: dict[str, str], fold: bool = True) -> dict[str, str]:
    """Raises LimitExceededException above fifty."""
    spelled = {key.lower(): key for key in known} if fold else {}
    merged = known | {spelled.get(key.lower(), key) if fold else key: value for key, value in added.items()}
    if len(merged) > _MOST_TAGS:
        raise AwsError("LimitExceededException", f"The number of tags has reached the maximum limit of {_MOST_TAGS}.")
    return merged


def tag_list(tags: dict[str, str]) -> list[Json]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tagged(tags: dict[str, str]) -> Json:
    """`Tags`, where there are any."""
    return {"Tags": tag_list(tags)} if tags else {}


def _text(value: Json) -> str:
    return orjson.dumps(value).decode()
