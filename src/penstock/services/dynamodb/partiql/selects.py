"""SELECT: a Query for each partition key that the WHERE clause names, or else a Scan.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.select.html
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2s
from typing import Any

import orjson

from penstock.call import Context
from penstock.services.dynamodb import capacity, queries, store
from penstock.services.dynamodb.errors import INVALID, invalid
from penstock.services.dynamodb.expressions.paths import Values, reader
from penstock.services.dynamodb.expressions.request import Predicate
from penstock.services.dynamodb.key_conditions import KeyCondition, Selection, bounds_of
from penstock.services.dynamodb.keys import ENCODERS
from penstock.services.dynamodb.mutations import check_scalar_keys
from penstock.services.dynamodb.pages import MAX_PAGE, Reading, position, read_page
from penstock.services.dynamodb.partiql import plans
from penstock.services.dynamodb.partiql.plans import KeyTest, Split
from penstock.services.dynamodb.partiql.tree import Column, Select
from penstock.services.dynamodb.schema import Attribute, Index, Schema, Table, check_content
from penstock.services.dynamodb.state import lookup
from penstock.services.dynamodb.values import Item, Value
from penstock.wire.model import Json

_NOT_ONE = "Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE clause."
_BAD_TOKEN = "Invalid NextToken"


@dataclass(slots=True)
class Found:
    items: list[Item]
    costs: capacity.Costs
    last: Item | None = None  # the key of the last item read, where there may be more
    token: list[Any] = field(default_factory=list)  # which selection to go on with, and after which key


def run(ctx: Context, request: Json, select: Select, values: Values) -> Json:
    """ExecuteStatement of a SELECT. Raises AwsError."""
    text, consistent = request["Statement"], request.get("ConsistentRead", False)
    predicate = check(text, values)
    table = lookup(ctx, select.table)
    index = _index(table, select.index, consistent)
    schema = index.schema if index else table.schema
    split = plans.split(text, tuple(attribute.name for attribute in schema))
    selections = _selections(split, schema, values, select)
    reading = _reading(table, index, select, predicate)
    reading.forward = _forward(select, schema, selections)
    _check_projected(select, index, split if selections else None)
    if predicate is not None:
        check_scalar_keys(table, predicate.paths)
    reading.limit = request.get("Limit")
    signature = blake2s(orjson.dumps([text, request.get("Parameters", [])], default=repr), digest_size=8).hexdigest()
    start = _parse_token(request["NextToken"], signature) if "NextToken" in request else [0, None]
    found = _read(ctx, reading, selections or [None], start, consistent)
    response: Json = {"Items": found.items}
    if found.token:
        response["NextToken"] = base64.b64encode(orjson.dumps([signature, *found.token], default=store.blob)).decode()
    if found.last is not None:
        response["LastEvaluatedKey"] = found.last
    if (asked := capacity.wanted(request)) is not None:
        response["ConsumedCapacity"] = found.costs.report(asked)
    return response


def check(text: str, values: Values) -> Predicate | None:
    """The WHERE clause, its operands checked; what it says of a key is true of the items that are read anyway."""
    compiled = plans.condition(text)
    if compiled is None:
        return None
    plans.check(compiled.checks, values)
    return Predicate(compiled.test, values, compiled.paths)


def _index(table: Table, name: str | None, consistent: bool) -> Index | None:
    if name is None:
        return None
    found = table.indexes.get(name)
    if found is None:
        raise invalid("The table does not have the specified index")
    if found.backfilling:
        raise invalid(f"Cannot read from backfilling global secondary index: {name}")
    check_simple(found)
    if found.is_global and consistent:
        raise invalid("Strongly consistent read is not supported on Global Secondary Indexes")
    return found


def check_simple(index: Index) -> None:
    if not index.schema.is_simple:
        raise invalid(
            "PartiQL statements cannot be executed on tables with multi-attribute HASH keys or multi-attribute RANGE "
            "keys."
        )


def _reading(table: Table, index: Index | None, select: Select, predicate: Predicate | None) -> Reading:
    heads = {column.path[0] for column in select.columns or ()}
    return Reading(
        table=table,
        index=index,
        limit=None,
        predicate=predicate,
        project=projector(select.columns),
        whole=bool(index and not index.is_global and index.projected is not None and heads - index.projected),
        counts=False,
    )


def projector(columns: tuple[Column, ...] | None) -> Callable[[Item], Item]:
    """What is selected of an item, each value under the last name of its path."""
    if columns is None:
        return lambda item: item
    reads = [(column.name, reader(column.path)) for column in columns]

    def project(item: Item) -> Item:
        found = ((name, read(item, {})) for name, read in reads)
        return {name: value for name, value in found if value is not None}

    return project


# -- key conditions ----------------------------------------------------------------------------------


def _selections(split: Split, schema: Schema, values: Values, select: Select) -> list[Selection]:
    """One for each partition key that is named; none where every item has to be looked at."""
    named = next((t for t in split.tests if t.name == schema.hash.name and t.operator in ("EQ", "IN")), None)
    if named is None:
        return []
    tests = [test for test in split.tests if schema.range is not None and test.name == schema.range.name]
    bounds = tuple(
        bound
        for test in tests
        if schema.range is not None and test.operator != "IN"
        for bound in bounds_of(KeyCondition(test.operator, _typed(test, schema.range, values)), schema.range)
    )
    keys = []
    for value in _typed(named, schema.hash, values):
        content = value[schema.hash.type]
        check_content(content, schema.hash)
        keys.append(ENCODERS[schema.hash.type](content))
    keys = list(dict.fromkeys(keys))
    by_hash = next((order for order in select.order if order.name == schema.hash.name), None)
    if by_hash is not None:
        keys.sort(reverse=not by_hash.forward)
    return [Selection(key, bounds) for key in keys]


def _typed(test: KeyTest, attribute: Attribute, values: Values) -> list[Value]:
    given = [values[name] for name in test.values]
    for value in given:
        check_type(attribute, value)
    return given


def check_type(attribute: Attribute, value: Value) -> None:
    if attribute.type not in value:
        raise invalid(f"Key attribute's data type should match its data type in table's schema: Key {attribute.name}")


def _forward(select: Select, schema: Schema, selections: list[Selection]) -> bool:
    """The direction in which partitions are read, which is all that ORDER BY can ask for."""
    if not select.order:
        return True
    if select.where is None:
        raise invalid("Must have WHERE clause in the statement when using ORDER BY clause.")
    names = {attribute.name for attribute in schema}
    for order in select.order:
        if order.name not in names:
            raise invalid(f"Variable reference {order.name} in ORDER BY clause must be part of the primary key")
    if not selections:
        raise invalid(
            "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause."
        )
    if len(selections) > 1 and schema.hash.name not in {order.name for order in select.order}:
        raise invalid(_NOT_ONE)
    return all(order.forward for order in select.order if order.name != schema.hash.name)


def _check_projected(select: Select, index: Index | None, split: Split | None) -> None:
    """That an index has what is asked of it. A filter is looked at only where the key is given (`split`)."""
    if index is None or index.projected is None:
        return
    missing = dict.fromkeys(str(c.path[0]) for c in select.columns or () if c.path[0] not in index.projected)
    if index.is_global and missing:
        raise invalid(f"{INVALID}Global secondary index {index.name} does not project [{', '.join(missing)}]")
    rest = split.rest if split is not None else ()
    unknown = dict.fromkeys(str(path[0]) for path in rest if path[0] not in index.projected)
    if unknown:
        raise invalid(
            f"{INVALID}Secondary index {index.name} does not project one or more filter attributes: "
            f"[{', '.join(unknown)}]"
        )


# -- reading -----------------------------------------------------------------------------------------


def _read(
    ctx: Context,
    reading: Reading,
    selections: Sequence[Selection | None],
    start: list[Any],
    consistent: bool,
) -> Found:
    found = Found([], capacity.Costs(reading.table))
    first, after = start
    if not 0 <= first < len(selections):
        raise invalid(_BAD_TOKEN)
    size = 0
    for number in range(first, len(selections)):
        reading.selection = selections[number]
        reading.start = _start(reading, after) if number == first and after is not None else None
        page = read_page(ctx, reading, consistent)
        found.items += page.items
        queries.charge(found.costs, reading, page, consistent)
        size += page.size
        if page.last is not None:
            found.last = _key(reading, page.last)
            found.token = [number, found.last]
            break
        if reading.limit is not None:
            reading.limit -= page.scanned
        if number + 1 < len(selections) and (reading.limit == 0 or size >= MAX_PAGE):
            found.token = [number + 1, None]
            break
    return found


def _key(reading: Reading, item: Item) -> Item:
    attributes = (*reading.table.schema, *(reading.index.schema if reading.index else ()))
    return {attribute.name: item[attribute.name] for attribute in attributes}


def _start(reading: Reading, key: Item) -> tuple[Any, ...]:
    found = position(reading, key)
    if found is None:
        raise invalid(_BAD_TOKEN)
    return found


def _parse_token(text: str, signature: str) -> list[Any]:
    try:
        signed, number, key = orjson.loads(base64.b64decode(text, validate=True))
        key = None if key is None else store.load(orjson.dumps(key))
    except (binascii.Error, ValueError, TypeError):
        raise invalid(_BAD_TOKEN) from None
    if signed != signature or not isinstance(number, int):
        raise invalid("NextToken does not match request")
    return [number, key]
