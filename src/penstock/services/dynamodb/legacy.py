"""The parameters that expressions replaced, translated into the same conditions and updates.

Expected, QueryFilter, ScanFilter and KeyConditions become condition trees whose values are named after their place;
AttributeUpdates become the actions of an update.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html
"""

from collections.abc import Iterator, Mapping
from typing import Any

from penstock.base.errors import AwsError
from penstock.services.dynamodb.errors import INVALID, invalid
from penstock.services.dynamodb.expressions.conditions import compile_condition
from penstock.services.dynamodb.expressions.paths import Read
from penstock.services.dynamodb.expressions.request import Predicate
from penstock.services.dynamodb.expressions.tree import Condition, Logic, Operation, Path, Placeholder
from penstock.services.dynamodb.expressions.updates import BAD_TYPE, Step, apply
from penstock.services.dynamodb.values import SET_TYPES, Item, Value, check_value, compare, type_of

Conditions = Mapping[str, Mapping[str, Any]]

# ComparisonOperator -> operator of an expression; the operands are the attribute and the values.
_OPERATORS = {
    "EQ": "=",
    "NE": "<>",
    "LT": "<",
    "LE": "<=",
    "GT": ">",
    "GE": ">=",
    "BETWEEN": "BETWEEN",
    "IN": "IN",
    "BEGINS_WITH": "begins_with",
    "CONTAINS": "contains",
    "NULL": "attribute_not_exists",
    "NOT_NULL": "attribute_exists",
}
_FIXED_COUNTS = {"NULL": 0, "NOT_NULL": 0, "BETWEEN": 2}
_SCALARS = frozenset(("S", "N", "B"))
_TYPES = {
    **dict.fromkeys(("LT", "LE", "GT", "GE", "BETWEEN", "IN", "CONTAINS", "NOT_CONTAINS"), _SCALARS),
    "BEGINS_WITH": frozenset(("S", "B")),
}
_BACKWARDS = "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"


def check_operator(conditions: Conditions | None, operator: str | None, said: str) -> None:
    """ConditionalOperator says how several conditions are joined, and makes no sense otherwise."""
    if operator is None:
        return
    if conditions is None:
        raise invalid(f"ConditionalOperator cannot be used without {said}")
    if len(conditions) < 2:
        raise invalid(f"ConditionalOperator can only be used when {said} has two or more elements")


def check_conditions(conditions: Conditions) -> None:
    """KeyConditions, QueryFilter or ScanFilter."""
    for condition in conditions.values():
        values = condition.get("AttributeValueList", ())
        for value in values:
            check_value(value)
        _check_values(condition["ComparisonOperator"], values)


def check_expected(expected: Conditions) -> None:
    for name, condition in expected.items():
        for value in _expected_values(condition):
            check_value(value)
        _check_expected_form(name, condition)
        if "ComparisonOperator" in condition:
            _check_values(condition["ComparisonOperator"], _expected_values(condition))


def _expected_values(condition: Mapping[str, Any]) -> list[Value]:
    return [condition["Value"]] if "Value" in condition else condition.get("AttributeValueList", [])


def _check_expected_form(name: str, condition: Mapping[str, Any]) -> None:
    """Which members can stand together."""
    attribute = f"for Attribute: {name}"
    operator, exists = condition.get("ComparisonOperator"), condition.get("Exists")
    given = "Value" in condition
    if given and "AttributeValueList" in condition:
        raise invalid(f"{INVALID}Value and AttributeValueList cannot be used together {attribute}")
    if operator is not None:
        if exists is not None:
            raise invalid(f"{INVALID}Exists and ComparisonOperator cannot be used together {attribute}")
        if operator not in ("NULL", "NOT_NULL") and not given and "AttributeValueList" not in condition:
            message = f"Value or AttributeValueList must be used with ComparisonOperator: {operator}"
            raise invalid(f"{INVALID}{message} {attribute}")
    elif "AttributeValueList" in condition:
        raise invalid(f"{INVALID}AttributeValueList can only be used with a ComparisonOperator {attribute}")
    elif exists is False and given:
        raise invalid(f"{INVALID}Value cannot be used when Exists is false {attribute}")
    elif exists is not False and not given:
        shown = "null" if exists is None else "true"
        raise invalid(f"{INVALID}Value must be provided when Exists is {shown} {attribute}")


def _check_values(operator: str, values: Any) -> None:
    """That an operator has as many values as it takes, of types it takes."""
    count = len(values)
    if (count == 0) if operator == "IN" else count != _FIXED_COUNTS.get(operator, 1):
        raise invalid(f"{INVALID}Invalid number of argument(s) for the {operator} ComparisonOperator")
    types = [type_of(value) for value in values]
    if len(set(types)) > 1:
        raise invalid(f"{INVALID}AttributeValues inside AttributeValueList must be of same type")
    for kind in types:
        if operator in _TYPES and kind not in _TYPES[operator]:
            raise invalid(f"{INVALID}ComparisonOperator {operator} is not valid for {kind} AttributeValue type")
    if operator == "BETWEEN" and (compare(values[0], values[1]) or 0) > 0:
        raise invalid(_BACKWARDS)


# -- translation -------------------------------------------------------------------------------------


def predicate(conditions: Conditions, operator: str | None = None) -> Predicate | None:
    """The conditions, joined by AND or OR; None where there are none."""
    values: dict[str, Value] = {}
    parts = [_condition(name, condition, values) for name, condition in conditions.items()]
    if not parts:
        return None
    whole = parts[0]
    for part in parts[1:]:
        whole = Logic(operator or "AND", (whole, part))
    compiled = compile_condition(whole, {})
    return Predicate(compiled.test, values, compiled.paths)


def _condition(name: str, condition: Mapping[str, Any], values: dict[str, Value]) -> Condition:
    operator = condition.get("ComparisonOperator") or ("NULL" if condition.get("Exists") is False else "EQ")
    operands = []
    for value in _expected_values(condition):
        operands.append(Placeholder(f":{len(values)}"))
        values[operands[-1].name] = value
    if operator == "NOT_CONTAINS":  # which, unlike NOT contains, is false where there is no attribute
        exists = Operation("attribute_exists", (Path((name,)),))
        return Logic("AND", (exists, Logic("NOT", (Operation("contains", (Path((name,)), *operands)),))))
    return Operation(_OPERATORS[operator], (Path((name,)), *operands))


def check_updates(updates: Mapping[str, Mapping[str, Any]]) -> None:
    for update in updates.values():
        action, value = update.get("Action", "PUT"), update.get("Value")
        if value is None:
            if action != "DELETE":
                raise invalid(f"{INVALID}Only DELETE action is allowed when no attribute value is specified")
            continue
        check_value(value)
        kind = type_of(value)
        if action == "DELETE" and kind not in SET_TYPES:
            raise invalid(f"{INVALID}DELETE action with value is not supported for the type {kind}")
        if action == "ADD" and kind not in SET_TYPES | {"N", "L"}:
            raise invalid(f"{INVALID}ADD action is not supported for the type {kind}")


def apply_updates(updates: Mapping[str, Mapping[str, Any]], old: Item) -> Item:
    """The item that AttributeUpdates make of `old`."""
    try:
        return apply(list(_steps(updates)), old, {})
    except AwsError as error:
        if error.message == BAD_TYPE:
            raise invalid("Type mismatch for attribute to update") from None
        raise


def _steps(updates: Mapping[str, Mapping[str, Any]]) -> Iterator[Step]:
    """As the actions of an update expression; ADD of a list appends to it."""
    for name, update in updates.items():
        action, value = update.get("Action", "PUT"), update.get("Value")
        if value is None:
            yield Step("REMOVE", (name,), None)
        elif action == "PUT":
            yield Step("SET", (name,), _constant(value))
        else:
            yield Step("APPEND" if action == "ADD" and "L" in value else action, (name,), _constant(value))


def _constant(value: Value) -> Read:
    return lambda item, values: value
