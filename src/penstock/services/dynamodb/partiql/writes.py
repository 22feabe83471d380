"""INSERT, UPDATE, DELETE and EXISTS as the mutations that the writes and transactions run.

An UPDATE makes no item, and a DELETE of nothing is no failure whatever its condition says.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.update.html
"""

from typing import NamedTuple

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.dynamodb import mutations
from penstock.services.dynamodb.changes import Change
from penstock.services.dynamodb.errors import invalid
from penstock.services.dynamodb.expressions.conditions import Test
from penstock.services.dynamodb.expressions.paths import Values
from penstock.services.dynamodb.expressions.request import NO_EXPRESSIONS, Expressions, Predicate
from penstock.services.dynamodb.items import updated_attributes
from penstock.services.dynamodb.mutations import Mutation
from penstock.services.dynamodb.partiql import plans
from penstock.services.dynamodb.partiql.selects import check, check_type
from penstock.services.dynamodb.partiql.tree import Delete, Exists, Insert, Update, Write
from penstock.services.dynamodb.schema import Table
from penstock.services.dynamodb.state import lookup
from penstock.services.dynamodb.values import MAX_ITEM_SIZE, SET_TYPES, Item, check_item, type_of

NO_KEY = "Where clause does not contain a mandatory equality on all key attributes"


class Bound(NamedTuple):
    """A write with its values, checked as far as it can be without its table."""

    text: str
    statement: Write | Exists
    values: Values
    predicate: Predicate | None
    expressions: Expressions

    @property
    def returning(self) -> str:
        return self.statement.returning if isinstance(self.statement, Update | Delete) else ""


def bound(text: str, statement: Write | Exists, values: Values) -> Bound:
    """Raises ValidationException."""
    if isinstance(statement, Insert):
        return Bound(text, statement, values, None, NO_EXPRESSIONS)
    predicate = check(text, values)
    found = NO_EXPRESSIONS
    if isinstance(statement, Update):
        for placeholder, fault in statement.bags:
            if type_of(values[placeholder.name]) not in SET_TYPES:
                raise fault
        compiled = plans.update(text)
        plans.check(compiled.checks, values)
        found = Expressions({"UpdateExpression": compiled}, values)
    return Bound(text, statement, values, predicate, found)


def mutation(ctx: Context, write: Bound, returns_item: bool) -> Mutation:
    """Raises ResourceNotFoundException, or ValidationException for what the table does not allow."""
    table = lookup(ctx, write.statement.table)
    if isinstance(write.statement, Insert):
        return _insert(table, write.values[write.statement.item.name]["M"])
    key = key_of(table, write.text, write.values)
    predicate = Predicate(_test(write, key), write.values, write.predicate.paths if write.predicate else ())
    mutations.check_scalar_keys(table, predicate.paths)
    make = None
    if isinstance(write.statement, Update):
        make = mutations.update(table, key, {}, write.expressions)
    elif isinstance(write.statement, Delete):
        make = mutations.delete
    return Mutation(table, table.key(key), make, predicate, returns_item)


def _test(write: Bound, key: Item) -> Test:
    """The condition, and what it is where there is no item: false for an UPDATE, nothing to a DELETE, and for EXISTS,
    which is a condition check, the same as for an item without attributes."""
    test: Test = write.predicate.test if write.predicate else lambda item, values: True
    if isinstance(write.statement, Exists):
        return lambda item, values: test(item or key, values)
    missing = isinstance(write.statement, Delete)
    return lambda item, values: test(item, values) if item else missing


def _insert(table: Table, item: Item) -> Mutation:
    for attribute in table.schema:
        if attribute.name not in item:
            raise invalid(f"Key attribute should be present in the item: Key {attribute.name}")
        check_type(attribute, item[attribute.name])
    size = check_item(item)
    if size > MAX_ITEM_SIZE:
        raise invalid(mutations.TOO_LARGE)
    absent = Predicate(lambda item, values: not item, {}, ())
    return Mutation(table, table.place(item), mutations.put(item, size), absent, refuse=_duplicate)


def _duplicate(item: Item | None) -> AwsError:
    return AwsError("DuplicateItemException", "Duplicate primary key exists in table")


def key_of(table: Table, text: str, values: Values) -> Item:
    """The one key that a WHERE clause names. Raises ValidationException."""
    split = plans.split(text, tuple(attribute.name for attribute in table.schema))
    key: Item = {}
    for test in split.tests:
        if test.operator != "EQ":
            continue
        if test.name in key:
            raise invalid(
                f"Multiple conditions on same key {test.name}. Only single item Update/Insert/Delete are supported"
            )
        [name] = test.values
        key[test.name] = values[name]
    for attribute in table.schema:
        if attribute.name not in key:
            raise invalid(NO_KEY)
        check_type(attribute, key[attribute.name])
    return key


def returned(write: Bound, change: Change) -> list[Item]:
    """What RETURNING asks for: one item, or none where there is nothing to return."""
    if not write.returning:
        return []
    found = updated_attributes(write.returning, change, {}, write.expressions)
    return [found] if found else []
