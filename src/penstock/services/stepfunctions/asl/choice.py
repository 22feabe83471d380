"""Choice rules: comparisons in a table, `And`, `Or` and `Not` around them.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html
"""

import operator
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from penstock.base.globs import ANY, joined
from penstock.services.stepfunctions.asl.errors import RUNTIME, evaluation
from penstock.services.stepfunctions.asl.paths import NoSuchPath, compile_path
from penstock.services.stepfunctions.asl.scope import Expression, Scope

Json = dict[str, Any]
Test = Callable[[Scope], bool]

_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_STARS = re.compile(r"\\(.)|(\*)|([^\\*]+)", re.DOTALL)


def timestamp(value: Any) -> datetime | None:
    """An RFC 3339 timestamp with capital T and Z, or None."""
    if not isinstance(value, str) or not _TIMESTAMP.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def _number(value: Any) -> Any:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _string(value: Any) -> Any:
    return value if isinstance(value, str) else None


def _boolean(value: Any) -> Any:
    return value if isinstance(value, bool) else None


_KINDS: dict[str, Callable[[Any], Any]] = {
    "String": _string,
    "Numeric": _number,
    "Timestamp": timestamp,
    "Boolean": _boolean,
}
_RELATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "GreaterThan": operator.gt,
    "LessThanEquals": operator.le,
    "GreaterThanEquals": operator.ge,
}


def _compare(kind: Callable[[Any], Any], relation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], bool]:
    """Values of another type than the comparison's do not match."""

    def compare(value: Any, wanted: Any) -> bool:
        left, right = kind(value), kind(wanted)
        return left is not None and right is not None and bool(relation(left, right))

    return compare


COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    f"{kind}{relation}": _compare(convert, compare)
    for kind, convert in _KINDS.items()
    for relation, compare in _RELATIONS.items()
    if kind != "Boolean" or relation == "Equals"
}
TYPE_TESTS: dict[str, Callable[[Any], bool]] = {
    "IsNull": lambda value: value is None,
    "IsString": lambda value: isinstance(value, str),
    "IsNumeric": lambda value: _number(value) is not None,
    "IsBoolean": lambda value: isinstance(value, bool),
    "IsTimestamp": lambda value: timestamp(value) is not None,
}
OPERATORS = frozenset(
    {*COMPARISONS, *(f"{name}Path" for name in COMPARISONS), *TYPE_TESTS, "IsPresent", "StringMatches"}
)


def glob(pattern: str) -> re.Pattern[str]:
    """`*` is any text; a backslash makes the next character mean itself."""
    parts = (ANY if match[2] else re.escape(match[1] or match[3]) for match in _STARS.finditer(pattern))
    return re.compile(joined(parts), re.DOTALL)


def compile_rule(rule: Json) -> Test:
    """A JSONPath choice rule that was checked by `checks`."""
    if "And" in rule:
        tests = [compile_rule(one) for one in rule["And"]]
        return lambda scope: all(test(scope) for test in tests)
    if "Or" in rule:
        tests = [compile_rule(one) for one in rule["Or"]]
        return lambda scope: any(test(scope) for test in tests)
    if "Not" in rule:
        test = compile_rule(rule["Not"])
        return lambda scope: not test(scope)
    name = next(key for key in rule if key in OPERATORS)
    return _comparison(name, compile_path(rule["Variable"]), rule[name])


def _comparison(name: str, variable: Expression, wanted: Any) -> Test:
    if name == "IsPresent":
        return lambda scope: _present(variable, scope) is wanted
    read = _required(variable)
    if name in TYPE_TESTS:
        is_kind = TYPE_TESTS[name]
        return lambda scope: is_kind(read(scope)) is wanted
    if name == "StringMatches":
        pattern = glob(wanted)
        return lambda scope: isinstance(value := read(scope), str) and pattern.fullmatch(value) is not None
    if name.endswith("Path"):
        compare, other = COMPARISONS[name.removesuffix("Path")], _required(compile_path(wanted))
        return lambda scope: compare(read(scope), other(scope))
    compare = COMPARISONS[name]
    return lambda scope: compare(read(scope), wanted)


def _present(variable: Expression, scope: Scope) -> bool:
    try:
        return bool(variable(scope) != [])
    except NoSuchPath:
        return False


def _required(read: Expression) -> Expression:
    def value(scope: Scope) -> Any:
        try:
            return read(scope)
        except NoSuchPath as error:
            cause = f"Invalid path '{error.path}': The choice state's condition path references an invalid value."
            raise evaluation(RUNTIME, cause) from None

    return value
