"""What CreateTable, and UpdateTable of a new index, refuses, in DynamoDB's order and words.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
"""

from collections.abc import Iterable

from penstock.base.errors import AwsError
from penstock.services.dynamodb import option_checks
from penstock.services.dynamodb.errors import INVALID, invalid
from penstock.wire.model import Json

MAX_LOCAL_INDEXES = 5
MAX_GLOBAL_INDEXES = 20
MAX_UNITS = 10**12
MAX_KEY_ATTRIBUTES = 4  # of a global index's partition key, and as many of its sort key

_UNSUPPORTED = (
    "VectorIndexes",
    "GlobalTableSourceArn",
    "ReplicaUpdates",
    "VectorIndexUpdates",
    "MultiRegionConsistency",
)


def check_create(request: Json) -> None:
    """A CreateTable request, but for whether the table exists."""
    check_supported(request)
    for member in ("AttributeDefinitions", "KeySchema"):
        if member not in request:
            shown = member[0].lower() + member[1:]
            raise _constraint("null", shown, "Member must not be null")
    _check_lengths(request)
    _check_billing(request)
    _check_keys(request)
    _check_index_keys(request)
    _check_definitions_used(request)
    _check_local_indexes(request)
    _check_global_indexes(request)
    _check_options(request)


def _check_options(request: Json) -> None:
    on_demand = request.get("BillingMode") == "PAY_PER_REQUEST"
    option_checks.check_new_stream(request.get("StreamSpecification"))
    option_checks.check_encryption(request.get("SSESpecification"))
    option_checks.check_new_maximum(request.get("OnDemandThroughput"), on_demand)
    option_checks.check_warm(request.get("WarmThroughput"), request.get("ProvisionedThroughput"))
    for index in request.get("GlobalSecondaryIndexes", ()):
        name = index["IndexName"]
        option_checks.check_new_maximum(index.get("OnDemandThroughput"), on_demand, name)
        option_checks.check_warm(index.get("WarmThroughput"), index.get("ProvisionedThroughput"), f"index {name}")
    option_checks.check_tags(request.get("Tags", ()))


def check_supported(request: Json) -> None:
    for member in _UNSUPPORTED:
        if request.get(member):
            raise invalid(f"{INVALID}Penstock does not support {member}")


def _constraint(value: str, path: str, must: str) -> AwsError:
    return invalid(f"1 validation error detected: Value {value} at '{path}' failed to satisfy constraint: {must}")


def _check_lengths(request: Json) -> None:
    """The model, made for the keys of global indexes, which may have several attributes, leaves this open."""
    paths = [("keySchema", request["KeySchema"])]
    for number, index in enumerate(request.get("LocalSecondaryIndexes", ()), 1):
        paths.append((f"localSecondaryIndexes.{number}.member.keySchema", index["KeySchema"]))
    for path, keys in paths:
        if len(keys) > 2:
            elements = (f"KeySchemaElement(attributeName={k['AttributeName']}, keyType={k['KeyType']})" for k in keys)
            raise _constraint(f"'[{', '.join(elements)}]'", path, "Member must have length less than or equal to 2")


def _check_billing(request: Json) -> None:
    throughput = request.get("ProvisionedThroughput")
    if request.get("BillingMode") == "PAY_PER_REQUEST":
        if throughput is not None:
            raise invalid(
                f"{INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified "
                "when BillingMode is PAY_PER_REQUEST"
            )
    elif throughput is None:
        raise invalid(
            f"{INVALID}ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
        )
    check_units(throughput)


def check_units(throughput: Json | None) -> None:
    for member in ("ReadCapacityUnits", "WriteCapacityUnits"):
        if throughput is not None and throughput[member] > MAX_UNITS:
            raise invalid(f"Given value {throughput[member]} for {member} is out of bounds")


def _names(elements: Iterable[Json]) -> list[str]:
    return [element["AttributeName"] for element in elements]


def _listed(names: Iterable[str]) -> str:
    return f"[{', '.join(names)}]"


def _check_keys(request: Json) -> None:
    keys, defined = _names(request["KeySchema"]), _names(request["AttributeDefinitions"])
    if (twice := next((name for name in defined if defined.count(name) > 1), None)) is not None:
        raise invalid(f"Attribute Name is duplicated: {twice}")
    if len(keys) > len(defined):
        raise invalid("Invalid KeySchema: Some index key attribute have no definition")
    check_key_schema(request["KeySchema"], defined)
    indexed = "LocalSecondaryIndexes" in request or "GlobalSecondaryIndexes" in request
    if not indexed and len(keys) != len(defined):
        raise invalid(
            f"{INVALID}Number of attributes in KeySchema does not exactly match "
            "number of attributes defined in AttributeDefinitions"
        )


def check_key_schema(key_schema: list[Json], defined: list[str]) -> None:
    """A table's or an index's."""
    keys = _names(key_schema)
    if any(key not in defined for key in keys):
        raise invalid(
            f"{INVALID}Some index key attributes are not defined in AttributeDefinitions. "
            f"Keys: {_listed(keys)}, AttributeDefinitions: {_listed(sorted(defined))}"
        )
    if len(set(keys)) < len(keys):
        if len(keys) > 2:
            raise invalid("The KeySchema contains multiple key attributes with the same name")
        raise invalid("Both the Hash Key and the Range Key element in the KeySchema have the same name")
    for element, (place, kind) in zip(key_schema, (("first", "HASH"), ("second", "RANGE")), strict=False):
        if element["KeyType"] != kind:
            raise invalid(f"Invalid KeySchema: The {place} KeySchemaElement is not a {kind} key type")


def check_global_key_schema(key_schema: list[Json], defined: list[str]) -> None:
    """Up to four HASH attributes, then up to four RANGE attributes."""
    kinds = [element["KeyType"] for element in key_schema]
    if len(kinds) <= 2 and kinds != ["HASH", "HASH"]:
        check_key_schema(key_schema, defined)
        return
    check_key_schema([{**key_schema[0]}, *({**element, "KeyType": "RANGE"} for element in key_schema[1:])], defined)
    if kinds != sorted(kinds):
        raise invalid(f"{INVALID}All HASH key attributes must precede RANGE key attributes in the KeySchema")
    for kind in ("HASH", "RANGE"):
        if kinds.count(kind) > MAX_KEY_ATTRIBUTES:
            raise invalid(f"{INVALID}The KeySchema exceeds the maximum allowed number of {kind} key attributes")


def _check_index_keys(request: Json) -> None:
    for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        if kind in request and not request[kind]:
            raise invalid(f"{INVALID}List of {kind} is empty")
    if "LocalSecondaryIndexes" in request and len(request["KeySchema"]) != 2:
        raise invalid(
            f"{INVALID}Table KeySchema does not have a range key, which is required when specifying a "
            "LocalSecondaryIndex"
        )
    for index in request.get("LocalSecondaryIndexes", ()):
        _check_local_index(index, request)
    for index in request.get("GlobalSecondaryIndexes", ()):
        check_global_key_schema(index["KeySchema"], _names(request["AttributeDefinitions"]))


def _check_local_index(index: Json, request: Json) -> None:
    name, keys = index["IndexName"], index["KeySchema"]
    check_key_schema(keys, _names(request["AttributeDefinitions"]))
    if len(keys) != 2:
        raise invalid(f"{INVALID}Index KeySchema does not have a range key for index: {name}")
    own, base = keys[0]["AttributeName"], request["KeySchema"][0]["AttributeName"]
    if own != base:
        raise invalid(
            f"{INVALID}Index KeySchema does not have the same leading hash key as table KeySchema for index: {name}. "
            f"index hash key: {own}, table hash key: {base}"
        )


def check_projection(index: Json, seen: set[str]) -> None:
    """An index's projection, and that its name is its own."""
    kind = index["Projection"].get("ProjectionType")
    others = index["Projection"].get("NonKeyAttributes")
    if kind is None:
        raise invalid(f"{INVALID}Unknown ProjectionType: null")
    if others and kind != "INCLUDE":
        raise invalid(f"{INVALID}ProjectionType is {kind}, but NonKeyAttributes is specified")
    if not others and kind == "INCLUDE":
        raise invalid(f"{INVALID}ProjectionType is {kind}, but NonKeyAttributes is not specified")
    if others and (twice := next((name for name in others if others.count(name) > 1), None)) is not None:
        raise invalid(f"{INVALID}Duplicate element in NonKeyAttributes: {twice}")
    if index["IndexName"] in seen:
        raise invalid(f"{INVALID}Duplicate index name: {index['IndexName']}")
    seen.add(index["IndexName"])


def _check_local_indexes(request: Json) -> None:
    indexes = request.get("LocalSecondaryIndexes", ())
    seen: set[str] = set()
    for index in indexes:
        check_projection(index, seen)
    if len(indexes) > MAX_LOCAL_INDEXES:
        raise invalid(f"{INVALID}Number of LocalSecondaryIndexes exceeds per-table limit of {MAX_LOCAL_INDEXES}")


def _check_global_indexes(request: Json) -> None:
    indexes = request.get("GlobalSecondaryIndexes", ())
    seen = {index["IndexName"] for index in request.get("LocalSecondaryIndexes", ())}
    for index in indexes:
        _check_index_billing(index, request.get("BillingMode") == "PAY_PER_REQUEST")
        check_projection(index, seen)
    if len(indexes) > MAX_GLOBAL_INDEXES:
        message = f"GlobalSecondaryIndex count exceeds the per-table limit of {MAX_GLOBAL_INDEXES}"
        raise invalid(INVALID + message)


def _check_index_billing(index: Json, on_demand: bool) -> None:
    name = index["IndexName"]
    if on_demand and "ProvisionedThroughput" in index:
        raise invalid(
            f"{INVALID}ProvisionedThroughput should not be specified for index: {name} "
            "when BillingMode is PAY_PER_REQUEST"
        )
    if not on_demand and "ProvisionedThroughput" not in index:
        raise invalid(f"{INVALID}ProvisionedThroughput is not specified for index: {name}")


def _check_definitions_used(request: Json) -> None:
    """After all keys, and before anything else of the indexes."""
    schemas = [request["KeySchema"]]
    for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        schemas += [index["KeySchema"] for index in request.get(kind, ())]
    check_used(_names(request["AttributeDefinitions"]), schemas)


def check_used(defined: list[str], schemas: Iterable[list[Json]]) -> None:
    used = {name for schema in schemas for name in _names(schema)}
    if set(defined) - used:
        raise invalid(
            f"{INVALID}Some AttributeDefinitions are not used. "
            f"AttributeDefinitions: {_listed(sorted(defined))}, keys used: {_listed(sorted(used))}"
        )
