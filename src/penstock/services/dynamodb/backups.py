"""Backups on demand, and point-in-time recovery as far as it goes.

A backup is a copy of the table's rows under an id of its own (the negative of the backup's), so making one and
restoring it are one statement each. What was between backups is not kept: only the latest state can be restored.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Backup-and-Restore.html
"""

import secrets
from typing import Any, NamedTuple

import orjson

from penstock.base.arn import arn
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.dynamodb import jobs, store
from penstock.services.dynamodb.errors import INVALID, invalid
from penstock.services.dynamodb.schema import Table
from penstock.services.dynamodb.state import described, lookup, redefine
from penstock.services.dynamodb.tables import create_table, describe
from penstock.wire.model import Json

MAX_LISTED = 100
_RECOVERY_DAYS = 35
_INVALID_REQUEST = "Invalid Request: "
# What a restored table has of its source; its settings (tags, streams, time to live) it has not.
_RESTORED = (
    "AttributeDefinitions",
    "KeySchema",
    "LocalSecondaryIndexes",
    "GlobalSecondaryIndexes",
    "BillingMode",
    "ProvisionedThroughput",
    "OnDemandThroughput",
    "TableClass",
)
# Request -> what it takes the place of.
_OVERRIDES = {
    "BillingModeOverride": "BillingMode",
    "GlobalSecondaryIndexOverride": "GlobalSecondaryIndexes",
    "LocalSecondaryIndexOverride": "LocalSecondaryIndexes",
    "ProvisionedThroughputOverride": "ProvisionedThroughput",
    "OnDemandThroughputOverride": "OnDemandThroughput",
    "SSESpecificationOverride": "SSESpecification",
}


class _Backup(NamedTuple):
    id: int
    arn: str
    name: str
    created_at: float
    definition: Json
    item_count: int
    size: int

    def details(self, status: str = "AVAILABLE") -> Json:
        return {
            "BackupArn": self.arn,
            "BackupName": self.name,
            "BackupSizeBytes": self.size,
            "BackupStatus": status,
            "BackupType": "USER",
            "BackupCreationDateTime": self.created_at,
        }

    @property
    def table_arn(self) -> str:
        return self.arn.partition("/backup/")[0]


def _table(ctx: Context, name: str) -> Table:
    try:
        return described(ctx, name)
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            raise
        raise AwsError("TableNotFoundException", f"Table not found: {name}") from None


# -- backups -----------------------------------------------------------------------------------------


def create_backup(ctx: Context, request: Json) -> Json:
    table = _table(ctx, request["TableName"])
    now = round(ctx.clock.now(), 3)  # as callers see it, who may look for backups since then
    backup_arn = f"{table.arn}/backup/{int(now * 1000):014d}-{secrets.token_hex(4)}"
    count, size = ctx.store.one(store.TABLE_COUNTS, table.id) or (0, 0)
    stored = orjson.dumps(table.definition).decode()
    backup_id = ctx.store.insert(store.INSERT_BACKUP, backup_arn, request["BackupName"], now, stored, count, size)
    ctx.store.run(store.COPY_ITEMS, -backup_id, table.id)
    backup = _Backup(backup_id, backup_arn, request["BackupName"], now, table.definition, count, size)
    return {"BackupDetails": backup.details("CREATING")}


def _backup(ctx: Context, backup_arn: str) -> _Backup:
    row = ctx.store.one(store.SELECT_BACKUP, backup_arn)
    if row is None:
        if not backup_arn.startswith("arn:") or "/backup/" not in backup_arn:
            raise invalid("Invalid Backup ARN")
        raise AwsError("BackupNotFoundException", f"Backup not found: {backup_arn}")
    return _read(row)


def _read(row: tuple[Any, ...]) -> _Backup:
    backup_id, backup_arn, name, created_at, definition, count, size = row
    return _Backup(backup_id, backup_arn, name, created_at, orjson.loads(definition), count, size)


def describe_backup(ctx: Context, request: Json) -> Json:
    return {"BackupDescription": _describe(_backup(ctx, request["BackupArn"]), "AVAILABLE")}


def delete_backup(ctx: Context, request: Json) -> Json:
    backup = _backup(ctx, request["BackupArn"])
    ctx.store.run(store.DELETE_BACKUP, backup.id)
    jobs.begin(ctx, "purge items", -backup.id)
    return {"BackupDescription": _describe(backup, "DELETED")}


def _describe(backup: _Backup, status: str) -> Json:
    given = backup.definition
    source: Json = {
        "TableName": given["TableName"],
        "TableId": given["TableId"],
        "TableArn": backup.table_arn,
        "TableSizeBytes": backup.size,
        "ItemCount": backup.item_count,
        "KeySchema": given["KeySchema"],
        "TableCreationDateTime": given["CreationDateTime"],
        "BillingMode": given["BillingMode"],
        "ProvisionedThroughput": given.get("ProvisionedThroughput", {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0}),
    }
    features: Json = {}
    for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        if kind in given:
            features[kind] = [{m: i[m] for m in i if m != "Backfilling"} for i in given[kind]]
    for member, shown in (("StreamSpecification", "StreamDescription"), ("SSEDescription", "SSEDescription")):
        if member in given:
            features[shown] = given[member]
    return {
        "BackupDetails": backup.details(status),
        "SourceTableDetails": source,
        "SourceTableFeatureDetails": features,
    }


def list_backups(ctx: Context, request: Json) -> Json:
    if request.get("BackupType", "ALL") not in ("ALL", "USER"):
        return {"BackupSummaries": []}
    limit = request.get("Limit", MAX_LISTED)
    name = request.get("TableName", "").rpartition("/")[2]
    prefix = arn("dynamodb", ctx.region, ctx.account, f"table/{name}{'/backup/' if name else ''}")
    after = max(prefix, request.get("ExclusiveStartBackupArn", ""))
    bounds = (request.get("TimeRangeLowerBound", 0.0), request.get("TimeRangeUpperBound", 1e12))
    if bounds[0] > bounds[1]:
        raise invalid(f"{INVALID}Time range lower bound must be less than or equal to upper bound")
    rows = ctx.store.all(store.SELECT_BACKUPS, after, prefix + "\x7f", *bounds, limit + 1)
    found = [_read(row) for row in rows[:limit]]
    more = {"LastEvaluatedBackupArn": found[-1].arn} if len(rows) > limit else {}
    return {"BackupSummaries": [_summary(backup) for backup in found], **more}


def _summary(backup: _Backup) -> Json:
    names = {"TableName": backup.definition["TableName"], "TableId": backup.definition["TableId"]}
    return {**names, "TableArn": backup.table_arn, **backup.details()}


# -- restoring ---------------------------------------------------------------------------------------


def restore_table_from_backup(ctx: Context, request: Json) -> Json:
    backup = _backup(ctx, request["BackupArn"])
    summary = {"SourceBackupArn": backup.arn, "SourceTableArn": backup.table_arn}
    return _restore(ctx, request, backup.definition, -backup.id, (backup.item_count, backup.size), summary)


def restore_table_to_point_in_time(ctx: Context, request: Json) -> Json:
    name = request.get("SourceTableName") or request.get("SourceTableArn")
    if name is None or ("SourceTableName" in request and "SourceTableArn" in request):
        raise invalid(f"{_INVALID_REQUEST}Must provide exactly one of: sourceTableArn, sourceTableName")
    table = _table(ctx, name)
    if "PointInTimeRecovery" not in table.definition:
        message = f"Point in time recovery is not enabled for table '{table.name}'"
        raise AwsError("PointInTimeRecoveryUnavailableException", message)
    if not request.get("UseLatestRestorableTime"):
        if "RestoreDateTime" not in request:
            message = "Either one of RestoreDateTime or UseLatestRestorableTime must be specified, but not both"
            raise invalid(_INVALID_REQUEST + message)
        raise invalid(f"{INVALID}Penstock keeps no earlier states of tables: UseLatestRestorableTime is supported only")
    counts = ctx.store.one(store.TABLE_COUNTS, table.id) or (0, 0)
    return _restore(ctx, request, table.definition, table.id, counts, {"SourceTableArn": table.arn})


def _restore(
    ctx: Context, request: Json, source: Json, rows: int, counts: tuple[int, int] | tuple[Any, ...], summary: Json
) -> Json:
    """A new table with the items under the id `rows`."""
    name = request["TargetTableName"]
    if request.get("VectorIndexOverride"):
        raise invalid(f"{INVALID}Penstock does not support VectorIndexOverride")
    try:
        create_table(ctx, {"TableName": name, **_definition(request, source)})
    except AwsError as error:
        if error.code != "ResourceInUseException":
            raise
        raise AwsError("TableAlreadyExistsException", f"Table already exists: {name}") from None
    table = lookup(ctx, name)
    summary |= {"RestoreDateTime": ctx.clock.now(), "RestoreInProgress": False}
    table = redefine(ctx, table, {**table.definition, "RestoreSummary": summary})
    ctx.store.run(store.COPY_ITEMS, table.id, rows)
    ctx.store.run(store.COUNT_ITEMS, *counts, table.id)
    for index in table.indexes.values():
        jobs.fill(ctx, index.id)
    description = describe(ctx, table, "CREATING")
    description["RestoreSummary"] = {**summary, "RestoreInProgress": True}
    return {"TableDescription": description}


def _definition(request: Json, source: Json) -> Json:
    """A CreateTable request for what the source was, but for what is to be otherwise."""
    made = {member: source[member] for member in _RESTORED if member in source}
    made |= {member: request[override] for override, member in _OVERRIDES.items() if override in request}
    if made["BillingMode"] == "PAY_PER_REQUEST":
        made.pop("ProvisionedThroughput", None)
    for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        if not made.get(kind, True):
            del made[kind]
    schemas = [made["KeySchema"]]
    for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        schemas += [index["KeySchema"] for index in made.get(kind, ())]
    used = {element["AttributeName"] for schema in schemas for element in schema}
    made["AttributeDefinitions"] = [one for one in made["AttributeDefinitions"] if one["AttributeName"] in used]
    _limit(made, request)
    throughput = made.get("ProvisionedThroughput")
    if throughput is not None:
        made["ProvisionedThroughput"] = {m: throughput[m] for m in ("ReadCapacityUnits", "WriteCapacityUnits")}
    return made


def _limit(made: Json, request: Json) -> None:
    """Takes over the limits of the source that are some."""
    for member, units in request.get("OnDemandThroughputOverride", {}).items():
        if units < 1:
            raise invalid(f"{_INVALID_REQUEST}Requested {member} for OnDemandThroughput is outside of valid range")
    for limited in (made, *made.get("GlobalSecondaryIndexes", ())):
        if "OnDemandThroughput" in limited:
            given = limited["OnDemandThroughput"].items()
            limited["OnDemandThroughput"] = {member: units for member, units in given if units > 0}


# -- points in time ----------------------------------------------------------------------------------


def update_continuous_backups(ctx: Context, request: Json) -> Json:
    wanted = request["PointInTimeRecoverySpecification"]
    table = _table(ctx, request["TableName"])
    if wanted["PointInTimeRecoveryEnabled"]:
        since = table.definition.get("PointInTimeRecovery", {}).get("Since", ctx.clock.now())
        days = wanted.get("RecoveryPeriodInDays", _RECOVERY_DAYS)
        recovery = {"Since": since, "RecoveryPeriodInDays": days}
        table = redefine(ctx, table, {**table.definition, "PointInTimeRecovery": recovery})
    elif "RecoveryPeriodInDays" in wanted:
        message = "Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery."
        raise invalid(_INVALID_REQUEST + message)
    elif "PointInTimeRecovery" in table.definition:
        others = {member: value for member, value in table.definition.items() if member != "PointInTimeRecovery"}
        table = redefine(ctx, table, others)
    return {"ContinuousBackupsDescription": _recovery(ctx, table)}


def describe_continuous_backups(ctx: Context, request: Json) -> Json:
    return {"ContinuousBackupsDescription": _recovery(ctx, _table(ctx, request["TableName"]))}


def _recovery(ctx: Context, table: Table) -> Json:
    enabled = table.definition.get("PointInTimeRecovery")
    recovery: Json = {"PointInTimeRecoveryStatus": "DISABLED"}
    if enabled is not None:
        recovery = {
            "PointInTimeRecoveryStatus": "ENABLED",
            "RecoveryPeriodInDays": enabled["RecoveryPeriodInDays"],
            "EarliestRestorableDateTime": enabled["Since"],
            "LatestRestorableDateTime": ctx.clock.now(),
        }
    return {"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": recovery}
