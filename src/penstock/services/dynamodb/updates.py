"""UpdateTable: throughput and billing, global secondary indexes, the stream and the rest of a table's settings."""

from collections.abc import Callable

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.dynamodb import jobs, option_checks, store, table_checks, throughput
from penstock.services.dynamodb.errors import INVALID, invalid
from penstock.services.dynamodb.schema import Table
from penstock.services.dynamodb.state import described, redefine
from penstock.services.dynamodb.streams import streams
from penstock.services.dynamodb.tables import describe, sse_members, stream_members
from penstock.services.dynamodb.update_checks import check_update
from penstock.wire.model import Json

_AT_ONCE = {"DeletionProtectionEnabled", "OnDemandThroughput", "SSESpecification", "WarmThroughput"}

Part = Callable[[Context, Table, Json, Json], None]  # (ctx, table, definition to change, request)


def update_table(ctx: Context, request: Json) -> Json:
    check_update(request)
    table = described(ctx, request["TableName"])
    definition = _begun(table)
    for member, part in _PARTS.items():
        if member in request:
            part(ctx, table, definition, request)
    _check_index_throughput(definition)
    created = _create_indexes(ctx, table, definition, request)
    _check_quotas(ctx, request)
    changed = redefine(ctx, table, definition)
    for name in created:
        jobs.begin(ctx, "backfill", changed.indexes[name].id)
    return {"TableDescription": _describe(ctx, table, changed, created, request)}


def _begun(table: Table) -> Json:
    """The definition to be changed. What the table was provisioned for stays warm, whatever comes."""
    definition = dict(table.definition)
    on_demand = definition["BillingMode"] == "PAY_PER_REQUEST"
    definition["WarmThroughput"] = throughput.warm(definition, on_demand)
    if "GlobalSecondaryIndexes" in definition:
        definition["GlobalSecondaryIndexes"] = [
            {**given, "WarmThroughput": throughput.warm(given, on_demand)}
            for given in definition["GlobalSecondaryIndexes"]
        ]
    return definition


def _check_quotas(ctx: Context, request: Json) -> None:
    throughput.check_quotas(ctx.region, request)
    for update in request.get("GlobalSecondaryIndexUpdates", ()):
        for action in ("Create", "Update"):
            if action in update:
                throughput.check_quotas(ctx.region, update[action], update[action]["IndexName"])


def _describe(ctx: Context, before: Table, table: Table, created: list[str], request: Json) -> Json:
    """The table as it is to be, while that is under way: with indexes that come and those that go."""
    description = describe(ctx, table, "ACTIVE" if _AT_ONCE & request.keys() else "UPDATING")
    for given in description.get("GlobalSecondaryIndexes", ()):
        if given["IndexName"] in created:
            given["Backfilling"] = False
        elif not given.get("Backfilling"):
            given["IndexStatus"] = "ACTIVE"
    gone = [
        given
        for given in describe(ctx, before, "DELETING").get("GlobalSecondaryIndexes", ())
        if given["IndexName"] not in table.indexes
    ]
    if gone:
        description["GlobalSecondaryIndexes"] = [*description.get("GlobalSecondaryIndexes", ()), *gone]
    if "OnDemandThroughput" in request:  # says what is no longer limited
        description["OnDemandThroughput"] = {
            **before.definition.get("OnDemandThroughput", {}),
            **request["OnDemandThroughput"],
        }
    return description


def _set_billing(ctx: Context, table: Table, definition: Json, request: Json) -> None:
    mode = request["BillingMode"]
    if mode == "PAY_PER_REQUEST":
        if "ProvisionedThroughput" in request:
            raise invalid(
                f"{INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified "
                "when BillingMode is PAY_PER_REQUEST"
            )
        definition["PayPerRequestSince"] = ctx.clock.now()
        _drop(definition, "ProvisionedThroughput")
    elif "ProvisionedThroughput" not in request:
        raise invalid(f"{INVALID}ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
    elif definition["BillingMode"] == "PAY_PER_REQUEST":
        definition.setdefault("PayPerRequestSince", definition["CreationDateTime"])
        _drop(definition, "OnDemandThroughput")
    definition["BillingMode"] = mode


def _drop(definition: Json, dropped: str) -> None:
    """Takes the other mode's throughput from the table and its indexes."""
    definition.pop(dropped, None)
    if "GlobalSecondaryIndexes" in definition:
        definition["GlobalSecondaryIndexes"] = [
            {member: given[member] for member in given if member != dropped}
            for given in definition["GlobalSecondaryIndexes"]
        ]


def _set_throughput(ctx: Context, table: Table, definition: Json, request: Json) -> None:
    if definition["BillingMode"] == "PAY_PER_REQUEST":
        raise invalid(
            f"{INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified "
            "when BillingMode is PAY_PER_REQUEST"
        )
    current, wanted = definition.get("ProvisionedThroughput"), request["ProvisionedThroughput"]
    definition["ProvisionedThroughput"] = throughput.changed(current, wanted, "table", ctx.clock.now())


def _check_index_throughput(definition: Json) -> None:
    """A table that becomes a provisioned one needs its indexes' throughput as well."""
    if definition["BillingMode"] == "PROVISIONED":
        for given in definition.get("GlobalSecondaryIndexes", ()):
            if "ProvisionedThroughput" not in given:
                raise invalid(f"{INVALID}ProvisionedThroughput must be specified for index: {given['IndexName']}")


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
    option_checks.check_maximum(wanted, definition["BillingMode"] == "PAY_PER_REQUEST")
    limits = option_checks.limited({**definition.pop("OnDemandThroughput", {}), **wanted})
    if limits:
        definition["OnDemandThroughput"] = limits


def _set_warm(ctx: Context, table: Table, definition: Json, request: Json) -> None:
    option_checks.check_warmer(definition["WarmThroughput"], request["WarmThroughput"])
    definition["WarmThroughput"] = {**definition["WarmThroughput"], **request["WarmThroughput"]}


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
                message = f"Requested resource not found: Index {name} for table {table.name}"
                raise AwsError("ResourceNotFoundException", message)
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
    option_checks.check_maximum(update.get("OnDemandThroughput"), on_demand, name)
    if on_demand and not (update.get("OnDemandThroughput") or "WarmThroughput" in update):
        raise invalid(
            f"{INVALID}The only Updates for index: {name} when TableThroughputMode is PAY_PER_REQUEST can be to "
            "OnDemandThroughput, WarmThroughput"
        )
    if "ProvisionedThroughput" in update:
        table_checks.check_units(update["ProvisionedThroughput"])
        current, wanted = given.get("ProvisionedThroughput"), update["ProvisionedThroughput"]
        given["ProvisionedThroughput"] = throughput.changed(current, wanted, f"index {name}", ctx.clock.now())
    if "OnDemandThroughput" in update:
        limits = {**given.get("OnDemandThroughput", {}), **update["OnDemandThroughput"]}
        given["OnDemandThroughput"] = option_checks.limited(limits)
    if "WarmThroughput" in update:
        option_checks.check_warmer(given["WarmThroughput"], update["WarmThroughput"], f"index {name}")
        given["WarmThroughput"] = {**given["WarmThroughput"], **update["WarmThroughput"]}
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
    option_checks.check_new_maximum(given.get("OnDemandThroughput"), on_demand, given["IndexName"])
    what = f"index {given['IndexName']}"
    option_checks.check_warm(given.get("WarmThroughput"), given.get("ProvisionedThroughput"), what)
    table_checks.check_projection(given, set())
    if len(definition.get("GlobalSecondaryIndexes", ())) >= table_checks.MAX_GLOBAL_INDEXES:
        limit = table_checks.MAX_GLOBAL_INDEXES
        message = f"Number of global secondary indexes exceeds per-table limit of {limit}"
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
