"""What IAM is asked about: tables and their indexes, their policies, and which actions transactions and statements are.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from penstock.base.errors import AwsError
from penstock.call import Context, Question
from penstock.call.service import Questions
from penstock.services.dynamodb.state import lookup, table_arn


def resource(ctx: Context, operation: str, request: dict[str, Any]) -> str:
    """The table's ARN, the index's where one is read, `*` where a request names no table or several."""
    if "ResourceArn" in request:
        return str(request["ResourceArn"])
    names = _tables(request)
    if len(names) != 1:
        return "*"
    [name] = names
    arn = _arn(ctx, name)
    return f"{arn}/index/{request['IndexName']}" if "IndexName" in request else arn


def _arn(ctx: Context, name: str) -> str:
    return name if name.startswith("arn:") else table_arn(ctx, name)


def _tables(request: dict[str, Any]) -> set[str]:
    if "TableName" in request:
        return {request["TableName"]}
    if "RequestItems" in request:
        return set(request["RequestItems"])
    return {action["TableName"] for entry in request.get("TransactItems", ()) for action in entry.values()}


def policy(ctx: Context, arn: str) -> str | None:
    """Of a table, which is that of its indexes too, or of its stream."""
    try:
        table = lookup(ctx, arn.partition("/index/")[0].partition("/stream/")[0])
    except AwsError:
        return None
    found = table.definition.get("Policies", {}).get(arn.partition("/index/")[0])
    return found["Policy"] if found else None


# -- operations about several tables -------------------------------------------------------------------

# Of transactions each part is asked about as what it is.
_PARTS = {
    "ConditionCheck": "dynamodb:ConditionCheckItem",
    "Delete": "dynamodb:DeleteItem",
    "Get": "dynamodb:GetItem",
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
}
_STATEMENT = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|EXISTS)\b", re.IGNORECASE)
_TABLE = re.compile(r'(?:FROM|INTO|UPDATE)\s+"?([\w.-]+)"?(?:\s*\.\s*"?([\w.-]+)"?)?', re.IGNORECASE)


def _batch(action: str) -> Questions:
    return lambda ctx, request: [Question(action, _arn(ctx, name)) for name in request["RequestItems"]]


def _transaction(ctx: Context, request: dict[str, Any]) -> list[Question]:
    parts = [(_PARTS[kind], part["TableName"]) for entry in request["TransactItems"] for kind, part in entry.items()]
    return [Question(action, _arn(ctx, name)) for action, name in dict.fromkeys(parts)]


def _statements(texts: Callable[[dict[str, Any]], Iterable[str]]) -> Questions:
    return lambda ctx, request: [_statement(ctx, text) for text in texts(request)]


def _statement(ctx: Context, text: str) -> Question:
    """A statement that cannot be read is asked about as one about all tables: who may do that is told what is wrong."""
    verb, table = _STATEMENT.match(text), _TABLE.search(text)
    kind = {"SELECT": "Select", "EXISTS": "Select"}.get(verb[1].upper(), verb[1].capitalize()) if verb else "Select"
    if table is None:
        return Question(f"dynamodb:PartiQL{kind}", "*")
    arn = _arn(ctx, table[1])
    return Question(f"dynamodb:PartiQL{kind}", f"{arn}/index/{table[2]}" if table[2] else arn)


QUESTIONS: Mapping[str, Questions] = {
    "BatchExecuteStatement": _statements(lambda request: (each["Statement"] for each in request["Statements"])),
    "BatchGetItem": _batch("dynamodb:BatchGetItem"),
    "BatchWriteItem": _batch("dynamodb:BatchWriteItem"),
    "ExecuteStatement": _statements(lambda request: (request["Statement"],)),
    "ExecuteTransaction": _statements(lambda request: (each["Statement"] for each in request["TransactStatements"])),
    "TransactGetItems": _transaction,
    "TransactWriteItems": _transaction,
}


# -- context keys --------------------------------------------------------------------------------------

_EQUALS = re.compile(r"(#?[\w.-]+)\s*=\s*(:\w+)")
_KEYS = {
    "dynamodb:ReturnConsumedCapacity": "ReturnConsumedCapacity",
    "dynamodb:ReturnValues": "ReturnValues",
    "dynamodb:Select": "Select",
}


def keys(ctx: Context, operation: str, request: dict[str, Any]) -> dict[str, str | Iterable[str]]:
    """`dynamodb:LeadingKeys` are the partition keys of what is read or written, where the request says them.

    Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
    """
    given: dict[str, str | Iterable[str]] = {
        key: str(request[member]) for key, member in _KEYS.items() if member in request
    }
    leading = list(_leading(ctx, request))
    return given | ({"dynamodb:LeadingKeys": leading} if leading else {})


def _leading(ctx: Context, request: dict[str, Any]) -> Iterator[str]:
    for name, item in _items(request):
        value = item.get(_partition_key(ctx, name, request), {})
        yield from (str(each) for each in value.values())


def _items(request: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(table, what holds its key) of everything that a request names by its key."""
    if "TableName" in request:
        yield request["TableName"], request.get("Key") or request.get("Item") or _queried(request)
    for name, asked in request.get("RequestItems", {}).items():
        for item in asked if isinstance(asked, list) else [{"Get": {"Key": key}} for key in asked.get("Keys", ())]:
            yield from ((name, part.get("Key") or part.get("Item") or {}) for part in item.values())
    for entry in request.get("TransactItems", ()):
        yield from ((part["TableName"], part.get("Key") or part.get("Item") or {}) for part in entry.values())


def _queried(request: dict[str, Any]) -> dict[str, Any]:
    """What a query's key condition wants to be equal."""
    names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})
    pairs = _EQUALS.findall(request.get("KeyConditionExpression", ""))
    return {names.get(name, name): values[value] for name, value in pairs if value in values}


def _partition_key(ctx: Context, name: str, request: dict[str, Any]) -> str:
    try:
        definition = lookup(ctx, name).definition
    except AwsError:
        return ""
    indexes = [*definition.get("GlobalSecondaryIndexes", ()), *definition.get("LocalSecondaryIndexes", ())]
    asked = next((index for index in indexes if index["IndexName"] == request.get("IndexName")), definition)
    return next((str(key["AttributeName"]) for key in asked["KeySchema"] if key["KeyType"] == "HASH"), "")
