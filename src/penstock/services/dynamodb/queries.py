"""Query and Scan."""

from collections.abc import Callable, Iterable
from typing import Any

from penstock.call import Context
from penstock.services.dynamodb import capacity, key_conditions, keys, legacy
from penstock.services.dynamodb.changes import read_units
from penstock.services.dynamodb.errors import INVALID, in_older_words, invalid
from penstock.services.dynamodb.expressions.request import Expressions, Predicate, expressions
from penstock.services.dynamodb.items import check_names
from penstock.services.dynamodb.key_conditions import START, START_MISMATCH, KeyConditions
from penstock.services.dynamodb.mutations import check_scalar_keys
from penstock.services.dynamodb.pages import Page, Reading, position, read_page
from penstock.services.dynamodb.schema import Index, Schema, Table
from penstock.services.dynamodb.state import lookup
from penstock.services.dynamodb.values import Item, check_item
from penstock.wire.model import Json

_QUERY_EXPRESSIONS = ("KeyConditionExpression", "FilterExpression", "ProjectionExpression")
_QUERY_LEGACY = ("AttributesToGet", "QueryFilter", "ConditionalOperator", "KeyConditions")
_SCAN_EXPRESSIONS = ("FilterExpression", "ProjectionExpression")
_SCAN_LEGACY = ("AttributesToGet", "ScanFilter", "ConditionalOperator")


def query(ctx: Context, request: Json) -> Json:
    found, conditions, predicate = _check_query(request)
    table = lookup(ctx, request["TableName"])
    index = _index(table, request)
    schema = index.schema if index else table.schema
    reading = _reading(request, table, index, found, predicate)
    if "ExclusiveStartKey" in request:
        _check_start_names(request["ExclusiveStartKey"], table, index, START)
    reading.selection = key_conditions.select(conditions, schema)
    reading.forward = request.get("ScanIndexForward", True)
    if "ExclusiveStartKey" in request:
        reading.start = _start(reading, request["ExclusiveStartKey"], START)
        key_conditions.check_start(reading.selection, *reading.start[1:3])
    _check_filter(schema, predicate, "QueryFilter" if "QueryFilter" in request else "Filter Expression")
    _check_reading(request, reading, found)
    return _answer(ctx, request, reading)


def scan(ctx: Context, request: Json) -> Json:
    found, predicate = _check_scan(request)
    table = lookup(ctx, request["TableName"])
    index = _index(table, request)
    reading = _reading(request, table, index, found, predicate)
    if "TotalSegments" in request:
        reading.segment = keys.segment(request["Segment"], request["TotalSegments"])
    if "ExclusiveStartKey" in request:
        _check_start_names(request["ExclusiveStartKey"], table, index, START if index else START_MISMATCH)
        reading.start = _start(reading, request["ExclusiveStartKey"], START_MISMATCH)
        _check_segment(request, reading)
    _check_reading(request, reading, found)
    return _answer(ctx, request, reading)


def _answer(ctx: Context, request: Json, reading: Reading) -> Json:
    consistent = request.get("ConsistentRead", False)
    page = read_page(ctx, reading, consistent)
    response: Json = {"Count": page.count, "ScannedCount": page.scanned}
    if not reading.counts:
        response["Items"] = page.items
    if page.last is not None:
        attributes = (*reading.table.schema, *(reading.index.schema if reading.index else ()))
        response["LastEvaluatedKey"] = {attribute.name: page.last[attribute.name] for attribute in attributes}
    if (asked := capacity.wanted(request)) is not None:
        costs = capacity.Costs(reading.table)
        charge(costs, reading, page, consistent)
        response["ConsumedCapacity"] = costs.report(asked)
    return response


def charge(costs: capacity.Costs, reading: Reading, page: Page, consistent: bool) -> None:
    units = read_units(page.size, consistent)
    if reading.index is None:
        costs.add(units)
    else:
        costs.add(page.fetched, {reading.index.name: units})


# -- checks of the request ---------------------------------------------------------------------------


def _check_query(request: Json) -> tuple[Expressions, KeyConditions, Predicate | None]:
    said = ": FilterExpression and KeyConditionExpression are null"
    found = expressions(request, _QUERY_EXPRESSIONS, _QUERY_LEGACY, said=said)
    predicate = _filter(request, "QueryFilter", found)
    check_names(request.get("AttributesToGet", ()))
    check_item(request.get("ExclusiveStartKey", {}))
    _check_select(request)
    compiled = found.condition("KeyConditionExpression")
    if compiled is not None:
        names = request.get("ExpressionAttributeNames", {})
        return found, key_conditions.from_expression(compiled, names, found.values), predicate
    if "KeyConditions" not in request:
        message = "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
        raise invalid(message)
    return found, key_conditions.from_legacy(request["KeyConditions"]), predicate


@in_older_words
def _check_scan(request: Json) -> tuple[Expressions, Predicate | None]:
    found = expressions(request, _SCAN_EXPRESSIONS, _SCAN_LEGACY, wrapped=True, said=": FilterExpression is null")
    check_names(request.get("AttributesToGet", ()))
    predicate = _filter(request, "ScanFilter", found)
    check_item(request.get("ExclusiveStartKey", {}))
    _check_segments(request)
    _check_select(request)
    return found, predicate


def _filter(request: Json, parameter: str, found: Expressions) -> Predicate | None:
    given, operator = request.get(parameter), request.get("ConditionalOperator")
    legacy.check_operator(given, operator, "Filter or Expected")
    if given:
        legacy.check_conditions(given)
        return legacy.predicate(given, operator)
    return found.predicate("FilterExpression")


def _check_segments(request: Json) -> None:
    segment, total = request.get("Segment"), request.get("TotalSegments")
    required = "parameter is required but was not present in the request when"
    if segment is not None and total is None:
        raise invalid(f"The TotalSegments {required} Segment parameter is present")
    if total is not None and segment is None:
        raise invalid(f"The Segment {required} parameter TotalSegments is present")
    if segment is not None and total is not None and segment >= total:
        raise invalid(
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
            f"Segment: {segment} is not less than TotalSegments: {total}"
        )


def _check_select(request: Json) -> None:
    wanted = request.get("Select")
    named = next((name for name in ("ProjectionExpression", "AttributesToGet") if name in request), None)
    fault = None
    if wanted == "SPECIFIC_ATTRIBUTES" and named is None:
        fault = "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"
    elif wanted not in (None, "SPECIFIC_ATTRIBUTES") and named is not None:
        shown = "only the Count" if wanted == "COUNT" else wanted
        fault = f"Cannot specify the {named} when choosing to get {shown}"
    elif wanted == "ALL_PROJECTED_ATTRIBUTES" and "IndexName" not in request:
        fault = "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"
    if fault is not None:
        raise invalid(f"1 validation error detected: {fault}")


# -- checks against the table ------------------------------------------------------------------------


def _index(table: Table, request: Json) -> Index | None:
    name = request.get("IndexName")
    if name is None:
        return None
    found = table.indexes.get(name)
    if found is None:
        raise invalid(f"The table does not have the specified index: {name}")
    if found.backfilling:
        raise invalid(f"Cannot read from backfilling global secondary index: {name}")
    if found.is_global and request.get("ConsistentRead"):
        raise invalid("Consistent reads are not supported on global secondary indexes")
    return found


def _reading(
    request: Json, table: Table, index: Index | None, found: Expressions, predicate: Predicate | None
) -> Reading:
    project, names = _projection(request, found)
    kept = index.projected if index else None
    needs_more = kept is not None and bool(names - kept)
    return Reading(
        table=table,
        index=index,
        limit=request.get("Limit"),
        predicate=predicate,
        project=project,
        whole=index is not None and not index.is_global and (request.get("Select") == "ALL_ATTRIBUTES" or needs_more),
        counts=request.get("Select") == "COUNT",
    )


def _projection(request: Json, found: Expressions) -> tuple[Callable[[Item], Item], set[str]]:
    """What to keep of an item, and the attributes that are asked for."""
    if found.projection is not None:
        return found.projection.project, {str(path[0]) for path in found.projection.paths}
    names = request.get("AttributesToGet")
    if names is not None:
        return lambda item: {name: item[name] for name in names if name in item}, set(names)
    return lambda item: item, set()


def _check_reading(request: Json, reading: Reading, found: Expressions) -> None:
    index = reading.index
    if found.projection is not None:
        check_scalar_keys(reading.table, found.projection.paths)
    if reading.predicate is not None:
        check_scalar_keys(reading.table, reading.predicate.paths)
    if index is None or not index.is_global or index.projected is None:
        return
    if request.get("Select") == "ALL_ATTRIBUTES":
        raise invalid(
            f"{INVALID}Select type ALL_ATTRIBUTES is not supported for global secondary index {index.name} "
            "because its projection type is not ALL"
        )
    missing = sorted(_projection(request, found)[1] - index.projected)
    if missing:
        raise invalid(f"{INVALID}Global secondary index {index.name} does not project [{', '.join(missing)}]")


def _check_filter(schema: Schema, predicate: Predicate | None, parameter: str) -> None:
    """A Query has its key conditions for the keys."""
    heads = {path[0] for path in predicate.paths} if predicate else set()
    for attribute in schema:
        if attribute.name in heads:
            message = f"can only contain non-primary key attributes: Primary key attribute: {attribute.name}"
            raise invalid(f"{parameter} {message}")


def _check_start_names(given: Item, table: Table, index: Index | None, fault: str) -> None:
    attributes: Iterable[Any] = (*table.schema, *(index.schema if index else ()))
    if given.keys() != {attribute.name for attribute in attributes}:
        raise invalid(fault)


def _start(reading: Reading, given: Item, fault: str) -> tuple[Any, ...]:
    found = position(reading, given)
    if found is None:
        raise invalid(fault)
    return found


def _check_segment(request: Json, reading: Reading) -> None:
    if reading.segment is None or reading.start is None:
        return
    first, last = reading.segment
    if not first <= reading.start[0] < last:
        raise invalid(
            f"{START}: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. "
            f"TotalSegments: {request['TotalSegments']} Segment: {request['Segment']}"
        )
