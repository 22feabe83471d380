"""Put, update, delete and condition check, alike for single writes, batches and transactions.

A mutation is made from a request whose own checks have passed. `evaluate` reads the item, holds the condition against
it and says what would change; `changes.write` then does it. A transaction evaluates all before it writes any.
"""

from collections.abc import Callable
from dataclasses import dataclass

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.dynamodb import changes, legacy
from penstock.services.dynamodb.changes import Change
from penstock.services.dynamodb.errors import INVALID, condition_failed, invalid
from penstock.services.dynamodb.expressions.request import Expressions, Predicate
from penstock.services.dynamodb.expressions.tree import Elements
from penstock.services.dynamodb.expressions.updates import static_type
from penstock.services.dynamodb.keys import Key
from penstock.services.dynamodb.schema import Table, check_updated_index_keys, index_mismatch
from penstock.services.dynamodb.values import MAX_ITEM_SIZE, Item, Stored, check_depth, item_size
from penstock.wire.model import Json

TOO_LARGE = "Item size has exceeded the maximum allowed size"
_TOO_LARGE_UPDATE = "Item size to update has exceeded the maximum allowed size"

Make = Callable[[Stored | None], Stored | None]


@dataclass(slots=True)
class Mutation:
    """`make` gives the new item from the old one; without it nothing changes, only the condition is checked."""

    table: Table
    key: Key
    make: Make | None
    predicate: Predicate | None = None
    returns_item: bool = False  # ReturnValuesOnConditionCheckFailure: ALL_OLD
    refuse: Callable[[Item | None], AwsError] = condition_failed

    def evaluate(self, ctx: Context) -> Change:
        """Raises ConditionalCheckFailedException, or ValidationException for what the item does not allow."""
        old = changes.read(ctx, self.table, self.key)
        if self.predicate is not None and not self.predicate(old.item if old else {}):
            raise self.refuse(old.item if old and self.returns_item else None)
        return Change(self.table, self.key, old, self.make(old) if self.make else old)


def put(item: Item, size: int) -> Make:
    new = Stored(item, size)
    return lambda old: new


def delete(old: Stored | None) -> None:
    return None


def update(table: Table, key: Item, request: Json, found: Expressions) -> Make:
    """Raises ValidationException for actions that no item of the table allows."""
    compiled = found.update
    if compiled is not None:
        _check_paths(table, compiled.paths)
        _check_static_types(table, found)
        values = found.values

        def make(old: Item) -> Item:
            return compiled.apply(old, values)

        only_removes = compiled.only_removes
        nested = any(len(path) > 1 for path in compiled.paths)
    else:
        updates = request.get("AttributeUpdates", {})
        _check_paths(table, tuple((name,) for name in updates))
        _check_update_types(table, updates)

        def make(old: Item) -> Item:
            return legacy.apply_updates(updates, old)

        only_removes = bool(updates) and all(given.get("Action") == "DELETE" for given in updates.values())
        nested = False
    return lambda old: _updated(table, key, old, make, only_removes, nested)


def _updated(
    table: Table, key: Item, old: Stored | None, make: Callable[[Item], Item], only_removes: bool, nested: bool
) -> Stored | None:
    before = old.item if old else key
    new = make(before)
    for index in table.indexes.values():
        check_updated_index_keys(index, old.item if old else {}, new)
    if nested:
        check_depth(new)
    size = item_size(new)
    if size > MAX_ITEM_SIZE:
        raise invalid(_TOO_LARGE_UPDATE)
    if old is None and only_removes:
        return None
    return Stored(new, size)


def _check_paths(table: Table, paths: tuple[Elements, ...]) -> None:
    heads = {path[0] for path in paths}
    for attribute in table.schema:
        if attribute.name in heads:
            message = f"Cannot update attribute {attribute.name}. This attribute is part of the key"
            raise invalid(INVALID + message)
    check_scalar_keys(table, paths)


def check_scalar_keys(table: Table, paths: tuple[Elements, ...]) -> None:
    """No path leads into a key attribute."""
    nested = {path[0] for path in paths if len(path) > 1}
    if not nested:
        return
    message = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed"
    for attribute in table.schema:
        if attribute.name in nested:
            raise invalid(f"{message}: Key: {attribute.name}")
    for index in table.indexes.values():
        for attribute in index.schema:
            if attribute.name in nested:
                raise invalid(f"{message}: IndexKey: {attribute.name}")


def _check_static_types(table: Table, found: Expressions) -> None:
    """That an index key is not given a value of another type, as far as the request tells."""
    compiled = found.update
    if compiled is None or not table.indexes:
        return
    types = {
        path[0]: static_type(action, found.values)
        for action, path in zip(compiled.update.actions, compiled.paths, strict=True)
        if len(path) == 1
    }
    _check_types(table, {name: kind for name, kind in types.items() if kind is not None})


def _check_update_types(table: Table, updates: Json) -> None:
    values = {name: given.get("Value") for name, given in updates.items() if given.get("Action") != "DELETE"}
    _check_types(table, {name: next(iter(value)) for name, value in values.items() if value})


def _check_types(table: Table, types: dict[str | int, str]) -> None:
    for index in table.indexes.values():
        for attribute in index.schema:
            kind = types.get(attribute.name, attribute.type)
            if kind != attribute.type:
                raise index_mismatch(index, attribute, kind)
