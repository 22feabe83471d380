"""Archives: create, find, list, change, delete.

Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateArchive.html and its siblings.
"""

import orjson

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.events import archived, names, store
from penstock.services.events.rules import check_pattern, drop, save
from penstock.services.events.state import Bus, bus_of, state
from penstock.wire.model import Json

_CHANGEABLE = ("Description", "EventPattern", "RetentionDays", "KmsKeyIdentifier")
_FILTERS = ("State", "EventSourceArn", "NamePrefix")
_LISTED = frozenset(
    {"ArchiveName", "EventSourceArn", "State", "RetentionDays", "SizeBytes", "EventCount", "CreationTime"}
)


def create_archive(ctx: Context, request: Json) -> Json:
    name = request["ArchiveName"]
    if request.get("EventPattern"):
        check_pattern(request["EventPattern"])
    bus = bus_of(ctx, request["EventSourceArn"])
    arn = names.archive_arn(ctx.region, ctx.account, name)
    if ctx.store.one(store.ARCHIVE, arn) is not None:
        raise AwsError("ResourceAlreadyExistsException", f"Archive {name} already exists.")
    archive = {"RetentionDays": 0, **{key: request[key] for key in _CHANGEABLE if request.get(key)}}
    now = ctx.clock.now()
    ctx.store.run(store.INSERT_ARCHIVE, arn, name, bus.arn, orjson.dumps(archive).decode(), now)
    _put_rule(ctx, bus, name, archive.get("EventPattern"))
    return {"ArchiveArn": arn, "State": "ENABLED", "CreationTime": now}


def _put_rule(ctx: Context, bus: Bus, name: str, pattern: str | None) -> None:
    """The managed rule that brings the archive its events; its target shows what AWS's shows."""
    document = archived.rule_document(bus, name, pattern)
    target = {
        "Id": document["Name"],
        "Arn": f"arn:aws:events:{bus.region}:::",
        "InputTransformer": {
            "InputPathsMap": {},
            "InputTemplate": orjson.dumps({"archive-arn": names.archive_arn(bus.region, bus.account, name)}).decode()[
                :-1
            ]
            + ', "event": <aws.events.event.json>, "ingestion-time": <aws.events.event.ingestion-time>}',
        },
    }
    ctx.store.run(
        store.PUT_TARGET, bus.arn, document["Name"], target["Id"], target["Arn"], orjson.dumps(target).decode()
    )
    save(ctx, bus, document)


def describe_archive(ctx: Context, request: Json) -> Json:
    return _described(archive_row(ctx, request["ArchiveName"]))


def list_archives(ctx: Context, request: Json) -> Json:
    given = [name for name in _FILTERS if name in request]
    if len(given) > 1:
        raise names.invalid(
            "At most one filter is allowed for ListArchives. Use either : State, EventSourceArn, or NamePrefix."
        )
    if "EventSourceArn" in request:
        bus_of(ctx, request["EventSourceArn"])
    prefix = names.archive_arn(ctx.region, ctx.account, request.get("NamePrefix", ""))
    rows = ctx.store.each(store.ARCHIVES_BETWEEN, names.start(request, prefix), prefix + names.AFTER_ALL)
    wanted = (
        row
        for row in rows
        if request.get("State", "ENABLED") == "ENABLED" and request.get("EventSourceArn", row[2]) == row[2]
    )
    return names.page(request, "Archives", wanted, lambda row: row[0], _listed)


def update_archive(ctx: Context, request: Json) -> Json:
    row = archive_row(ctx, request["ArchiveName"])
    if request.get("EventPattern"):
        check_pattern(request["EventPattern"])
    archive = orjson.loads(row[3]) | {key: request[key] for key in _CHANGEABLE if key in request}
    ctx.store.run(store.UPDATE_ARCHIVE, orjson.dumps(archive).decode(), row[0])
    if (bus := state(ctx).buses.get(row[2])) is not None:
        _put_rule(ctx, bus, row[1], archive.get("EventPattern"))
    return {"ArchiveArn": row[0], "State": "ENABLED", "CreationTime": row[4]}


def delete_archive(ctx: Context, request: Json) -> Json:
    row = archive_row(ctx, request["ArchiveName"])
    for statement in store.DELETE_ARCHIVE:
        ctx.store.run(statement, row[0])
    bus = state(ctx).buses.get(row[2])
    rule = bus.rules.get(archived.RULE_PREFIX + row[1]) if bus else None
    if rule is not None:
        drop(ctx, rule)
    return {}


def archive_row(ctx: Context, name: str) -> store.Row:
    row = ctx.store.one(store.ARCHIVE, names.archive_arn(ctx.region, ctx.account, name))
    if row is None:
        raise names.not_found(f"Archive {name}")
    return row


def _described(row: store.Row) -> Json:
    return {
        "ArchiveArn": row[0],
        "ArchiveName": row[1],
        "EventSourceArn": row[2],
        "State": "ENABLED",
        "SizeBytes": row[6],
        "EventCount": row[5],
        "CreationTime": row[4],
        **orjson.loads(row[3]),
    }


def _listed(row: store.Row) -> Json:
    return {key: value for key, value in _described(row).items() if key in _LISTED}
