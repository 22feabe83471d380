"""One item: get, put, update, delete.

What is wrong with a request is said before its table is looked for.
"""

from typing import Any

from penstock.call import Context
from penstock.services.dynamodb import capacity, changes, legacy, mutations, store
from penstock.services.dynamodb.changes import Change, IndexUnits, read_units, write_units
from penstock.services.dynamodb.errors import INVALID, enveloped, invalid
from penstock.services.dynamodb.expressions.paths import projector
from penstock.services.dynamodb.expressions.request import Expressions, Predicate, expressions
from penstock.services.dynamodb.mutations import Mutation, check_scalar_keys
from penstock.services.dynamodb.state import lookup
from penstock.services.dynamodb.values import MAX_ITEM_SIZE, Item, Stored, check_item, check_name
from penstock.wire.model import Json


def get_item(ctx: Context, request: Json) -> Json:
    found = check_get(request)
    table = lookup(ctx, request["TableName"])
    key = table.key(request["Key"])
    if found.projection is not None:
        check_scalar_keys(table, found.projection.paths)
    row = ctx.store.one(store.SELECT_ITEM, table.id, *key)
    response: Json = {} if row is None else {"Item": project(store.load(row[0]), request, found)}
    if "ReturnConsumedCapacity" in request and (asked := capacity.wanted(request)):
        costs = capacity.Costs(table)
        costs.add(read_units(row[1] if row else 0, request.get("ConsistentRead", False)))
        response["ConsumedCapacity"] = costs.report(asked)
    return response


def check_get(request: Json) -> Expressions:
    """A GetItem, or an entry of BatchGetItem, but for its key's place in a table."""
    found = expressions(request, ("ProjectionExpression",), ("AttributesToGet",))
    if "Key" in request:
        check_item(request["Key"])
    check_names(request.get("AttributesToGet", ()))
    return found


def check_names(names: Any) -> None:
    """AttributesToGet names an attribute once."""
    for name in names:
        check_name(name)
    if len(set(names)) < len(names):
        twice = next(name for index, name in enumerate(names) if name in names[:index])
        raise invalid(f"{INVALID}Duplicate value in attribute name: {twice}")


def project(item: Item, request: Json, found: Expressions) -> Item:
    if found.projection is not None:
        return found.projection.project(item)
    if "AttributesToGet" in request:
        return {name: item[name] for name in request["AttributesToGet"] if name in item}
    return item


# -- writes ------------------------------------------------------------------------------------------


def put_item(ctx: Context, request: Json) -> Json:
    item = request["Item"]
    size, predicate = _check_put(request)
    table = lookup(ctx, request["TableName"])
    key = table.place(item)
    mutation = Mutation(table, key, mutations.put(item, size), predicate, _returns_item(request))
    change = mutation.evaluate(ctx)
    return _answer(ctx, request, change, changes.write(ctx, change))


def delete_item(ctx: Context, request: Json) -> Json:
    predicate = _check_delete(request)
    table = lookup(ctx, request["TableName"])
    key = table.key(request["Key"])
    change = Mutation(table, key, mutations.delete, predicate, _returns_item(request)).evaluate(ctx)
    return _answer(ctx, request, change, changes.write(ctx, change))


def update_item(ctx: Context, request: Json) -> Json:
    found, predicate = _check_update(request)
    table = lookup(ctx, request["TableName"])
    key = table.key(request["Key"])
    make = mutations.update(table, request["Key"], request, found)
    change = Mutation(table, key, make, predicate, _returns_item(request)).evaluate(ctx)
    units = changes.write(ctx, change)
    response = _answer(ctx, request, change, units)
    wanted = request.get("ReturnValues", "NONE")
    if wanted not in ("NONE", "ALL_OLD"):
        attributes = updated_attributes(wanted, change, request, found)
        if attributes:
            response["Attributes"] = attributes
    return response


def updated_attributes(wanted: str, change: Change, request: Json, found: Expressions) -> Item:
    image = change.old if wanted.endswith("OLD") else change.new
    if image is None or wanted.startswith("ALL"):
        return image.item if image else {}
    paths = found.update.paths if found.update else tuple((name,) for name in request.get("AttributeUpdates", ()))
    return projector(paths)(image.item)


def _returns_item(request: Json) -> bool:
    return request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"


def _answer(ctx: Context, request: Json, change: Change, units: IndexUnits) -> Json:
    response: Json = {}
    if change.old is not None and request.get("ReturnValues") == "ALL_OLD":
        response["Attributes"] = change.old.item
    if "ReturnConsumedCapacity" in request and (asked := capacity.wanted(request)):
        costs = capacity.Costs(change.table)
        costs.add(change_units(change), units)
        response["ConsumedCapacity"] = costs.report(asked)
    if request.get("ReturnItemCollectionMetrics") == "SIZE" and change.table.has_collections:
        item = request.get("Item") or request["Key"]
        response["ItemCollectionMetrics"] = capacity.collection_metrics(ctx, change.table, change.key, item)
    return response


def change_units(change: Change) -> float:
    """A write is charged for the larger of the two images."""
    return write_units(max(_size(change.old), _size(change.new)))


def _size(stored: Stored | None) -> int:
    return stored.size if stored else 0


# -- checks ------------------------------------------------------------------------------------------


@enveloped
def _check_put(request: Json) -> tuple[int, Predicate | None]:
    predicate = _condition(request)
    size = check_item(request["Item"])
    if size > MAX_ITEM_SIZE:
        raise invalid(mutations.TOO_LARGE)
    _check_return_values(request)
    return size, predicate


@enveloped
def _check_delete(request: Json) -> Predicate | None:
    predicate = _condition(request)
    check_item(request["Key"])
    _check_return_values(request)
    return predicate


@enveloped
def _check_update(request: Json) -> tuple[Expressions, Predicate | None]:
    found = expressions(
        request, ("UpdateExpression", "ConditionExpression"), ("AttributeUpdates", "Expected", "ConditionalOperator")
    )
    check_item(request["Key"])
    legacy.check_updates(request.get("AttributeUpdates", {}))
    return found, found.predicate("ConditionExpression") or _expected(request)


def _condition(request: Json) -> Predicate | None:
    found = expressions(request, ("ConditionExpression",), ("Expected", "ConditionalOperator"))
    return found.predicate("ConditionExpression") or _expected(request)


def _expected(request: Json) -> Predicate | None:
    expected, operator = request.get("Expected"), request.get("ConditionalOperator")
    legacy.check_operator(expected, operator, "Filter or Expected")
    if expected is None:
        return None
    legacy.check_expected(expected)
    return legacy.predicate(expected, operator)


def _check_return_values(request: Json) -> None:
    if request.get("ReturnValues", "NONE") not in ("NONE", "ALL_OLD"):
        raise invalid("ReturnValues can only be ALL_OLD or NONE")
