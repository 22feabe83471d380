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
from penstock.services.dynamodb.keys import ENCODERS, successor
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
    if len(given) not in (1, 2):
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
    if len(conditions) > 2:
        raise invalid(
            f"The number of query conditions ({len(conditions)}) exceeds the number of key attributes "
            f"defined in the schema ({len(attributes)})"
        )
    if len(conditions) > len(attributes):
        raise invalid("Query key condition not supported")
    for attribute in attributes:
        _check(conditions, attribute, attribute is attributes[0])
    hash_attribute, range_attribute = schema.hash, schema.range
    [hash_value] = conditions[hash_attribute.name].values
    content = hash_value[hash_attribute.type]
    check_content(content, hash_attribute)
    bounds: tuple[Bound, ...] = ()
    if range_attribute is not None and range_attribute.name in conditions:
        bounds = bounds_of(conditions[range_attribute.name], range_attribute)
    return Selection(ENCODERS[hash_attribute.type](content), bounds)


def _check(conditions: KeyConditions, attribute: Attribute, is_hash: bool) -> None:
    condition = conditions.get(attribute.name)
    if condition is None:
        if is_hash or len(conditions) > 1:
            raise invalid(f"Query condition missed key schema element: {attribute.name}")
        return
    if condition.operator in _NOT_INDEXABLE:
        raise invalid("Attempted conditional constraint is not an indexable operation")
    if any(attribute.type not in value for value in condition.values):
        raise invalid(f"{INVALID}Condition parameter type does not match schema type")
    if is_hash and condition.operator != "EQ":
        raise invalid("Query key condition not supported")


def bounds_of(condition: KeyCondition, attribute: Attribute) -> tuple[Bound, ...]:
    if condition.operator == "EQ":
        check_content(condition.values[0][attribute.type], attribute)
    keys = [ENCODERS[attribute.type](value[attribute.type]) for value in condition.values]
    return _BOUNDS[condition.operator](*keys)


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

_HOLDS: dict[str, Callable[[bytes, bytes], bool]] = {
    ">=": bytes.__ge__,
    ">": bytes.__gt__,
    "<=": bytes.__le__,
    "<": bytes.__lt__,
}


def check_start(selection: Selection, hash_key: bytes, range_key: bytes) -> None:
    """A page starts where the one before ended, within what is asked for."""
    within = all(_HOLDS[bound.operator](range_key, bound.key) for bound in selection.bounds)
    if selection.bounds and not within:
        raise invalid("The provided starting key does not match the range key predicate")
    if hash_key != selection.hash:
        if selection.bounds:
            raise invalid("The query can return at most one row and cannot be restarted")
        raise invalid("The provided starting key is outside query boundaries based on provided conditions")


START = "The provided starting key is invalid"
START_MISMATCH = f"{START}: {KEY_MISMATCH}"
