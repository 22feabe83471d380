"""Condition, filter and key condition expressions: tree to a function `(item, values) -> bool`.

An attribute that is not there makes every comparison false but `<>`; a type that an operator does not order makes it
false too, while a value in the request of such a type is refused before anything is evaluated.
"""

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from penstock.services.dynamodb.expressions.checks import FUNCTIONS, Check, condition_checks
from penstock.services.dynamodb.expressions.paths import Names, Read, Values, placeholders, reader, resolve
from penstock.services.dynamodb.expressions.tree import (
    Condition,
    Elements,
    Logic,
    Operand,
    Operation,
    Path,
    Placeholder,
)
from penstock.services.dynamodb.values import SET_TYPES, Item, Value, compare, type_of

Test = Callable[[Item, Values], bool]


@dataclass(frozen=True, slots=True)
class CompiledCondition:
    """`test` says whether an item meets the condition once `checks` have passed the request's values."""

    test: Test
    checks: tuple[Check, ...]
    condition: Condition
    names: frozenset[str]
    values: frozenset[str]
    paths: tuple[Elements, ...]


def compile_condition(condition: Condition, names: Names) -> CompiledCondition:
    paths, values = [], []
    for operand in operands(condition):
        if isinstance(operand, Path):
            paths.append(operand)
        elif isinstance(operand, Placeholder):
            values.append(operand.name)
    return CompiledCondition(
        test=_test(condition, names),
        checks=tuple(condition_checks(condition, names)),
        condition=condition,
        names=frozenset(name for path in paths for name in placeholders(path)),
        values=frozenset(values),
        paths=tuple(resolve(path, names) for path in paths),
    )


def operands(node: Condition | Operand) -> Iterator[Operand]:
    """Every operand below `node`, in the order of the text."""
    below: tuple[Any, ...] = ()
    if isinstance(node, Logic):
        below = node.parts
    elif isinstance(node, Operation):
        below = node.operands
    else:
        yield node
    for part in below:
        yield from operands(part)


def _test(condition: Condition, names: Names) -> Test:
    if isinstance(condition, Logic):
        return _LOGIC[condition.operator](*(_test(part, names) for part in condition.parts))
    count = len(condition.operands)
    if FUNCTIONS.get(condition.operator, count) != count:
        return lambda item, values: False  # the checks refuse it
    return TESTS[condition.operator]([read_operand(operand, names) for operand in condition.operands])


def read_operand(operand: Operand, names: Names) -> Read:
    if isinstance(operand, Path):
        return reader(resolve(operand, names))
    if isinstance(operand, Placeholder):
        name = operand.name
        return lambda item, values: values[name]
    [sized, *_] = [read_operand(inner, names) for inner in operand.operands]
    return _size(sized)


def _size(read: Read) -> Read:
    def size(item: Item, values: Values) -> Value | None:
        value = read(item, values)
        if value is None or type_of(value) in ("N", "BOOL", "NULL"):
            return None
        return {"N": str(len(value[type_of(value)]))}

    return size


# -- logic -------------------------------------------------------------------------------------------


def _and(left: Test, right: Test) -> Test:
    return lambda item, values: left(item, values) and right(item, values)


def _or(left: Test, right: Test) -> Test:
    return lambda item, values: left(item, values) or right(item, values)


def _not(part: Test) -> Test:
    return lambda item, values: not part(item, values)


_LOGIC: dict[str, Callable[..., Test]] = {"AND": _and, "OR": _or, "NOT": _not}


# -- operators and functions -------------------------------------------------------------------------


def _of_two(holds: Callable[[Value, Value], bool]) -> Callable[[list[Read]], Test]:
    """An operator that is false where an operand is missing."""

    def build(reads: list[Read]) -> Test:
        left, right = reads

        def test(item: Item, values: Values) -> bool:
            one, other = left(item, values), right(item, values)
            return one is not None and other is not None and holds(one, other)

        return test

    return build


def _ordered(holds: Callable[[int], bool]) -> Callable[[list[Read]], Test]:
    def ordered(left: Value, right: Value) -> bool:
        order = compare(left, right)
        return order is not None and holds(order)

    return _of_two(ordered)


def _unequal(reads: list[Read]) -> Test:
    return _not(TESTS["="](reads))


def _between(reads: list[Read]) -> Test:
    value, low, high = reads
    above, below = TESTS[">="]([value, low]), TESTS["<="]([value, high])
    return _and(above, below)


def _in(reads: list[Read]) -> Test:
    value, *options = reads
    tests = [TESTS["="]([value, option]) for option in options]
    return lambda item, values: any(test(item, values) for test in tests)


def _exists(reads: list[Read]) -> Test:
    [read] = reads[:1]
    return lambda item, values: read(item, values) is not None


def _not_exists(reads: list[Read]) -> Test:
    [read] = reads[:1]
    return lambda item, values: read(item, values) is None


def _has_type(value: Value, wanted: Value) -> bool:
    return wanted.get("S") in value


def _begins_with(value: Value, prefix: Value) -> bool:
    kind = type_of(value)
    return kind in ("S", "B") and kind in prefix and bool(value[kind].startswith(prefix[kind]))


def contains(value: Value, sought: Value) -> bool:
    """A substring, a member of a set, or an element of a list."""
    kind, member = type_of(value), type_of(sought)
    if kind in ("S", "B"):
        return kind == member and sought[kind] in value[kind]
    if kind in SET_TYPES:
        return kind == member + "S" and sought[member] in value[kind]
    return kind == "L" and sought in value["L"]


TESTS: dict[str, Callable[[list[Read]], Test]] = {
    "=": _of_two(operator.eq),
    "<>": _unequal,
    "<": _ordered(lambda order: order < 0),
    "<=": _ordered(lambda order: order <= 0),
    ">": _ordered(lambda order: order > 0),
    ">=": _ordered(lambda order: order >= 0),
    "BETWEEN": _between,
    "IN": _in,
    "attribute_exists": _exists,
    "attribute_not_exists": _not_exists,
    "attribute_type": _of_two(_has_type),
    "begins_with": _of_two(_begins_with),
    "contains": _of_two(contains),
}
