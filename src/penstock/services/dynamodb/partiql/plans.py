"""A WHERE clause against a key: what selects items by it, and what is left to be tested.

Compiled once per text; nothing here looks at an item or at the values of a request.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from penstock.services.dynamodb.errors import invalid
from penstock.services.dynamodb.expressions.checks import Check
from penstock.services.dynamodb.expressions.conditions import CompiledCondition, compile_condition, operands
from penstock.services.dynamodb.expressions.paths import Values
from penstock.services.dynamodb.expressions.tree import (
    Condition,
    Elements,
    ExpressionError,
    Logic,
    Operation,
    Path,
    Placeholder,
)
from penstock.services.dynamodb.expressions.tree import Update as UpdateTree
from penstock.services.dynamodb.expressions.updates import CompiledUpdate, compile_update
from penstock.services.dynamodb.partiql.parser import parse
from penstock.services.dynamodb.partiql.tree import Exists, Insert, Update

_KEPT = 1024  # statements; those with their values written into them are many
_TURNED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_OPERATORS = {
    "=": "EQ",
    "<": "LT",
    "<=": "LE",
    ">": "GT",
    ">=": "GE",
    "BETWEEN": "BETWEEN",
    "begins_with": "BEGINS_WITH",
    "IN": "IN",
}


class KeyTest(NamedTuple):
    """A condition on a key attribute: a ComparisonOperator and the placeholders it compares with."""

    name: str
    operator: str
    values: tuple[str, ...]


class Split(NamedTuple):
    """`tests` on the key that all have to hold, and the paths of what is left."""

    tests: tuple[KeyTest, ...]
    rest: tuple[Elements, ...]
    leaves: int  # conditions that are not among `tests`


@lru_cache(maxsize=_KEPT)
def condition(text: str) -> CompiledCondition | None:
    """The whole WHERE clause of a statement."""
    where = _where(text)
    return None if where is None else compile_condition(where, _names(where))


@lru_cache(maxsize=_KEPT)
def update(text: str) -> CompiledUpdate:
    statement = parse(text)
    assert isinstance(statement, Update)
    names: dict[str, str] = {}
    for action in statement.actions:
        names |= _names(action.path)
        names |= _names(action.operand) if action.operand is not None else {}
    return compile_update(UpdateTree(statement.actions, None), names)


def check(checks: tuple[Check, ...], values: Values) -> None:
    try:
        for one in checks:
            one(values)
    except ExpressionError as error:
        raise invalid(str(error)) from None


@lru_cache(maxsize=_KEPT)
def split(text: str, keys: tuple[str, ...]) -> Split:
    where = _where(text)
    tests, rest, leaves = [], [], 0
    for part in _conjuncts(where) if where is not None else ():
        test = _key_test(part, keys)
        if test is None:
            leaves += 1
            rest += [operand.elements for operand in operands(part) if isinstance(operand, Path)]
        else:
            tests.append(test)
    return Split(tuple(tests), tuple(rest), leaves)


def _where(text: str) -> Condition | None:
    statement = parse(text)
    if isinstance(statement, Exists):
        return statement.select.where
    return None if isinstance(statement, Insert) else statement.where


def _names(node: Condition | Path | Placeholder) -> dict[str, str]:
    """Names that begin with `#` are not placeholders here: they stand for themselves."""
    paths = (operand for operand in operands(node) if isinstance(operand, Path))
    return {name: name for path in paths for name in path.elements if isinstance(name, str) and name[:1] == "#"}


def _conjuncts(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, Logic) and condition.operator == "AND":
        for part in condition.parts:
            yield from _conjuncts(part)
    else:
        yield condition


def _key_test(condition: Condition, keys: tuple[str, ...]) -> KeyTest | None:
    if not isinstance(condition, Operation) or condition.operator not in _OPERATORS:
        return None
    operator, (first, *others) = condition.operator, condition.operands
    if isinstance(first, Placeholder) and operator in _TURNED and isinstance(others[0], Path):
        operator, first, others = _TURNED[operator], others[0], [first]
    values = tuple(operand.name for operand in others if isinstance(operand, Placeholder))
    if not isinstance(first, Path) or len(first.elements) > 1 or first.elements[0] not in keys:
        return None
    return KeyTest(str(first.elements[0]), _OPERATORS[operator], values) if len(values) == len(others) else None
