"""Lifecycle: rules put, and what they let expire at each midnight (UTC) of the runtime's clock.

Transitions to other storage classes are kept and have no effect here.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
"""

import math
from collections.abc import Iterator

from penstock.base import ids
from penstock.call import Context
from penstock.services.s3 import events, locks, store
from penstock.services.s3.deleting import EXPIRED, delete_newest
from penstock.services.s3.errors import error, invalid_argument, invalid_request
from penstock.services.s3.listing import Position
from penstock.services.s3.lists import versions_from
from penstock.services.s3.multipart import Upload, abort
from penstock.services.s3.state import Bucket, bucket_of, change, state
from penstock.services.s3.versions import Version, remove
from penstock.wire.model import Json

_DAY = 86_400
_BATCH = 500
_MAX_RULES = 1000
_ACTIONS = (
    "Expiration",
    "NoncurrentVersionExpiration",
    "AbortIncompleteMultipartUpload",
    "Transitions",
    "NoncurrentVersionTransitions",
)


_TRANSITION = {"NoncurrentDays", "StorageClass"}


def put_bucket_lifecycle_configuration(ctx: Context, request: Json) -> Json:
    rules = request.get("LifecycleConfiguration", {}).get("Rules", [])
    if not 0 < len(rules) <= _MAX_RULES:
        raise error("MalformedXML")
    rules = [{**rule, "ID": rule.get("ID") or ids.uuid()} for rule in rules]
    if len({rule["ID"] for rule in rules}) < len(rules):
        raise invalid_argument("Rule ID must be unique. Found same ID for more than one rule")
    for rule in rules:
        _check(rule)
    change(ctx, bucket_of(ctx, request), "lifecycle", {"Rules": rules})
    return {}


def _check(rule: Json) -> None:
    if ("Filter" in rule) == ("Prefix" in rule):
        raise error("MalformedXML")
    if not all(transition.keys() >= _TRANSITION for transition in rule.get("NoncurrentVersionTransitions", ())):
        raise error("MalformedXML")
    if not any(action in rule for action in _ACTIONS):
        raise invalid_request("At least one action needs to be specified in a rule")
    expiration = rule.get("Expiration", {})
    if expiration.get("Days", 1) < 1:
        raise invalid_argument("'Days' for Expiration action must be a positive integer")
    if expiration.get("Date", 0) % _DAY:
        raise invalid_argument("'Date' must be at midnight GMT")
    if len(expiration) > 1:
        raise error("MalformedXML")


def get_bucket_lifecycle_configuration(ctx: Context, request: Json) -> Json:
    bucket = bucket_of(ctx, request)
    found: Json | None = bucket.settings.get("lifecycle")
    if found is None:
        raise error("NoSuchLifecycleConfiguration", BucketName=bucket.name)
    return found


def delete_bucket_lifecycle(ctx: Context, request: Json) -> Json:
    change(ctx, bucket_of(ctx, request), "lifecycle", None)
    return {}


# -- what a rule is about


def _prefix(rule: Json) -> str:
    chosen = rule.get("Filter", {})
    found: str = rule.get("Prefix") or chosen.get("Prefix") or chosen.get("And", {}).get("Prefix", "")
    return found


def _concerns(rule: Json, version: Version) -> bool:
    chosen = rule.get("Filter", {})
    wanted = chosen.get("And", chosen)
    tags = wanted.get("Tags", [wanted["Tag"]] if "Tag" in wanted else [])
    kept = version.document.get("Tags", {}) if tags else {}
    return (
        version.key.startswith(_prefix(rule))
        and all(kept.get(tag["Key"]) == tag["Value"] for tag in tags)
        and version.size > wanted.get("ObjectSizeGreaterThan", -1)
        and version.size < wanted.get("ObjectSizeLessThan", math.inf)
    )


def due(since: float, days: int) -> float:
    """The first midnight that is `days` days after a moment."""
    return math.ceil((since + days * _DAY) / _DAY) * _DAY


# -- every midnight


def schedule(ctx: Context) -> None:
    midnight = (int(ctx.clock.now()) // _DAY + 1) * _DAY
    ctx.clock.call_at(midnight, lambda: _midnight(ctx))


def _midnight(ctx: Context) -> None:
    schedule(ctx)
    for bucket in list(state(ctx).buckets.values()):
        if "lifecycle" in bucket.settings:
            ctx.spawn(_expire(ctx, bucket), f"s3: lifecycle of {bucket.name}")


async def _expire(ctx: Context, bucket: Bucket) -> None:
    """In batches, each in a turn of its own, so that a large bucket stops nobody."""
    rules = [rule for rule in bucket.settings["lifecycle"]["Rules"] if rule["Status"] == "Enabled"]
    with ctx.clock.work():
        for rule in rules:
            position: Position | None = Position(_prefix(rule))
            while position is not None:
                with ctx.store.savepoint():
                    position = _batch(ctx, bucket, rule, position)
                await ctx.store.committed()
            with ctx.store.savepoint():
                _abort_uploads(ctx, bucket, rule)


def _batch(ctx: Context, bucket: Bucket, rule: Json, position: Position) -> Position | None:
    rows = versions_from(ctx, bucket)(position, _BATCH)
    found = [Version(*row) for row in rows]
    for version, newer in _with_newer(ctx, bucket, found):
        if not version.key.startswith(_prefix(rule)):
            return None
        if _concerns(rule, version):
            _apply(ctx, bucket, rule, version, newer)
    return Position(rows[-1][1], rows[-1]) if len(rows) == _BATCH else None


def _with_newer(ctx: Context, bucket: Bucket, found: list[Version]) -> Iterator[tuple[Version, list[Version]]]:
    """Each version with those of its key that are newer, the newest first."""
    newer: list[Version] = []
    if found and not found[0].latest:
        rows = ctx.store.all(store.ALL_FROM, bucket.id, found[0].key, _BATCH)
        newer = [item for item in (Version(*row) for row in rows) if item.key == found[0].key and item.id > found[0].id]
    for version in found:
        if newer and newer[0].key != version.key:
            newer = []
        yield version, newer
        newer = [*newer, version]


def _apply(ctx: Context, bucket: Bucket, rule: Json, version: Version, newer: list[Version]) -> None:
    now = ctx.clock.now()
    expiration, old = rule.get("Expiration", {}), rule.get("NoncurrentVersionExpiration", {})
    if version.latest and not version.marker:
        days, date = expiration.get("Days"), expiration.get("Date")
        if (days and due(version.modified_at, days) <= now) or (date and date <= now):
            delete_newest(ctx, bucket, version.key, EXPIRED)
    elif version.latest:
        if expiration.get("ExpiredObjectDeleteMarker") and _alone(ctx, bucket, version):
            remove(ctx, bucket, version)
    elif "NoncurrentDays" in old and newer and not locks.is_locked(ctx, version):
        spared = old.get("NewerNoncurrentVersions", 0) >= len(newer)
        if not spared and due(newer[-1].modified_at, old["NoncurrentDays"]) <= now:
            remove(ctx, bucket, version)
            events.notify(ctx, bucket, f"{EXPIRED}:Delete", version)


def _alone(ctx: Context, bucket: Bucket, marker: Version) -> bool:
    return not ctx.store.all(store.ALL_OF_KEY, bucket.id, marker.key, marker.id, 1)


def _abort_uploads(ctx: Context, bucket: Bucket, rule: Json) -> None:
    days = rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation")
    if days is None:
        return
    prefix = _prefix(rule)
    for row in ctx.store.all(store.UPLOADS_FROM, bucket.id, prefix, -1):
        upload = Upload(*row)
        if upload.key.startswith(prefix) and due(upload.created_at, days) <= ctx.clock.now():
            abort(ctx, upload)
