"""CloudFormation types of DynamoDB. A global table is a table here, with the settings of its replica in this region.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_DynamoDB.html
"""

from collections.abc import Iterable

from penstock.base.errors import AwsError
from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType
from penstock.wire.model import Json

_NAME_LENGTH = 255
_CREATED = (
    "AttributeDefinitions",
    "KeySchema",
    "LocalSecondaryIndexes",
    "BillingMode",
    "ProvisionedThroughput",
    "OnDemandThroughput",
    "TableClass",
    "DeletionProtectionEnabled",
    "WarmThroughput",
)
# Members of UpdateTable that a change of the property of the same name is.
_UPDATED = ("TableClass", "DeletionProtectionEnabled", "OnDemandThroughput", "WarmThroughput")
_BILLING = ("BillingMode", "ProvisionedThroughput")
_INDEX_MEMBERS = (
    "IndexName",
    "KeySchema",
    "Projection",
    "ProvisionedThroughput",
    "OnDemandThroughput",
    "WarmThroughput",
)
_NO_STATISTICS = "access statistics are not collected"
_PRECISION = "ApproximateCreationDateTimePrecision"
_NO_POLICIES = "resource policies are not enforced"


async def _create(rc: ResourceContext, properties: Properties) -> Resource:
    name = properties.get("TableName") or rc.physical_name(_NAME_LENGTH)
    request = {"TableName": name, **{member: properties[member] for member in _CREATED if member in properties}}
    if indexes := _indexes(properties):
        request["GlobalSecondaryIndexes"] = indexes
    if stream := _stream(properties):
        request["StreamSpecification"] = stream
    if sse := _encryption(properties):
        request["SSESpecification"] = sse
    if tags := rc.tag_list(properties):
        request["Tags"] = tags
    if not (rc.resumed and await _description(rc, name)):
        await rc.call("dynamodb", "CreateTable", request)
    await _set_ttl(rc, name, properties)
    await _set_recovery(rc, name, properties)
    await _set_destination(rc, name, properties)
    return await _resource(rc, name)


async def _update(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    name, before = resource.physical_id, resource.properties
    for change in _table_changes(before, properties):
        await rc.call("dynamodb", "UpdateTable", {"TableName": name, **change})
    for change in _index_changes(before, properties):
        await rc.call("dynamodb", "UpdateTable", {"TableName": name, **change})
    for change in _stream_changes(before, properties):
        await rc.call("dynamodb", "UpdateTable", {"TableName": name, "StreamSpecification": change})
    await _set_ttl(rc, name, properties)
    await _set_recovery(rc, name, properties)
    await _set_destination(rc, name, properties)
    await _set_tags(rc, name, rc.tag_map(properties))
    return await _resource(rc, name)


async def _delete(rc: ResourceContext, resource: Resource) -> None:
    try:
        await rc.call("dynamodb", "DeleteTable", {"TableName": resource.physical_id})
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            raise


async def _description(rc: ResourceContext, name: str) -> Json | None:
    try:
        found: Json = (await rc.call("dynamodb", "DescribeTable", {"TableName": name}))["Table"]
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            raise
        return None
    return found


async def _resource(rc: ResourceContext, name: str) -> Resource:
    table = await _description(rc, name) or {}
    attributes = {"Arn": table["TableArn"], "TableId": table["TableId"]}
    if "StreamSpecification" in table:
        attributes["StreamArn"] = table["LatestStreamArn"]
    return Resource(name, attributes)


# -- properties --------------------------------------------------------------------------------------


def _indexes(properties: Properties) -> list[Json]:
    given = properties.get("GlobalSecondaryIndexes") or ()
    return [{member: index[member] for member in _INDEX_MEMBERS if member in index} for index in given]


def _stream(properties: Properties) -> Json | None:
    given = properties.get("StreamSpecification")
    return {"StreamEnabled": True, "StreamViewType": given["StreamViewType"]} if given else None


def _encryption(properties: Properties) -> Json | None:
    given = properties.get("SSESpecification")
    if not given:
        return None
    others = {member: given[member] for member in ("SSEType", "KMSMasterKeyId") if member in given}
    return {"Enabled": given["SSEEnabled"], **others}


def _table_changes(before: Properties, after: Properties) -> Iterable[Json]:
    """What UpdateTable is to be asked, but for indexes and the stream: it makes one change at a time."""
    billing = {m: after[m] for m in _BILLING if m in after and after.get(m) != before.get(m)}
    if _turns_provisioned(before, after):
        updates = [{"Update": index} for index in _throughputs(before, after)]
        billing |= {"GlobalSecondaryIndexUpdates": updates} if updates else {}
    if billing:
        yield billing
    for member in _UPDATED:
        if member in after and after[member] != before.get(member):
            yield {member: after[member]}
    if after.get("DeletionProtectionEnabled") is None and before.get("DeletionProtectionEnabled"):
        yield {"DeletionProtectionEnabled": False}
    old, new = (_encryption(properties) or {"Enabled": False} for properties in (before, after))
    if old != new:
        yield {"SSESpecification": new}


def _turns_provisioned(before: Properties, after: Properties) -> bool:
    """Whether an on-demand table gets throughput, which its indexes have to get with it."""
    return before.get("BillingMode") == "PAY_PER_REQUEST" and after.get("BillingMode") == "PROVISIONED"


def _throughputs(before: Properties, after: Properties) -> Iterable[Json]:
    """Of the indexes that there are already; one that goes away has the table's until then."""
    units = {index["IndexName"]: index["ProvisionedThroughput"] for index in _indexes(after)}
    for index in _indexes(before):
        name = index["IndexName"]
        yield {"IndexName": name, "ProvisionedThroughput": units.get(name, after["ProvisionedThroughput"])}


def _index_changes(before: Properties, after: Properties) -> Iterable[Json]:
    """One UpdateTable for each index that goes, comes or changes: DynamoDB takes them one by one."""
    old = {index["IndexName"]: index for index in _indexes(before)}
    new = {index["IndexName"]: index for index in _indexes(after)}
    identity = ("KeySchema", "Projection")
    if _turns_provisioned(before, after):  # which has told the indexes' throughput
        old = {
            name: index | {"ProvisionedThroughput": new.get(name, {}).get("ProvisionedThroughput")}
            for name, index in old.items()
        }
    remade = {name for name in old.keys() & new.keys() if any(old[name].get(m) != new[name].get(m) for m in identity)}
    for name in [name for name in old if name not in new or name in remade]:
        yield {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": name}}]}
    for name, index in new.items():
        if name not in old or name in remade:
            definitions = after["AttributeDefinitions"]
            yield {"AttributeDefinitions": definitions, "GlobalSecondaryIndexUpdates": [{"Create": index}]}
        elif changed := {m: index[m] for m in index if m not in identity and index[m] != old[name].get(m)}:
            yield {"GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": name, **changed}}]}


def _stream_changes(before: Properties, after: Properties) -> Iterable[Json]:
    """Another view type is another stream."""
    old, new = _stream(before), _stream(after)
    if old != new:
        if old is not None:
            yield {"StreamEnabled": False}
        if new is not None:
            yield new


async def _set_ttl(rc: ResourceContext, name: str, properties: Properties) -> None:
    found = await rc.call("dynamodb", "DescribeTimeToLive", {"TableName": name})
    current = found["TimeToLiveDescription"].get("AttributeName")
    given = properties.get("TimeToLiveSpecification") or {"Enabled": False}
    wanted = given["AttributeName"] if str(given["Enabled"]).lower() == "true" else None
    if current == wanted:
        return
    for attribute, enabled in ((current, False), (wanted, True)):
        if attribute is not None:
            specification = {"AttributeName": attribute, "Enabled": enabled}
            request = {"TableName": name, "TimeToLiveSpecification": specification}
            await rc.call("dynamodb", "UpdateTimeToLive", request)


async def _set_recovery(rc: ResourceContext, name: str, properties: Properties) -> None:
    wanted = properties.get("PointInTimeRecoverySpecification") or {"PointInTimeRecoveryEnabled": False}
    request = {"TableName": name, "PointInTimeRecoverySpecification": wanted}
    await rc.call("dynamodb", "UpdateContinuousBackups", request)


async def _set_destination(rc: ResourceContext, name: str, properties: Properties) -> None:
    """The Kinesis stream that the table is to write to, instead of the one it writes to."""
    listed = await rc.call("dynamodb", "DescribeKinesisStreamingDestination", {"TableName": name})
    active = (one for one in listed["KinesisDataStreamDestinations"] if one["DestinationStatus"] == "ACTIVE")
    current: Json = next(active, {})
    wanted = properties.get("KinesisStreamSpecification") or {}
    request = {"TableName": name, "StreamArn": current.get("StreamArn")}
    if current and current["StreamArn"] != wanted.get("StreamArn"):
        await rc.call("dynamodb", "DisableKinesisStreamingDestination", request)
        current = {}
    precision = {_PRECISION: wanted.get(_PRECISION, "MILLISECOND")}
    if wanted and not current:
        given = {"EnableKinesisStreamingConfiguration": precision} if _PRECISION in wanted else {}
        request = {"TableName": name, "StreamArn": wanted["StreamArn"], **given}
        await rc.call("dynamodb", "EnableKinesisStreamingDestination", request)
        await _check_destination(rc, name)
    elif current and current.get(_PRECISION, "MILLISECOND") != precision[_PRECISION]:
        request["UpdateKinesisStreamingConfiguration"] = precision
        await rc.call("dynamodb", "UpdateKinesisStreamingDestination", request)


async def _check_destination(rc: ResourceContext, name: str) -> None:
    listed = await rc.call("dynamodb", "DescribeKinesisStreamingDestination", {"TableName": name})
    latest = listed["KinesisDataStreamDestinations"][0]
    if latest["DestinationStatus"] == "ENABLE_FAILED":
        raise AwsError("ValidationException", f"{latest['StreamArn']}: {latest['DestinationStatusDescription']}")


async def _set_tags(rc: ResourceContext, name: str, wanted: dict[str, str]) -> None:
    arn = f"arn:aws:dynamodb:{rc.region}:{rc.account}:table/{name}"
    listed = (await rc.call("dynamodb", "ListTagsOfResource", {"ResourceArn": arn}))["Tags"]
    known = {tag["Key"]: tag["Value"] for tag in listed}
    if gone := [key for key in known if key not in wanted]:
        await rc.call("dynamodb", "UntagResource", {"ResourceArn": arn, "TagKeys": gone})
    if new := [{"Key": key, "Value": value} for key, value in wanted.items() if known.get(key) != value]:
        await rc.call("dynamodb", "TagResource", {"ResourceArn": arn, "Tags": new})


_REPLACED = frozenset({"TableName", "KeySchema", "LocalSecondaryIndexes"})

_TABLE = ResourceType(
    name="AWS::DynamoDB::Table",
    create=_create,
    update=_update,
    delete=_delete,
    properties=frozenset(
        {
            *_CREATED,
            *(f"GlobalSecondaryIndexes.{member}" for member in _INDEX_MEMBERS),
            "TableName",
            "StreamSpecification.StreamViewType",
            "KinesisStreamSpecification",
            "SSESpecification",
            "TimeToLiveSpecification",
            "PointInTimeRecoverySpecification",
            "Tags",
        }
    ),
    inert={
        "ContributorInsightsSpecification": _NO_STATISTICS,
        "GlobalSecondaryIndexes.ContributorInsightsSpecification": _NO_STATISTICS,
        "ResourcePolicy": _NO_POLICIES,
        "StreamSpecification.ResourcePolicy": _NO_POLICIES,
    },
    replace_on=_REPLACED,
)


# -- global tables -----------------------------------------------------------------------------------


_REPLICAS_OWN = (
    "TableClass",
    "DeletionProtectionEnabled",
    "PointInTimeRecoverySpecification",
    "KinesisStreamSpecification",
    "Tags",
)


def _as_table(properties: Properties, region: str) -> Json:
    """The properties of a table that a global table is in one region."""
    replicas = properties.get("Replicas") or ()
    replica: Properties = next((replica for replica in replicas if replica.get("Region") == region), {})
    same = ("TableName", "AttributeDefinitions", "KeySchema", "LocalSecondaryIndexes", "BillingMode")
    table = {m: properties[m] for m in (*same, "TimeToLiveSpecification", "WarmThroughput") if m in properties}
    table.update({member: replica[member] for member in _REPLICAS_OWN if member in replica})
    if properties.get("StreamSpecification"):
        table["StreamSpecification"] = properties["StreamSpecification"]
    if properties.get("SSESpecification"):
        table["SSESpecification"] = {**properties["SSESpecification"], **replica.get("SSESpecification", {})}
    if table.get("BillingMode", "PROVISIONED") == "PROVISIONED":
        table["ProvisionedThroughput"] = _units(properties, replica)
    if properties.get("GlobalSecondaryIndexes"):
        table["GlobalSecondaryIndexes"] = [
            _as_index(index, replica, table) for index in properties["GlobalSecondaryIndexes"]
        ]
    return table


def _as_index(index: Properties, replica: Properties, table: Json) -> Json:
    found = {member: index[member] for member in ("IndexName", "KeySchema", "Projection") if member in index}
    if "ProvisionedThroughput" in table:
        listed = replica.get("GlobalSecondaryIndexes") or ()
        own: Json = next((given for given in listed if given["IndexName"] == index["IndexName"]), {})
        found["ProvisionedThroughput"] = _units(index, own)
    return found


def _units(writes: Properties, reads: Properties) -> Json:
    """Throughput, at the least capacity where it scales: write units are set for all replicas, read units for each."""
    return {
        "ReadCapacityUnits": _capacity(reads.get("ReadProvisionedThroughputSettings") or {}, "Read"),
        "WriteCapacityUnits": _capacity(writes.get("WriteProvisionedThroughputSettings") or {}, "Write"),
    }


def _capacity(settings: Properties, kind: str) -> int:
    scaling = settings.get(f"{kind}CapacityAutoScalingSettings") or {}
    return int(settings.get(f"{kind}CapacityUnits") or scaling.get("MinCapacity") or 1)


async def _create_global(rc: ResourceContext, properties: Properties) -> Resource:
    return await _create(rc, _as_table(properties, rc.region))


async def _update_global(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    before = Resource(resource.physical_id, resource.attributes, _as_table(resource.properties, rc.region))
    return await _update(rc, before, _as_table(properties, rc.region))


def _global_problems(properties: Properties) -> Iterable[tuple[str, str]]:
    if len(properties.get("Replicas") or ()) > 1:
        yield "Replicas", "replication between regions is not supported: only this region's replica is made"


_GLOBAL_TABLE = ResourceType(
    name="AWS::DynamoDB::GlobalTable",
    create=_create_global,
    update=_update_global,
    delete=_delete,
    properties=frozenset(
        {
            "TableName",
            "AttributeDefinitions",
            "KeySchema",
            "LocalSecondaryIndexes",
            "GlobalSecondaryIndexes",
            "BillingMode",
            "WriteProvisionedThroughputSettings",
            "StreamSpecification.StreamViewType",
            "SSESpecification",
            "TimeToLiveSpecification",
            "WarmThroughput",
            "Replicas.Region",
            "Replicas.TableClass",
            "Replicas.DeletionProtectionEnabled",
            "Replicas.PointInTimeRecoverySpecification",
            "Replicas.KinesisStreamSpecification",
            "Replicas.ReadProvisionedThroughputSettings",
            "Replicas.GlobalSecondaryIndexes",
            "Replicas.SSESpecification",
            "Replicas.Tags",
        }
    ),
    inert={
        "Replicas.ContributorInsightsSpecification": _NO_STATISTICS,
        "Replicas.ResourcePolicy": _NO_POLICIES,
    },
    replace_on=_REPLACED,
    problems=_global_problems,
)

TABLE = (_TABLE, _GLOBAL_TABLE)
