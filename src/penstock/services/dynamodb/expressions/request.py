"""The expression parameters of a request: checked as a whole, compiled once per text, bound to the request's values.

Order of checks: expressions mixed with the parameters they replace; names and values without an expression; names;
values; each expression (update, condition, key condition, filter, projection); names and values that none of them uses.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from penstock.base.errors import AwsError
from penstock.services.dynamodb.errors import invalid, older
from penstock.services.dynamodb.expressions.checks import Check, check_tree, reference_checks
from penstock.services.dynamodb.expressions.conditions import CompiledCondition, Test, compile_condition
from penstock.services.dynamodb.expressions.parser import parse_condition, parse_projection, parse_update
from penstock.services.dynamodb.expressions.paths import (
    Names,
    Values,
    check_overlap,
    check_reserved,
    placeholders,
    projector,
    resolve,
)
from penstock.services.dynamodb.expressions.tree import Elements, ExpressionError
from penstock.services.dynamodb.expressions.updates import CompiledUpdate, check_update, compile_update
from penstock.services.dynamodb.values import Item, check_value

T = TypeVar("T")
Request = Mapping[str, Any]
NO_VALUES: Values = {}

_KEPT = 4096  # compiled expressions of each kind
_NAME = re.compile(r"#[0-9a-zA-Z_]+")
_VALUE = re.compile(r":[0-9a-zA-Z_]+")
MAX_PLACEHOLDER = 255


@dataclass(frozen=True, slots=True)
class CompiledProjection:
    project: Callable[[Item], Item]
    checks: tuple[Check, ...]
    names: frozenset[str]
    paths: tuple[Elements, ...]
    values: frozenset[str] = frozenset()


Compiled = CompiledCondition | CompiledUpdate | CompiledProjection


@dataclass(frozen=True, slots=True)
class Predicate:
    """A condition with the values it compares with: true of an item or not."""

    test: Test
    values: Values
    paths: tuple[Elements, ...]

    def __call__(self, item: Item) -> bool:
        return self.test(item, self.values)


@lru_cache(maxsize=_KEPT)
def condition(text: str, names: tuple[tuple[str, str], ...]) -> CompiledCondition:
    tree = parse_condition(text)
    check_tree(tree)
    return compile_condition(tree.condition, dict(names))


@lru_cache(maxsize=_KEPT)
def update(text: str, names: tuple[tuple[str, str], ...]) -> CompiledUpdate:
    tree = parse_update(text)
    check_update(tree)
    return compile_update(tree, dict(names))


@lru_cache(maxsize=_KEPT)
def projection(text: str, names: tuple[tuple[str, str], ...]) -> CompiledProjection:
    paths = parse_projection(text)
    check_reserved(paths)
    known: Names = dict(names)
    for check in reference_checks(iter(paths), known):
        check(NO_VALUES)
    resolved = tuple(resolve(path, known) for path in paths)
    check_overlap(resolved)
    used = frozenset(name for path in paths for name in placeholders(path))
    return CompiledProjection(projector(resolved), (), used, resolved)


_COMPILERS: dict[str, Callable[[str, tuple[tuple[str, str], ...]], Compiled]] = {
    "UpdateExpression": update,
    "ConditionExpression": condition,
    "KeyConditionExpression": condition,
    "FilterExpression": condition,
    "ProjectionExpression": projection,
}


class Expressions:
    """The compiled expressions of one request, by parameter; None where there is none."""

    __slots__ = ("compiled", "values")

    def __init__(self, compiled: dict[str, Compiled], values: Values) -> None:
        self.compiled = compiled
        self.values = values

    def predicate(self, parameter: str) -> Predicate | None:
        found = self.compiled.get(parameter)
        if found is None:
            return None
        assert isinstance(found, CompiledCondition)
        return Predicate(found.test, self.values, found.paths)

    def condition(self, parameter: str) -> CompiledCondition | None:
        found = self.compiled.get(parameter)
        assert found is None or isinstance(found, CompiledCondition)
        return found

    @property
    def update(self) -> CompiledUpdate | None:
        found = self.compiled.get("UpdateExpression")
        assert found is None or isinstance(found, CompiledUpdate)
        return found

    @property
    def projection(self) -> CompiledProjection | None:
        found = self.compiled.get("ProjectionExpression")
        assert found is None or isinstance(found, CompiledProjection)
        return found


NO_EXPRESSIONS = Expressions({}, NO_VALUES)


def expressions(
    request: Request,
    parameters: Iterable[str],
    legacy: Iterable[str] = (),
    *,
    wrapped: bool = False,
    said: str = "",
) -> Expressions:
    """Checks and compiles the `parameters` of a request; `legacy` are those that cannot stand beside them.

    `wrapped`: a bad value is reported as one of ExpressionAttributeValues. `said`: how the operation ends the message
    about values without an expression.
    """
    given = [parameter for parameter in parameters if parameter in request]
    names, values = request.get("ExpressionAttributeNames"), request.get("ExpressionAttributeValues")
    if not given:
        _check_unneeded(names, values, said)
        return NO_EXPRESSIONS
    _check_mixed(request, given, legacy)
    if values is not None and given == ["ProjectionExpression"]:
        _check_unneeded(None, values, said)
    if names is not None:
        _check_names(names)
    if values is not None:
        _check_values(values, wrapped)
    found = Expressions({}, values or NO_VALUES)
    known = tuple(names.items()) if names else ()
    for parameter in given:
        found.compiled[parameter] = _compile(parameter, request[parameter], known, found.values)
    _check_used("Names", names, (one.names for one in found.compiled.values()))
    _check_used("Values", values, (one.values for one in found.compiled.values()))
    return found


def _compile(parameter: str, text: str, names: tuple[tuple[str, str], ...], values: Values) -> Compiled:
    try:
        compiled = _COMPILERS[parameter](text, names)
        for check in compiled.checks:
            check(values)
    except ExpressionError as error:
        raise invalid(f"Invalid {parameter}: {error}") from None
    except RecursionError:  # other than parentheses, what nests is limited
        raise invalid(f"Invalid {parameter}: The expression has redundant parentheses;") from None
    return compiled


def _check_unneeded(names: Names | None, values: Values | None, said: str) -> None:
    if names is not None:
        raise invalid("ExpressionAttributeNames can only be specified when using expressions")
    if values is not None:
        raise invalid(f"ExpressionAttributeValues can only be specified when using expressions{said}")


def _check_mixed(request: Request, given: list[str], legacy: Iterable[str]) -> None:
    others = [parameter for parameter in legacy if parameter in request]
    # KeyConditions replaces nothing but KeyConditionExpression.
    if "KeyConditionExpression" not in given and "KeyConditions" in others:
        others.remove("KeyConditions")
    if others:
        raise invalid(
            "Can not use both expression and non-expression parameters in the same request: "
            f"Non-expression parameters: {{{', '.join(others)}}} Expression parameters: {{{', '.join(given)}}}"
        )


def _check_names(names: Names) -> None:
    _check_placeholders("Names", names, _NAME)
    for name in names.values():
        if not name:
            raise invalid(f"ExpressionAttributeNames contains invalid value: Empty attribute name{_for(names, name)}")
        if len(name) > 65535:
            message = "Member must have length less than or equal to 65535"
            raise invalid(f"ExpressionAttributeNames contains invalid value: {message}{_for(names, name)}")


def _for(names: Names, value: str) -> str:
    return f" for key {next(key for key, name in names.items() if name == value)}"


def _check_placeholders(kind: str, given: Mapping[str, Any], form: re.Pattern[str]) -> None:
    if not given:
        raise invalid(f"ExpressionAttribute{kind} must not be empty")
    for key in given:
        if form.fullmatch(key) is None:
            raise invalid(f'ExpressionAttribute{kind} contains invalid key: Syntax error; key: "{key}"')
        if len(key) > MAX_PLACEHOLDER:
            message = "The expression attribute map contains a key that is too long"
            raise invalid(f"ExpressionAttribute{kind} contains invalid key: {message}; key: {key}")


def _check_values(values: Values, wrapped: bool) -> None:
    _check_placeholders("Values", values, _VALUE)
    for key, value in values.items():
        try:
            check_value(value)
        except AwsError as error:
            if not wrapped:
                raise
            message = f"ExpressionAttributeValues contains invalid value: {older(error)} for key {key}"
            raise invalid(message) from None


def _check_used(kind: str, given: Mapping[str, Any] | None, used: Iterable[frozenset[str]]) -> None:
    if given:
        unused = given.keys() - frozenset().union(*used)
        if unused:
            shown = ", ".join(key for key in given if key in unused)
            raise invalid(f"Value provided in ExpressionAttribute{kind} unused in expressions: keys: {{{shown}}}")
