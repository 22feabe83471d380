"""UpdateTable: throughput and billing, global secondary indexes, the stream and the rest of a table's settings."""

from collections.abc import Callable

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.dynamodb import jobs, option_checks, store, table_checks
from penstock.services.dynamodb.errors import INVALID, invalid
from penstock.services.dynamodb.schema import Table
from penstock.services.dynamodb.state import described, redefine
from penstock.services.dynamodb.streams import streams
from penstock.services.dynamodb.tables import describe, sse_members, stream_members, throughput
from penstock.services.dynamodb.update_checks import check_update
from penstock.wire.model import Json

_AT_ONCE = {"DeletionProtectionEnabled", "OnDemandThroughput", "SSESpecification", "WarmThroughput"}

Part = Callable[[Context, Table, Json, Json], None]  # (ctx, table, definition to change, request)


def update_table(ctx: Context, request: Json) -> Json:
    check_update(request)
    table = described(ctx, request["TableName"])
    definition = dict(table.definition)
    for member, part in _PARTS.items():
        if member in request:
            part(ctx, table, definition, request)
    _check_index_throughput(definition)
    created = _create_indexes(ctx, table, definition, request)
    changed = redefine(ctx, table, definition)
    description = describe(ctx, changed, "ACTIVE" if _AT_ONCE & request.keys() else "UPDATING")
    for given in description.get("GlobalSecondaryIndexes", ()):
        if given["IndexName"] not in created and not given.get("Backfilling"):
            given["IndexStatus"] = "ACTIVE"
    for name in created:
        jobs.begin(ctx, "backfill", changed.indexes[name].id)
    return {"TableDescription": description}


def _set_billing(ctx: Context, table: Table, definition: Json, request: Json) -> None:
    mode = request["BillingMode"]
    if mode == "PAY_PER_REQUEST":
        if "ProvisionedThroughput" in request:
            raise invalid(
                f"{INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified "
                "when BillingMode is PAY_PER_REQUEST"
            )
        definition.pop("ProvisionedThroughput", None)
        definition["PayPerRequestSince"] = ctx.clock.now()
        definition["GlobalSecondaryIndexes"] = [
            {member: given[member] for member in given if member != "ProvisionedThroughput"}
            for given in definition.get("GlobalSecondaryIndexes", ())
        ]
    elif "ProvisionedThroughput" not in request and "ProvisionedThroughput" not in definition:
        raise invalid(f"{INVALID}ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
    elif definition["BillingMode"] == "PAY_PER_REQUEST":
        definition.setdefault("PayPerRequestSince", definition["CreationDateTime"])
    definition["BillingMode"] = mode


def _set_throughput(ctx: Context, table: Table, definition: Json, request: Json) -> None:
    if definition["BillingMode"] == "PAY_PER_REQUEST":
        raise invalid(
            f"{INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified "
            "when BillingMode is PAY_PER_REQUEST"
        )
    definition["ProvisionedThroughput"] = _changed(
        ctx, definition.get("ProvisionedThroughput"), request["ProvisionedThroughput"], "table"
    )


def _check_index_throughput(definition: Json) -> None:
    """A table that becomes a provisioned one needs its indexes' throughput as well."""
    if definition["BillingMode"] == "PROVISIONED":
        for given in definition.get("GlobalSecondaryIndexes", ()):
            if "ProvisionedThroughput" not in given:
                raise invalid(f"{INVALID}ProvisionedThroughput must be specified for index: {given['IndexName']}")


def _changed(ctx: Context, current: Json | None, wanted: Json, what: str) -> Json:
    """The throughput of a table or an index, with the time of its change. Raises where nothing would change."""
    units = throughput(current)
    pairs = [(units[member], wanted[member]) for member in ("ReadCapacityUnits", "WriteCapacityUnits")]
    (read, new_read), (write, new_write) = pairs
    if (read, write) == (new_read, new_write):
        kind = what.partition(" ")[0]
        raise invalid(
            f"The provisioned throughput for the {what} will not change. The requested value equals the current value. "
            f"Current ReadCapacityUnits provisioned for the {kind}: {read}. Requested ReadCapacityUnits: {new_read}. "
            f"Current WriteCapacityUnits provisioned for the {kind}: {write}. Requested WriteCapacityUnits: "
            f"{new_write}. Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher "
            "limits."
        )
    changed = dict(current or {})
    changed.update(wanted)
    if any(new > old for old, new in pairs):
        changed["LastIncreaseDateTime"] = ctx.clock.now()
    if any(new < old for old, new in pairs):
        changed["LastDecreaseDateTime"] = ctx.clock.now()
    return changed


def _set_stream(ctx: Context, table: Table, definition: Json, request: Json) -> None:
    wanted = request["StreamSpecification"]
    enabled = "StreamSpecification" in definition
    if wanted["StreamEnabled"]:
        if enabled:
            raise invalid(f"Table already has an enabled stream: TableName: {table.name}")
        definition.update(stream_members(ctx, definition, table.arn, wanted))
        return
    if table.stream is None:
        raise invalid(f"Table has no stream to disable: TableName: {table.name}")
    streams.disable(ctx, table.stream.id, table.stream.arn)
    del definition["StreamSpecification"]  # the stream stays readable for a day: its label and ARN stay


def _set_encryption(ctx: Context, table: Table, definition: Json, request: Json) -> None:
    wanted = request["SSESpecification"]
    current = definition.pop("SSEDescription", None)
    if current is None and not wanted.get("Enabled"):
        raise invalid(f"{INVALID}Table is already encrypted by default")
    if current is not None and wanted.get("KMSMasterKeyId") == current["KMSMasterKeyArn"]:
        raise invalid(
            f"{INVALID}Table is already encrypted with given KMSMasterKeyId. "
            "Use KMSMasterKeyId parameter if you want to change Master Key"
        )
    definition.update(sse_members(ctx, wanted))


def _set_maximum(ctx: Context, table: Table, definition: Json, request: Json) -> None:
    wanted = request["OnDemandThroughput"]
    on_demand = definition["BillingMode"] == "PAY_PER_REQUEST"
    option_checks.check_maximum(wanted, on_demand, option_checks.UNLIMITED)
    definition["OnDemandThroughput"] = {**definition.get("OnDemandThroughput", {}), **wanted}


def _set_warm(ctx: Context, table: Table, definition: Json, request: Json) -> None:
    current = definition.get("WarmThroughput", option_checks.WARM)
    if definition["BillingMode"] == "PAY_PER_REQUEST":
        option_checks.check_warmer(current, request["WarmThroughput"])
    definition["WarmThroughput"] = {**current, **request["WarmThroughput"]}


def _copy(member: str) -> Part:
    def part(ctx: Context, table: Table, definition: Json, request: Json) -> None:
        definition[member] = request[member]

    return part


def _update_indexes(ctx: Context, table: Table, definition: Json, request: Json) -> None:
    """Updates and deletions; creations follow when the definition is otherwise complete."""
    updates = request["GlobalSecondaryIndexUpdates"]
    if sum("Create" in update or "Delete" in update for update in updates) > 1:
        message = "Only 1 online index can be created or deleted simultaneously per table"
        raise AwsError("LimitExceededException", f"Subscriber limit exceeded: {message}")
    indexes = {given["IndexName"]: given for given in definition.get("GlobalSecondaryIndexes", ())}
    for update in updates:
        for action in ("Update", "Delete"):
            if action in update and (name := update[action]["IndexName"]) not in indexes:
                if name in table.indexes:
                    message = f"Cannot {action.lower()} an index that is not a GlobalSecondaryIndex: {name}"
                    raise invalid(message)
                if action == "Update":
                    message = f"Requested resource not found: Index {name} for table {table.name}"
                    raise AwsError("ResourceNotFoundException", message)
                raise AwsError("ResourceNotFoundException", "Requested resource not found")
        if "Update" in update:
            _update_index(ctx, indexes, update["Update"], definition["BillingMode"] == "PAY_PER_REQUEST")
        if "Delete" in update:
            _delete_index(ctx, table, indexes, update["Delete"]["IndexName"])
    _keep(definition, indexes)


def _keep(definition: Json, indexes: dict[str, Json]) -> None:
    definition["GlobalSecondaryIndexes"] = list(indexes.values())
    if not indexes:
        del definition["GlobalSecondaryIndexes"]


def _update_index(ctx: Context, indexes: dict[str, Json], update: Json, on_demand: bool) -> None:
    name = update["IndexName"]
    given = dict(indexes[name])
    option_checks.check_maximum(update.get("OnDemandThroughput"), on_demand, option_checks.UNLIMITED, name)
    if on_demand and not (update.get("OnDemandThroughput") or "WarmThroughput" in update):
        raise invalid(
            f"{INVALID}The only Updates for index: {name} when TableThroughputMode is PAY_PER_REQUEST can be to "
            "OnDemandThroughput, WarmThroughput"
        )
    if "ProvisionedThroughput" in update:
        table_checks.check_units(update["ProvisionedThroughput"])
        given["ProvisionedThroughput"] = _changed(
            ctx, given.get("ProvisionedThroughput"), update["ProvisionedThroughput"], f"index {name}"
        )
    if "OnDemandThroughput" in update:
        given["OnDemandThroughput"] = {**given.get("OnDemandThroughput", {}), **update["OnDemandThroughput"]}
    if "WarmThroughput" in update:
        current = {**option_checks.WARM, **given.get("WarmThroughput", {})}
        if on_demand:
            option_checks.check_warmer(current, update["WarmThroughput"], f"index {name}")
        given["WarmThroughput"] = {**current, **update["WarmThroughput"]}
    indexes[name] = given


def _delete_index(ctx: Context, table: Table, indexes: dict[str, Json], name: str) -> None:
    del indexes[name]
    index_id = table.indexes[name].id
    ctx.store.run(store.DELETE_INDEX, index_id)
    jobs.begin(ctx, "purge entries", index_id)


def _create_indexes(ctx: Context, table: Table, definition: Json, request: Json) -> list[str]:
    """Adds the indexes to be created; their names."""
    created = [update["Create"] for update in request.get("GlobalSecondaryIndexUpdates", ()) if "Create" in update]
    defined = {given["AttributeName"]: given for given in definition["AttributeDefinitions"]}
    for given in request.get("AttributeDefinitions", ()):  # what is defined keeps its type
        defined.setdefault(given["AttributeName"], given)
    for given in created:
        _check_new_index(table, definition, list(defined), given)
        ctx.store.insert(store.INSERT_INDEX, table.id, given["IndexName"])
        indexes = definition.get("GlobalSecondaryIndexes", [])
        definition["GlobalSecondaryIndexes"] = [*indexes, {**given, "Backfilling": True}]
    schemas = [definition["KeySchema"]]
    for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        schemas += [given["KeySchema"] for given in definition.get(kind, ())]
    used = {element["AttributeName"] for schema in schemas for element in schema}
    definition["AttributeDefinitions"] = [given for name, given in defined.items() if name in used]
    return [given["IndexName"] for given in created]


def _check_new_index(table: Table, definition: Json, defined: list[str], given: Json) -> None:
    if given["IndexName"] in table.indexes:
        raise invalid("Attempting to create an index which already exists")
    table_checks.check_global_key_schema(given["KeySchema"], defined)
    on_demand = definition["BillingMode"] == "PAY_PER_REQUEST"
    if on_demand and "ProvisionedThroughput" in given:
        raise invalid(
            f"{INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: "
            f"{given['IndexName']} when BillingMode is PAY_PER_REQUEST"
        )
    if not on_demand and "ProvisionedThroughput" not in given:
        message = "Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: "
        raise invalid(INVALID + message + given["IndexName"])
    option_checks.check_maximum(given.get("OnDemandThroughput"), on_demand, 1, given["IndexName"])
    table_checks.check_projection(given, set())
    if len(definition.get("GlobalSecondaryIndexes", ())) >= table_checks.MAX_GLOBAL_INDEXES:
        limit = table_checks.MAX_GLOBAL_INDEXES
        message = f"GlobalSecondaryIndex count exceeds the per-table limit of {limit}"
        raise AwsError("LimitExceededException", f"Subscriber limit exceeded: {message}")


_PARTS: dict[str, Part] = {
    "BillingMode": _set_billing,
    "ProvisionedThroughput": _set_throughput,
    "StreamSpecification": _set_stream,
    "SSESpecification": _set_encryption,
    "GlobalSecondaryIndexUpdates": _update_indexes,
    "OnDemandThroughput": _set_maximum,
    "WarmThroughput": _set_warm,
    **{member: _copy(member) for member in ("DeletionProtectionEnabled", "TableClass")},
}
