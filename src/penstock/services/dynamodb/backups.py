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
from penstock.services.dynamodb.state import described, redefine
from penstock.wire.model import Json

MAX_LISTED = 100
_RECOVERY_DAYS = 35
INVALID_REQUEST = "Invalid Request: "
# What a backup knows of an index.
_INDEX = ("IndexName", "KeySchema", "Projection", "ProvisionedThroughput", "OnDemandThroughput")


class Backup(NamedTuple):
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


def source_of(ctx: Context, name: str) -> Table:
    try:
        return described(ctx, name)
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            raise
        raise AwsError("TableNotFoundException", f"Table not found: {name}") from None


# -- backups -----------------------------------------------------------------------------------------


def create_backup(ctx: Context, request: Json) -> Json:
    table = source_of(ctx, request["TableName"])
    now = round(ctx.clock.now(), 3)  # as callers see it, who may look for backups since then
    backup_arn = f"{table.arn}/backup/{int(now * 1000):014d}-{secrets.token_hex(4)}"
    count, size = ctx.store.one(store.TABLE_COUNTS, table.id) or (0, 0)
    stored = orjson.dumps(table.definition).decode()
    backup_id = ctx.store.insert(store.INSERT_BACKUP, backup_arn, request["BackupName"], now, stored, count, size)
    ctx.store.run(store.COPY_ITEMS, -backup_id, table.id)
    backup = Backup(backup_id, backup_arn, request["BackupName"], now, table.definition, count, size)
    return {"BackupDetails": backup.details("CREATING")}


def backup_of(ctx: Context, backup_arn: str) -> Backup:
    row = ctx.store.one(store.SELECT_BACKUP, backup_arn)
    if row is None:
        if not backup_arn.startswith("arn:") or "/backup/" not in backup_arn:
            raise invalid("Invalid Backup ARN")
        if not backup_arn.startswith("arn:aws:dynamodb:"):
            raise invalid(f"{INVALID_REQUEST}BackupArn is not valid")
        raise AwsError("BackupNotFoundException", f"Backup not found: {backup_arn}")
    return _read(row)


def _read(row: tuple[Any, ...]) -> Backup:
    backup_id, backup_arn, name, created_at, definition, count, size = row
    return Backup(backup_id, backup_arn, name, created_at, orjson.loads(definition), count, size)


def describe_backup(ctx: Context, request: Json) -> Json:
    return {"BackupDescription": _describe(backup_of(ctx, request["BackupArn"]), "AVAILABLE")}


def delete_backup(ctx: Context, request: Json) -> Json:
    backup = backup_of(ctx, request["BackupArn"])
    ctx.store.run(store.DELETE_BACKUP, backup.id)
    jobs.begin(ctx, "purge items", -backup.id)
    return {"BackupDescription": _describe(backup, "DELETED")}


def _describe(backup: Backup, status: str) -> Json:
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
            features[kind] = indexes(given, kind)
    for member, shown in (("StreamSpecification", "StreamDescription"), ("SSEDescription", "SSEDescription")):
        if member in given:
            features[shown] = given[member]
    if "TimeToLive" in given:
        features["TimeToLiveDescription"] = {"TimeToLiveStatus": "ENABLED", **given["TimeToLive"]}
    if "OnDemandThroughput" in given:
        source["OnDemandThroughput"] = given["OnDemandThroughput"]
    return {
        "BackupDetails": backup.details(status),
        "SourceTableDetails": source,
        "SourceTableFeatureDetails": features,
    }


def indexes(definition: Json, kind: str) -> list[Json]:
    return [{member: index[member] for member in _INDEX if member in index} for index in definition[kind]]


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


def _summary(backup: Backup) -> Json:
    names = {"TableName": backup.definition["TableName"], "TableId": backup.definition["TableId"]}
    return {**names, "TableArn": backup.table_arn, **backup.details()}


# -- points in time ----------------------------------------------------------------------------------


def update_continuous_backups(ctx: Context, request: Json) -> Json:
    wanted = request["PointInTimeRecoverySpecification"]
    table = source_of(ctx, request["TableName"])
    if wanted["PointInTimeRecoveryEnabled"]:
        since = table.definition.get("PointInTimeRecovery", {}).get("Since", ctx.clock.now())
        days = wanted.get("RecoveryPeriodInDays", _RECOVERY_DAYS)
        recovery = {"Since": since, "RecoveryPeriodInDays": days}
        table = redefine(ctx, table, {**table.definition, "PointInTimeRecovery": recovery})
    elif "RecoveryPeriodInDays" in wanted:
        message = "Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery."
        raise invalid(INVALID_REQUEST + message)
    elif "PointInTimeRecovery" in table.definition:
        others = {member: value for member, value in table.definition.items() if member != "PointInTimeRecovery"}
        table = redefine(ctx, table, others)
    return {"ContinuousBackupsDescription": _recovery(ctx, table)}


def describe_continuous_backups(ctx: Context, request: Json) -> Json:
    return {"ContinuousBackupsDescription": _recovery(ctx, source_of(ctx, request["TableName"]))}


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
