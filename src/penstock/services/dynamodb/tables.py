"""Tables: create, describe, list, delete. (`updates.py` changes them, `settings.py` has what is set beside them.)

A table is ACTIVE as soon as CreateTable, which says CREATING as AWS does, has answered.
"""

from operator import itemgetter

import orjson

from penstock.base import ids
from penstock.base.arn import arn
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.dynamodb import jobs, store, table_checks, throughput
from penstock.services.dynamodb.errors import invalid
from penstock.services.dynamodb.policies import check_policy
from penstock.services.dynamodb.schema import Table
from penstock.services.dynamodb.state import build, check_name, described, drop, exists, table_arn
from penstock.services.dynamodb.streams import streams
from penstock.wire.model import Json

# Members of CreateTable that a definition keeps as they come.
_KEPT = (
    "AttributeDefinitions",
    "KeySchema",
    "LocalSecondaryIndexes",
    "GlobalSecondaryIndexes",
    "ProvisionedThroughput",
    "TableClass",
)
# Members of a definition that a description shows as they are.
_SHOWN = (
    "StreamSpecification",
    "LatestStreamLabel",
    "LatestStreamArn",
    "SSEDescription",
    "OnDemandThroughput",
)
MAX_LISTED = 100


def create_table(ctx: Context, request: Json) -> Json:
    name = request["TableName"].rpartition("/")[2]
    check_name(name)
    table_checks.check_create(request)
    if "ResourcePolicy" in request:
        check_policy(request["ResourcePolicy"])
    if exists(ctx, name):
        raise AwsError("ResourceInUseException", f"Table already exists: {name}")
    throughput.check_quotas(ctx.region, request)
    for index in request.get("GlobalSecondaryIndexes", ()):
        throughput.check_quotas(ctx.region, index, index["IndexName"])
    full = table_arn(ctx, name)
    definition = _definition(ctx, name, full, request)
    table_id = ctx.store.insert(store.INSERT_TABLE, full, orjson.dumps(definition).decode())
    for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        for index in definition.get(kind, ()):
            ctx.store.insert(store.INSERT_INDEX, table_id, index["IndexName"])
    table = build(ctx, table_id, full, definition)
    drop(ctx, table)
    return {"TableDescription": describe(ctx, table, "CREATING")}


def _definition(ctx: Context, name: str, full: str, request: Json) -> Json:
    now = ctx.clock.now()
    definition = {
        "TableName": name,
        "TableId": ids.uuid(),
        "CreationDateTime": now,
        "BillingMode": request.get("BillingMode", "PROVISIONED"),
        "DeletionProtectionEnabled": request.get("DeletionProtectionEnabled", False),
        "Tags": {tag["Key"]: tag["Value"] for tag in request.get("Tags", ())},
        **{member: request[member] for member in _KEPT if member in request},
    }
    definition.update(stream_members(ctx, definition, full, request.get("StreamSpecification")))
    definition.update(sse_members(ctx, request.get("SSESpecification")))
    for member in ("OnDemandThroughput", "WarmThroughput"):
        if request.get(member):
            definition[member] = request[member]
    if "ResourcePolicy" in request:
        policy = {"Policy": request["ResourcePolicy"], "RevisionId": str(int(now * 1000))}
        definition["Policies"] = {full: policy}
    return definition


def stream_members(ctx: Context, definition: Json, full: str, specification: Json | None) -> Json:
    """Makes the stream that a table is to have; what the definition says of it."""
    if not specification or not specification["StreamEnabled"]:
        return {}
    view_type = specification["StreamViewType"]
    enabled = streams.enable(ctx, full, definition["TableName"], definition["KeySchema"], view_type)
    return {"StreamSpecification": specification, **enabled}


def sse_members(ctx: Context, specification: Json | None) -> Json:
    """Encryption with a key of the customer's; with AWS's own there is nothing to describe."""
    if not specification or not specification.get("Enabled"):
        return {}
    key = specification.get("KMSMasterKeyId", "alias/aws/dynamodb")
    if not key.startswith("arn:"):
        key = arn("kms", ctx.region, ctx.account, key if key.startswith("alias/") else f"key/{key}")
    described = {"Status": "ENABLED", "SSEType": specification.get("SSEType", "KMS"), "KMSMasterKeyArn": key}
    return {"SSEDescription": described}


def describe_table(ctx: Context, request: Json) -> Json:
    return {"Table": describe(ctx, described(ctx, request["TableName"]), "ACTIVE")}


def delete_table(ctx: Context, request: Json) -> Json:
    table = described(ctx, request["TableName"])
    if table.definition["DeletionProtectionEnabled"]:
        message = "Resource cannot be deleted as it is currently protected against deletion."
        raise invalid(f"{message} Disable deletion protection first.")
    description = describe(ctx, table, "DELETING")
    for name in ("KeySchema", "AttributeDefinitions", "CreationDateTime", "GlobalSecondaryIndexes"):
        description.pop(name, None)
    ctx.store.run(store.DELETE_TABLE, table.id)
    if table.stream is not None:
        streams.disable(ctx, table.stream.id, table.stream.arn)
    drop(ctx, table)
    jobs.begin(ctx, "purge items", table.id)
    for index in table.indexes.values():
        ctx.store.run(store.DELETE_INDEX, index.id)
        jobs.begin(ctx, "purge entries", index.id)
    return {"TableDescription": description}


def list_tables(ctx: Context, request: Json) -> Json:
    limit = request.get("Limit", MAX_LISTED)
    prefix = table_arn(ctx, "")
    after = prefix + request.get("ExclusiveStartTableName", "")
    rows = ctx.store.all(store.TABLE_ARNS, after, prefix + "\x7f", limit + 1)
    names = [row[0][len(prefix) :] for row in rows[:limit]]
    more = {"LastEvaluatedTableName": names[-1]} if len(rows) > limit else {}
    return {"TableNames": names, **more}


# -- descriptions ------------------------------------------------------------------------------------


def describe(ctx: Context, table: Table, status: str) -> Json:
    """A TableDescription."""
    given = table.definition
    count, size = ctx.store.one(store.TABLE_COUNTS, table.id) or (0, 0)
    on_demand = given["BillingMode"] == "PAY_PER_REQUEST"
    found: Json = {
        "AttributeDefinitions": sorted(given["AttributeDefinitions"], key=itemgetter("AttributeName")),
        "TableName": table.name,
        "KeySchema": given["KeySchema"],
        "TableStatus": status,
        "CreationDateTime": given["CreationDateTime"],
        "ProvisionedThroughput": throughput.described(given.get("ProvisionedThroughput"), ctx.clock.now()),
        "TableSizeBytes": size,
        "ItemCount": count,
        "TableArn": table.arn,
        "TableId": given["TableId"],
        "DeletionProtectionEnabled": given["DeletionProtectionEnabled"],
        "WarmThroughput": {**throughput.warm(given, on_demand), "Status": status.replace("DELETING", "ACTIVE")},
    }
    for member in _SHOWN:
        if member in given:
            found[member] = given[member]
    if on_demand or "PayPerRequestSince" in given:  # is or once was
        since = given.get("PayPerRequestSince", given["CreationDateTime"])
        found["BillingModeSummary"] = {
            "BillingMode": given["BillingMode"],
            "LastUpdateToPayPerRequestDateTime": since,
        }
    if "TableClass" in given:
        found["TableClassSummary"] = {"TableClass": given["TableClass"]}
    found.update(_describe_indexes(ctx, table, status))
    return found


def _describe_indexes(ctx: Context, table: Table, status: str) -> Json:
    counts = {name: (count, size) for name, count, size in ctx.store.all(store.INDEX_COUNTS, table.id)}
    found: Json = {}
    for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        for given in table.definition.get(kind, ()):
            name = given["IndexName"]
            count, size = counts.get(name, (0, 0))
            description = {
                "IndexName": name,
                "KeySchema": given["KeySchema"],
                "Projection": _projection(given["Projection"]),
                "IndexSizeBytes": size,
                "ItemCount": count,
                "IndexArn": f"{table.arn}/index/{name}",
            }
            if kind.startswith("Global"):
                description.update(_describe_global(ctx, table, given, status))
            found.setdefault(kind, []).append(description)
    return found


def _projection(given: Json) -> Json:
    if "NonKeyAttributes" not in given:
        return given
    return {**given, "NonKeyAttributes": sorted(given["NonKeyAttributes"])}


def _describe_global(ctx: Context, table: Table, given: Json, status: str) -> Json:
    backfilling = given.get("Backfilling", False)
    on_demand = table.definition["BillingMode"] == "PAY_PER_REQUEST"
    found: Json = {
        "IndexStatus": "CREATING" if backfilling else status,
        "ProvisionedThroughput": throughput.described(given.get("ProvisionedThroughput"), ctx.clock.now()),
        "WarmThroughput": {**throughput.warm(given, on_demand), "Status": "ACTIVE"},
    }
    if backfilling:
        found["Backfilling"] = True
    if given.get("OnDemandThroughput"):
        found["OnDemandThroughput"] = given["OnDemandThroughput"]
    return found
