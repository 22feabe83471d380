"""Violated constraints of the model in DynamoDB's words.

Faults are listed in the order of DynamoDB's own members, which is not the model's. The operations that have moved to
its newer validation (2026) name some members without their value: such a fault is reported alone, unless a member is
missing, which the older validation finds first. The captures are of us-east-1 and of most other regions.
"""

import base64
from collections.abc import Iterable
from itertools import groupby

from penstock.base.errors import AwsError
from penstock.services.dynamodb.errors import invalid
from penstock.services.dynamodb.state import is_name
from penstock.wire.constraints import Fault, Faults, render, summary
from penstock.wire.model import Json, OperationModel

_ORDERS = {
    "PutItem": "returnConsumedCapacity tableName item conditionalOperator expected returnValues "
    "returnItemCollectionMetrics",
    "UpdateItem": "returnConsumedCapacity tableName returnItemCollectionMetrics returnValues conditionalOperator key "
    "expected attributeUpdates",
    "DeleteItem": "returnConsumedCapacity tableName returnValues returnItemCollectionMetrics key conditionalOperator "
    "expected",
    "GetItem": "returnConsumedCapacity attributesToGet tableName key",
    "BatchGetItem": "requestItems returnConsumedCapacity",
    "BatchWriteItem": "returnConsumedCapacity returnItemCollectionMetrics requestItems",
    "Query": "select indexName returnConsumedCapacity queryFilter tableName conditionalOperator attributesToGet limit "
    "keyConditions exclusiveStartKey",
    "Scan": "select indexName totalSegments returnConsumedCapacity tableName conditionalOperator scanFilter segment "
    "limit attributesToGet exclusiveStartKey",
    "CreateTable": "attributeDefinitions tableName provisionedThroughput keySchema globalSecondaryIndexes "
    "localSecondaryIndexes billingMode",
}
_PLACES = {
    operation: {member: place for place, member in enumerate(members.split())} for operation, members in _ORDERS.items()
}

# Of the members of one structure, those that come before (-1) and after (1) the others.
_RANKS = {"attributeType": -1, "writeCapacityUnits": -1, "enabled": 1}
_PATTERNS_FIRST = frozenset(("backupName", "exclusiveStartTableName"))  # where others' lengths come first

# (operation, member) -> how what is violated begins where the newer validation finds it.
_NAMED = {
    ("PutItem", "tableName"): "must have length greater",
    ("UpdateItem", "tableName"): "must have length greater",
    ("DeleteItem", "tableName"): "must have length greater",
    ("Query", "limit"): "must have value",
    ("BatchGetItem", "requestItems"): "must have length",
    ("BatchGetItem", "keys"): "must have length",
}
_NAMES_FIRST = frozenset(("CreateTable", "UpdateTable", "DeleteTable", "DescribeTable", "DescribeTimeToLive"))
_DESCRIBED = _NAMES_FIRST - {"CreateTable"}
_NO_NAME = "The parameter 'TableName' is required but was not present in the request"
_OWN = {  # messages of some members' own
    "backupArn": "Invalid Backup ARN",
    "tableClass": "Invalid table-class parameter provided. Please try again with a valid table-class value: "
    "[STANDARD, STANDARD_INFREQUENT_ACCESS].",
}
_NO_WRITES = "The requestItems parameter is required for BatchWriteItem"

_AT_MOST = "Member must have length less than or equal to"
_AT_LEAST = "Member must have length greater than or equal to"
_WRITES = f"[{_AT_MOST} 25, {_AT_LEAST} 1]"
_TABLE_NAME = f"[{_AT_MOST} 255, {_AT_LEAST} 3, Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+]"

_EMPTY = "Value '' at 'tableName' failed to satisfy constraint: "
_EMPTY_NAME = (
    f"2 validation errors detected: {_EMPTY}{_AT_LEAST} 3; "
    f"{_EMPTY}Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
)

_ENUM = "Failed to satisfy constraint: Member must satisfy enum value set: "
_NEWER_ENUMS = {
    "returnValues": f"{_ENUM}[ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE]",  # as DynamoDB spells it
    "conditionalOperator": f"{_ENUM}[ALL, OR]",
}
_NEWER = frozenset(("PutItem", "UpdateItem", "DeleteItem", "Query"))


MAX_KEY = 128  # of a tag
_TAG_PATHS = (("tags.", ".key", "Key"), ("tags.", ".value", "Value"), ("tagKeys.", "", "Key"))


def refuse(operation: OperationModel, faults: Faults) -> AwsError:
    ordered = _ordered(operation.name, faults)
    if operation.name in _NAMES_FIRST and any(fault.path == "tableName" and fault.value is None for fault in ordered):
        return invalid(_NO_NAME)
    if operation.name in _DESCRIBED and any(fault.path == "tableName" and fault.value == "" for fault in ordered):
        return invalid(_EMPTY_NAME)
    if all(fault.path.startswith(("tags.", "tagKeys")) for fault in ordered):
        return invalid(_tag(ordered[0]))
    if any(fault.kind == "required" for fault in ordered):
        return invalid(summary(ordered))
    for fault in ordered:
        if (text := _alone(operation.name, fault)) is not None:
            return invalid(text)
    if operation.name not in _NEWER:
        return invalid(summary(ordered))
    texts = [_NEWER_ENUMS.get(fault.path, str(fault)) for fault in ordered]
    return invalid(f"{len(texts)} validation error{'s' if len(texts) > 1 else ''} detected: {'; '.join(texts)}")


def _ordered(operation: str, faults: Faults) -> Faults:
    places = _PLACES.get(operation, {})
    ordered = sorted(faults, key=lambda fault: places.get(fault.path.partition(".")[0], len(places)))
    by_parent = groupby(ordered, key=lambda fault: fault.path.rpartition(".")[0])
    return [fault for _, siblings in by_parent for fault in sorted(siblings, key=_rank)]


def _rank(fault: Fault) -> int:
    if fault.path in _PATTERNS_FIRST and fault.kind == "pattern":
        return -1
    return _RANKS.get(fault.path.rpartition(".")[2], 0)


def _alone(operation: str, fault: Fault) -> str | None:
    """The message of a fault that hides all others."""
    if operation == "BatchWriteItem" and fault.kind == "length":
        return _writes(fault)
    if fault.path in _OWN:
        return _OWN[fault.path]
    if operation == "RestoreTableFromBackup" and fault.path == "targetTableName" and fault.kind == "length":
        return "TableName must be at least 3 characters long and at most 255 characters long"
    if operation == "Query" and fault.path == "conditionalOperator":
        return _NEWER_ENUMS[fault.path]
    if operation == "UpdateItem" and fault.path in _NEWER_ENUMS:
        return f"1 validation error detected: {_NEWER_ENUMS[fault.path]}"
    above, _, member = fault.path.rpartition(".")
    begins = _NAMED.get((operation, member))
    if begins is None or not fault.must.startswith(begins):
        return None
    path = ".".join(_title(part) for part in (above, member) if part)
    return f"1 validation error detected: Value at '{path}' failed to satisfy constraint: Member {fault.must}"


def _tag(fault: Fault) -> str:
    """Of a tag's key or value that is missing or too long."""
    for begin, end, what in _TAG_PATHS:
        if fault.path == "tagKeys" and isinstance(fault.value, list):
            wrong = next((key for key in fault.value if not 1 <= len(key) <= MAX_KEY), "")
            return f"The Tag Key provided is invalid, Key: {wrong}"
        if fault.path.startswith(begin) and fault.path.endswith(end):
            shown = "null" if fault.value is None else fault.value
            return f"The Tag {what} provided is invalid, {what}: {shown}"
    return summary([fault])


def _writes(fault: Fault) -> str:
    """What is wrong with the number of a table's requests, or of tables."""
    if fault.path == "requestItems":
        return _NO_WRITES
    name = fault.path.removeprefix("requestItems.").removesuffix(".member")
    return _in_map(shown_writes({name: fault.value}), f"Map value must satisfy constraint: {_WRITES}")


def check_names(asked: Iterable[str], shown: str) -> None:
    """The names of a batch's tables; `shown` is the whole batch in the message's form."""
    if not all(name.startswith("arn:") or is_name(name) for name in asked):
        raise invalid(_in_map(shown, f"Map keys must satisfy constraint: {_TABLE_NAME}"))


def as_base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _in_map(shown: str, must: str) -> str:
    return f"1 validation error detected: Value '{shown}' at 'requestItems' failed to satisfy constraint: {must}"


def shown_writes(asked: dict[str, list[Json]]) -> str:
    tables = (f"{name}=[{', '.join(map(_shown_write, writes))}]" for name, writes in asked.items())
    return f"{{{', '.join(tables)}}}"


def _shown_write(write: Json) -> str:
    put, delete = write.get("PutRequest"), write.get("DeleteRequest")
    shown_put = f"PutRequest(item={render(put['Item'])})" if put else "null"
    shown_delete = f"DeleteRequest(key={render(delete['Key'])})" if delete else "null"
    return f"WriteRequest(putRequest={shown_put}, deleteRequest={shown_delete})"


def _title(path: str) -> str:
    return path[:1].upper() + path[1:]
