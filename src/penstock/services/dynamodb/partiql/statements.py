"""ExecuteStatement, BatchExecuteStatement and ExecuteTransaction.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteStatement.html
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.dynamodb import capacity, changes, transactions
from penstock.services.dynamodb.changes import read_units
from penstock.services.dynamodb.errors import invalid
from penstock.services.dynamodb.expressions.paths import Values
from penstock.services.dynamodb.items import change_units
from penstock.services.dynamodb.keys import Key
from penstock.services.dynamodb.partiql import plans, selects, writes
from penstock.services.dynamodb.partiql.parser import parse
from penstock.services.dynamodb.partiql.tree import Exists, Select, Statement, Write
from penstock.services.dynamodb.schema import Table
from penstock.services.dynamodb.state import lookup
from penstock.services.dynamodb.values import Item, values_size
from penstock.wire.model import Json

T = TypeVar("T")
U = TypeVar("U")

_CODES = {
    "ConditionalCheckFailedException": "ConditionalCheckFailed",
    "DuplicateItemException": "DuplicateItem",
    "ResourceNotFoundException": "ResourceNotFound",
    "ValidationException": "ValidationError",
}
_RAN = frozenset(("ConditionalCheckFailed", "DuplicateItem"))
_NOT_BY_KEY = "Select statements within {} must specify the primary key in the where clause."


def execute_statement(ctx: Context, request: Json) -> Json:
    statement = parse(request["Statement"])
    values = statement.values.bind(request.get("Parameters", ()))
    if isinstance(statement, Select):
        return selects.run(ctx, request, statement, values)
    write = writes.bound(request["Statement"], _writing(statement), values)
    items, costs = _write(ctx, write, _returns_item(request))
    asked = capacity.wanted(request)
    return {"Items": items, **({"ConsumedCapacity": costs.report(asked)} if asked else {})}


def _writing(statement: Statement) -> Write:
    if isinstance(statement, Exists | Select):
        raise invalid("EXISTS can only be used in ExecuteTransaction write requests.")
    return statement


def _returns_item(given: Json) -> bool:
    return given.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"


def _write(ctx: Context, write: writes.Bound, returns_item: bool) -> tuple[list[Item], capacity.Costs]:
    mutation = writes.mutation(ctx, write, returns_item)
    change = mutation.evaluate(ctx)
    costs = capacity.Costs(mutation.table)
    costs.add(change_units(change), changes.write(ctx, change))
    return writes.returned(write, change), costs


# -- reads by key ------------------------------------------------------------------------------------


class _Get(NamedTuple):
    """A SELECT that names one item by its whole key, and nothing else."""

    table: Table
    key: Key
    select: Select


def _get(ctx: Context, text: str, select: Select, values: Values, operation: str) -> _Get:
    selects.check(text, values)
    table = lookup(ctx, select.table)
    if select.index in table.indexes:
        selects.check_simple(table.indexes[select.index])
    names = tuple(attribute.name for attribute in table.schema)
    split = plans.split(text, names)
    whole = sorted(test.name for test in split.tests if test.operator == "EQ") == sorted(names)
    if select.index is not None or not whole or split.leaves or len(split.tests) > len(names):
        raise invalid(_NOT_BY_KEY.format(operation))
    return _Get(table, table.key(writes.key_of(table, text, values)), select)


def _read(ctx: Context, get: _Get) -> tuple[Item | None, int]:
    """The item, and its size in bytes."""
    stored = changes.read(ctx, get.table, get.key)
    if stored is None:
        return None, 0
    return selects.projector(get.select.columns)(stored.item), stored.size


# -- batches -----------------------------------------------------------------------------------------


def batch_execute_statement(ctx: Context, request: Json) -> Json:
    """Each statement by itself: what is wrong with one is said in its place."""
    costs: dict[int, capacity.Costs] = {}
    responses = []
    for given in request["Statements"]:
        try:
            with ctx.store.savepoint():
                responses.append(_member(ctx, given, costs))
        except AwsError as error:
            if error.code not in _CODES:
                raise
            responses.append(_failed(given, error))
    return {"Responses": responses, **capacity.reports(request, costs.values())}


def _member(ctx: Context, given: Json, costs: dict[int, capacity.Costs]) -> Json:
    text = given["Statement"]
    statement = parse(text)
    values = statement.values.bind(given.get("Parameters", ()))
    items: list[Item]
    if isinstance(statement, Select):
        get = _get(ctx, text, statement, values, "BatchExecuteStatement")
        item, size = _read(ctx, get)
        spent = capacity.Costs(get.table)
        spent.add(read_units(size, given.get("ConsistentRead", False)))
        items = [] if item is None else [item]
    else:
        items, spent = _write(ctx, writes.bound(text, _writing(statement), values), False)
    costs.setdefault(spent.table.id, capacity.Costs(spent.table)).add(spent.units, spent.indexes)
    return {"TableName": statement.table, **({"Item": items[0]} if items else {})}


def _failed(given: Json, error: AwsError) -> Json:
    """A statement that ran and failed names its table, one that was refused before it ran does not."""
    code = _CODES[error.code]
    found: Json = {"Error": {"Code": code, "Message": error.message}}
    return {**found, "TableName": parse(given["Statement"]).table} if code in _RAN else found


# -- transactions ------------------------------------------------------------------------------------


def execute_transaction(ctx: Context, request: Json) -> Json:
    given = request["TransactStatements"]
    statements = _numbered(given, lambda one: _transacted(parse(one["Statement"])))
    values = [
        statement.values.bind(one.get("Parameters", ())) for statement, one in zip(statements, given, strict=True)
    ]
    reads = [statement for statement in statements if isinstance(statement, Select)]
    made = [statement for statement in statements if not isinstance(statement, Select)]
    if not reads:
        return transactions.once(ctx, request, lambda: _write_all(ctx, request, made, values))
    if made:
        raise invalid("Transactions must be either entirely reads or entirely writes.")
    return _read_all(ctx, request, reads, values)


def _numbered(things: Sequence[U], step: Callable[[U], T]) -> list[T]:
    """The step's result for each statement; what is wrong is said with the number of the statement."""
    found = []
    for number, one in enumerate(things):
        try:
            found.append(step(one))
        except AwsError as error:
            if error.code != "ValidationException":
                raise
            raise invalid(f"Validation failed in TransactStatements[{number}]: {error.message}") from None
    return found


def _transacted(statement: Statement) -> Statement:
    if isinstance(statement, Select) and statement.index is not None:
        raise invalid("Reads on indices are not supported within transactions.")
    if isinstance(statement, Exists) and statement.select.index is not None:
        raise invalid("Operations on indices are not supported in transactions")
    if getattr(statement, "returning", ""):
        raise invalid("RETURNING clause is not supported in ExecuteTransaction.")
    return statement


def _write_all(
    ctx: Context, request: Json, statements: Sequence[Exists | Write], values: Sequence[Values]
) -> transactions.Answers:
    transactions.check_payload(map(values_size, values))
    given = request["TransactStatements"]
    texts = [one["Statement"] for one in given]
    bounds = _numbered(list(zip(texts, statements, values, strict=True)), lambda one: writes.bound(*one))
    tables = [lookup(ctx, bound.statement.table) for bound in bounds]
    _numbered(list(zip(bounds, tables, strict=True)), lambda one: _check_exists(*one))
    pairs = list(zip(bounds, map(_returns_item, given), strict=True))
    made = transactions.each(pairs, lambda pair: writes.mutation(ctx, *pair), to_the_first=True)
    first, again = transactions.commit(ctx, request, made)
    return transactions.Answers({"Responses": [], **first}, {"Responses": [], **again})


def _check_exists(bound: writes.Bound, table: Table) -> None:
    if isinstance(bound.statement, Exists):
        names = tuple(attribute.name for attribute in table.schema)
        split = plans.split(bound.text, names)
        whole = {test.name for test in split.tests if test.operator == "EQ"} == set(names)
        if not whole or (not split.leaves and len(split.tests) == len(names)):
            raise invalid("EXISTS() must contain a single item read with additional condition")


def _read_all(ctx: Context, request: Json, reads: Sequence[Select], values: Sequence[Values]) -> Json:
    texts = [given["Statement"] for given in request["TransactStatements"]]
    selects_by_key = list(zip(texts, reads, values, strict=True))
    gets = _numbered(selects_by_key, lambda one: _get(ctx, *one, operation="ExecuteTransaction"))
    transactions.check_distinct([(get.table.id, get.key) for get in gets])
    costs: dict[int, capacity.Costs] = {}
    responses: list[Json] = []
    for get in gets:
        item, size = _read(ctx, get)
        costs.setdefault(get.table.id, capacity.Costs(get.table)).add(read_units(size, consistent=True), times=2)
        responses.append({} if item is None else {"Item": item})
    return {"Responses": responses, **capacity.reports(request, costs.values(), "ReadCapacityUnits")}
