"""Which items of a partition a Query asks for: KeyConditionExpression or KeyConditions into one range of key bytes.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from penstock.services.dynamodb import legacy
from penstock.services.dynamodb.errors import INVALID, KEY_MISMATCH, invalid
from penstock.services.dynamodb.expressions.conditions import CompiledCondition
from penstock.services.dynamodb.expressions.paths import Names, Values, resolve
from penstock.services.dynamodb.expressions.tree import Condition, Logic, Operand, Operation, Path, Placeholder
from penstock.services.dynamodb.keys import ENCODERS, component, joined, successor
from penstock.services.dynamodb.schema import Attribute, Schema, check_content
from penstock.services.dynamodb.values import Value

_COMPARISONS = {"=": "EQ", "<": "LT", "<=": "LE", ">": "GT", ">=": "GE"}
_TURNED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_OPERATORS = {**_COMPARISONS, "BETWEEN": "BETWEEN", "begins_with": "BEGINS_WITH"}
_NOT_INDEXABLE = frozenset(("NULL", "NOT_NULL", "NE", "CONTAINS", "NOT_CONTAINS", "IN"))
_ONE_EACH = "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key"


class KeyCondition(NamedTuple):
    """A ComparisonOperator and its values."""

    operator: str
    values: list[Value]


KeyConditions = dict[str, KeyCondition]


class Bound(NamedTuple):
    """A comparison of the sort key's bytes: `>=`, `>`, `<=` or `<`."""

    operator: str
    key: bytes


class Selection(NamedTuple):
    """The items to read: those of one partition whose sort keys are within the bounds."""

    hash: bytes
    bounds: tuple[Bound, ...]


# -- conditions --------------------------------------------------------------------------------------


def from_expression(compiled: CompiledCondition, names: Names, values: Values) -> KeyConditions:
    found: KeyConditions = {}
    for operation in _conjuncts(compiled.condition):
        name, condition = _key_condition(operation, names, values)
        if name in found:
            raise invalid(_ONE_EACH)
        found[name] = condition
    return found


def from_legacy(given: Mapping[str, Mapping[str, Any]]) -> KeyConditions:
    legacy.check_conditions(given)
    if not given:
        raise invalid("Conditions can be of length 1 or 2 only")
    return {name: KeyCondition(c["ComparisonOperator"], c.get("AttributeValueList", [])) for name, c in given.items()}


def _conjuncts(condition: Condition) -> Iterator[Operation]:
    if isinstance(condition, Operation):
        yield condition
        return
    if condition.operator != "AND":
        raise invalid(f"Invalid operator used in KeyConditionExpression: {condition.operator}")
    for part in condition.parts:
        yield from _conjuncts(part)


def _key_condition(operation: Operation, names: Names, values: Values) -> tuple[str, KeyCondition]:
    operator, operands = operation.operator, operation.operands
    if operator not in _OPERATORS:
        raise invalid(f"Invalid operator used in KeyConditionExpression: {operator}")
    if any(isinstance(operand, Operation | Logic) for operand in operands):
        raise invalid("KeyConditionExpressions cannot contain nested operations")
    if operator not in _COMPARISONS and not isinstance(operands[0], Path):
        message = f"{operator} operator must have the key attribute as its first operand"
        raise invalid(f"Invalid condition in KeyConditionExpression: {message}")
    name = _attribute(operands, names)
    if isinstance(operands[1], Path):
        operator = _TURNED[operator]
    given = [values[operand.name] for operand in operands if isinstance(operand, Placeholder)]
    return name, KeyCondition(_OPERATORS[operator], given)


def _attribute(operands: tuple[Operand, ...], names: Names) -> str:
    """The one attribute that a clause is about."""
    paths = [resolve(operand, names) for operand in operands if isinstance(operand, Path)]
    if len(paths) > 1:
        raise invalid("Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition")
    if not paths:
        raise invalid("Invalid condition in KeyConditionExpression: No key attribute specified")
    name, *below = paths[0]
    if below:
        raise invalid("KeyConditionExpressions cannot have conditions on nested attributes")
    assert isinstance(name, str)
    return name


# -- against a schema --------------------------------------------------------------------------------


def select(conditions: KeyConditions, schema: Schema) -> Selection:
    """Raises ValidationException for conditions that are none on this key."""
    attributes = list(schema)
    if len(conditions) > max(2, len(attributes)):
        raise invalid(
            f"The number of query conditions ({len(conditions)}) exceeds the number of key attributes "
            f"defined in the schema ({len(attributes)})"
        )
    if len(conditions) > len(attributes):
        raise invalid("Query key condition not supported")
    if len(schema.hashes) > 1:
        _check_hashes(conditions, schema.hashes)
    unknown = len(conditions.keys() - {attribute.name for attribute in attributes})
    for attribute in attributes:
        _check(conditions, attribute, attribute in schema.hashes, unknown > 0)
    if len(schema.ranges) > 1:
        _check_gaps(conditions, schema.ranges)
    bounds: tuple[Bound, ...] = ()
    named = [attribute for attribute in schema.ranges if attribute.name in conditions]
    if named:
        *before, last = named
        prefix = b"".join(component(_encoded(conditions, attribute)) for attribute in before)
        is_last = last is schema.ranges[-1]
        bounds = bounds_of(conditions[last.name], last, prefix, is_last)
    return Selection(joined([_encoded(conditions, attribute) for attribute in schema.hashes]), bounds)


def _encoded(conditions: KeyConditions, attribute: Attribute) -> bytes:
    """The key bytes that an equality asks for."""
    [value] = conditions[attribute.name].values
    content = value[attribute.type]
    check_content(content, attribute)
    return ENCODERS[attribute.type](content)


def _check_hashes(conditions: KeyConditions, hashes: tuple[Attribute, ...]) -> None:
    """Of several partition key attributes every one has to be given."""
    given = {name for name, condition in conditions.items() if condition.operator == "EQ"}
    open_ones = [attribute.name for attribute in hashes if attribute.name not in given]
    if open_ones:
        raise invalid(
            f"HASH key attributes {', '.join(open_ones)} must have equality conditions specified in the query"
        )


def _check_gaps(conditions: KeyConditions, ranges: tuple[Attribute, ...]) -> None:
    """Of several sort key attributes those before the last that is named have to be given."""
    open_ones: list[str] = []
    for attribute in ranges:
        condition = conditions.get(attribute.name)
        if condition is not None and open_ones:
            raise invalid(
                f"RANGE key attributes {', '.join(open_ones)} must have equality conditions specified in the query "
                f"because a condition is present on key attribute {attribute.name}"
            )
        if condition is None or condition.operator != "EQ":
            open_ones.append(attribute.name)


def _check(conditions: KeyConditions, attribute: Attribute, is_hash: bool, unknown: bool) -> None:
    condition = conditions.get(attribute.name)
    if condition is None:
        if is_hash or unknown:
            raise invalid(f"Query condition missed key schema element: {attribute.name}")
        return
    if condition.operator in _NOT_INDEXABLE:
        raise invalid("Attempted conditional constraint is not an indexable operation")
    if any(attribute.type not in value for value in condition.values):
        raise invalid(f"{INVALID}Condition parameter type does not match schema type")
    if is_hash and condition.operator != "EQ":
        raise invalid("Query key condition not supported")


def bounds_of(
    condition: KeyCondition, attribute: Attribute, prefix: bytes = b"", is_last: bool = True
) -> tuple[Bound, ...]:
    """The range of sort keys; `prefix` are the attributes before this one, and further ones follow unless `is_last`."""
    if condition.operator == "EQ":
        check_content(condition.values[0][attribute.type], attribute)
    keys = [ENCODERS[attribute.type](value[attribute.type]) for value in condition.values]
    if prefix or not is_last:
        return _bounds_between(condition.operator, prefix, keys, is_last)
    return _BOUNDS[condition.operator](*keys)


def _bounds_between(operator: str, prefix: bytes, keys: list[bytes], is_last: bool) -> tuple[Bound, ...]:
    """Of a sort key with several attributes: each comparison is a stretch of all the keys with this prefix."""
    if operator == "BEGINS_WITH":
        return _beginning(prefix + (keys[0] if is_last else component(keys[0], whole=False)))
    low, high = (prefix + (key if is_last else component(key)) for key in (keys[0], keys[-1]))
    # Behind the last key that is equal: nothing can follow a last attribute, and many keys a part that ends.
    after = high + b"\x00" if is_last else successor(high)
    end = successor(prefix)
    first, last = {
        "EQ": (low, after),
        "LT": (prefix, low),
        "LE": (prefix, after),
        "GT": (after, end),
        "GE": (low, end),
        "BETWEEN": (low, after),
    }[operator]
    assert first is not None
    return (Bound(">=", first),) if last is None else (Bound(">=", first), Bound("<", last))


def _beginning(prefix: bytes) -> tuple[Bound, ...]:
    after = successor(prefix)
    low = Bound(">=", prefix)
    return (low,) if after is None else (low, Bound("<", after))


_BOUNDS: dict[str, Callable[..., tuple[Bound, ...]]] = {
    "EQ": lambda key: (Bound(">=", key), Bound("<=", key)),
    "LT": lambda key: (Bound("<", key),),
    "LE": lambda key: (Bound("<=", key),),
    "GT": lambda key: (Bound(">", key),),
    "GE": lambda key: (Bound(">=", key),),
    "BETWEEN": lambda low, high: (Bound(">=", low), Bound("<=", high)),
    "BEGINS_WITH": _beginning,
}

HOLDS: dict[str, Callable[[bytes, bytes], bool]] = {
    ">=": bytes.__ge__,
    ">": bytes.__gt__,
    "<=": bytes.__le__,
    "<": bytes.__lt__,
}


def check_start(selection: Selection, hash_key: bytes, range_key: bytes) -> None:
    """A page starts where the one before ended, within what is asked for."""
    within = all(HOLDS[bound.operator](range_key, bound.key) for bound in selection.bounds)
    if selection.bounds and not within:
        raise invalid("The provided starting key does not match the range key predicate")
    if hash_key != selection.hash:
        if selection.bounds:
            raise invalid("The query can return at most one row and cannot be restarted")
        raise invalid("The provided starting key is outside query boundaries based on provided conditions")


START = "The provided starting key is invalid"
START_MISMATCH = f"{START}: {KEY_MISMATCH}"
