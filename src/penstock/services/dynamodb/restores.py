"""Tables made from backups, and from the latest state of tables with point-in-time recovery.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_RestoreTableFromBackup.html
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.dynamodb import jobs, store
from penstock.services.dynamodb.backups import INVALID_REQUEST, backup_of, indexes, source_of
from penstock.services.dynamodb.errors import INVALID, invalid
from penstock.services.dynamodb.schema import Table
from penstock.services.dynamodb.state import lookup
from penstock.services.dynamodb.tables import create_table, describe
from penstock.wire.model import Json

# What a restored table has of its source; its settings (tags, streams, time to live, class) it has not.
_RESTORED = ("AttributeDefinitions", "KeySchema", "BillingMode", "ProvisionedThroughput", "OnDemandThroughput")
_INDEXES = {
    "LocalSecondaryIndexes": "LocalSecondaryIndexOverride",
    "GlobalSecondaryIndexes": "GlobalSecondaryIndexOverride",
}
_UNITS = ("ReadCapacityUnits", "WriteCapacityUnits")
_SHAPE = ("KeySchema", "Projection")
_BOTH_TIMES = (
    "Both RestoreDateTime and UseLatestRestorableTime cannot be set for point-in-time restore request. "
    "Please specify either RestoreDateTime time or UseLatestRestorableTime"
)
_NO_TIME = "Either one of RestoreDateTime or UseLatestRestorableTime must be specified, but not both"


def restore_table_from_backup(ctx: Context, request: Json) -> Json:
    backup = backup_of(ctx, request["BackupArn"])
    summary = {"SourceBackupArn": backup.arn, "SourceTableArn": backup.table_arn}
    return _restore(ctx, request, backup.definition, -backup.id, (backup.item_count, backup.size), summary)


def restore_table_to_point_in_time(ctx: Context, request: Json) -> Json:
    name = request.get("SourceTableName") or request.get("SourceTableArn")
    if name is None or ("SourceTableName" in request and "SourceTableArn" in request):
        raise invalid(f"{INVALID_REQUEST}Must provide exactly one of: sourceTableArn, sourceTableName")
    latest, at = request.get("UseLatestRestorableTime", False), request.get("RestoreDateTime")
    if latest == (at is not None):
        raise invalid(INVALID_REQUEST + (_BOTH_TIMES if latest else _NO_TIME))
    table = source_of(ctx, name)
    if "PointInTimeRecovery" not in table.definition:
        message = f"Point in time recovery is not enabled for table '{table.name}'"
        raise AwsError("PointInTimeRecoveryUnavailableException", message)
    if at is not None:
        raise _not_then(ctx, table, at)
    counts = ctx.store.one(store.TABLE_COUNTS, table.id) or (0, 0)
    return _restore(ctx, request, table.definition, table.id, counts, {"SourceTableArn": table.arn})


def _not_then(ctx: Context, table: Table, at: float) -> AwsError:
    earliest, latest = table.definition["PointInTimeRecovery"]["Since"], ctx.clock.now()
    if int(earliest) <= at <= latest:  # SDKs send whole seconds
        return invalid(
            f"{INVALID}Penstock keeps no earlier states of tables: UseLatestRestorableTime is supported only"
        )
    bounds = f"EarliestRestorableDateTime '{_shown(earliest)}' and LatestRestorableDateTime '{_shown(latest)}'"
    return AwsError("InvalidRestoreTimeException", f"RestoreDateTime '{_shown(at)}' must be within {bounds}")


def _shown(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _restore(
    ctx: Context, request: Json, source: Json, rows: int, counts: tuple[int, int] | tuple[Any, ...], summary: Json
) -> Json:
    """A new table with the items under the id `rows`."""
    name = request["TargetTableName"]
    if request.get("VectorIndexOverride"):
        raise invalid(f"{INVALID}Penstock does not support VectorIndexOverride")
    _check_overrides(request, source)
    try:
        create_table(ctx, {"TableName": name, **_definition(request, source)})
    except AwsError as error:
        if error.code != "ResourceInUseException":
            raise
        raise AwsError("TableAlreadyExistsException", f"Table already exists: {name}") from None
    table = lookup(ctx, name)
    ctx.store.run(store.COPY_ITEMS, table.id, rows)
    ctx.store.run(store.COUNT_ITEMS, *counts, table.id)
    for index in table.indexes.values():
        jobs.fill(ctx, index.id)
    description = describe(ctx, table, "CREATING")
    description["RestoreSummary"] = {**summary, "RestoreDateTime": ctx.clock.now(), "RestoreInProgress": True}
    return {"TableDescription": description}


# -- what is to be otherwise -------------------------------------------------------------------------


def _check_overrides(request: Json, source: Json) -> None:
    wanted, units = request.get("BillingModeOverride"), request.get("ProvisionedThroughputOverride")
    on_demand = (wanted or source["BillingMode"]) == "PAY_PER_REQUEST"
    if on_demand and units is not None:
        if wanted is None:
            raise _refused("Cannot override ProvisionedThroughput unless BillingMode is PROVISIONED")
        raise _refused("Cannot override ProvisionedThroughput if BillingMode is overridden to PAY_PER_REQUEST")
    if wanted == "PROVISIONED" and units is None:
        raise _refused("Must override ProvisionedThroughput if BillingMode is overridden to PROVISIONED")
    for member, most in request.get("OnDemandThroughputOverride", {}).items():
        if most < 1:
            raise _refused(f"Requested {member} for OnDemandThroughput is outside of valid range")
        if not on_demand:
            message = "for OnDemandThroughput unless BillingModeOverride is PAY_PER_REQUEST"
            raise _refused(f"Cannot override {member} {message}")
    for kind, override in _INDEXES.items():
        _check_indexes(request.get(override, ()), source.get(kind, ()))
    for index in request.get("GlobalSecondaryIndexOverride", ()):
        if on_demand and "ProvisionedThroughput" in index:
            message = "Cannot override ProvisionedThroughput if BillingMode is overridden to PAY_PER_REQUEST for index"
            raise _refused(f"{message} {index['IndexName']}")
        if not on_demand and "ProvisionedThroughput" not in index:
            raise _refused(f"Must specify provisioned throughput for index {index['IndexName']}")


def _check_indexes(wanted: Iterable[Json], existing: Iterable[Json]) -> None:
    """They may have other names, but not other keys or another projection than one of the source."""
    shapes = [[index[member] for member in _SHAPE] for index in existing]
    for index in wanted:
        if [index[member] for member in _SHAPE] not in shapes:
            message = "does not match a secondary index that existed in the source table and cannot be created"
            raise _refused(f"Index {index['IndexName']} {message} during the restore operation")


def _refused(message: str) -> AwsError:
    return invalid(INVALID_REQUEST + message)


def _definition(request: Json, source: Json) -> Json:
    """A CreateTable request for what the source was, but for what is to be otherwise."""
    made = {member: source[member] for member in _RESTORED if member in source}
    for member in ("BillingMode", "ProvisionedThroughput", "OnDemandThroughput"):
        if f"{member}Override" in request:
            made[member] = request[f"{member}Override"]
    schemas = [made["KeySchema"]]
    for kind, override in _INDEXES.items():
        found = request[override] if override in request else indexes(source, kind) if kind in source else ()
        if found:
            made[kind] = [_fitting(index, made["BillingMode"]) for index in found]
            schemas += [index["KeySchema"] for index in found]
    used = {element["AttributeName"] for schema in schemas for element in schema}
    made["AttributeDefinitions"] = [one for one in made["AttributeDefinitions"] if one["AttributeName"] in used]
    return _fitting(made, made["BillingMode"]) | _encryption(request, source)


def _fitting(given: Json, mode: str) -> Json:
    """A table or an index with the throughput that goes with a billing mode."""
    other = "ProvisionedThroughput" if mode == "PAY_PER_REQUEST" else "OnDemandThroughput"
    made = {member: value for member, value in given.items() if member != other}
    if "ProvisionedThroughput" in made:
        made["ProvisionedThroughput"] = {member: made["ProvisionedThroughput"][member] for member in _UNITS}
    return made


def _encryption(request: Json, source: Json) -> Json:
    if "SSESpecificationOverride" in request:
        return {"SSESpecification": request["SSESpecificationOverride"]}
    if "SSEDescription" not in source:
        return {}
    key = source["SSEDescription"]["KMSMasterKeyArn"]
    return {"SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}}
