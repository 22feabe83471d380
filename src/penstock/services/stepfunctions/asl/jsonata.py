"""JSONata: `{% ... %}` in any string of a field, evaluated with `$states` and the variables.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

import hashlib
import itertools
import random
import uuid
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any

import jsonata
import orjson
from jsonata.functions import Functions
from jsonata.jexception import JException
from jsonata.utils import Utils

from penstock.services.stepfunctions.asl.errors import QUERY, evaluation
from penstock.services.stepfunctions.asl.scope import UNSET, Expression, Scope

OPEN, CLOSE = "{%", "%}"
_ALGORITHMS = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
_NOT_JSON = "an unsupported result type."
_MOST_STEPS = 500_000  # of an evaluation, which holds up everything else: some two seconds


def is_expression(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(OPEN) and value.endswith(CLOSE)


@lru_cache(maxsize=2048)
def parse(text: str) -> jsonata.Jsonata:
    """The text between the braces, parsed. Raises ValueError."""
    try:
        expression = jsonata.Jsonata(text)
    except (JException, AttributeError, TypeError, IndexError) as error:
        raise ValueError(str(error)) from None
    expression.set_output_convert_nulls(False)
    expression.set_validate_input(False)
    return expression


# What the expression of a field has to give, where that matters.
EXPECTED = {
    "Seconds": "number",
    "TimeoutSeconds": "number",
    "HeartbeatSeconds": "number",
    "MaxConcurrency": "number",
    "ToleratedFailureCount": "number",
    "ToleratedFailurePercentage": "number",
    "Timestamp": "string",
    "Error": "string",
    "Cause": "string",
    "Items": "array",
}
_TYPES = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}


def compile_jsonata(value: Any, field: str, expected: str = "") -> Expression:
    """`field` names it in errors. Raises ValueError for an expression that cannot be parsed."""
    if is_expression(value):
        text = value[len(OPEN) : -len(CLOSE)].strip()
        run = _expression(text, field)
        return _of_type(run, text, field, expected) if expected else run
    if not _dynamic(value):
        return lambda scope: value
    if isinstance(value, list):
        items = [compile_jsonata(item, f"{field}[{index}]") for index, item in enumerate(value)]
        return lambda scope: [item(scope) for item in items]
    fields = [(name, compile_jsonata(item, f"{field}/{name}")) for name, item in value.items()]
    return lambda scope: {name: item(scope) for name, item in fields}


def _of_type(run: Expression, text: str, field: str, expected: str) -> Expression:
    def value(scope: Scope) -> Any:
        found = run(scope)
        kind = _TYPES.get(type(found), "null")
        if kind != expected:
            cause = (
                f"The JSONata expression '{text}' specified for the field '{field}' returned an unexpected result "
                f"type. Expected '{expected}', but was '{kind}' for value: {orjson.dumps(found).decode()}"
            )
            raise evaluation(QUERY, cause, field)
        return found

    return value


def _dynamic(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_dynamic, value.values()))
    return is_expression(value) or (isinstance(value, list) and any(map(_dynamic, value)))


def _expression(text: str, field: str) -> Expression:
    parsed = parse(text)

    def run(scope: Scope) -> Any:
        try:
            found = parsed.evaluate(None, _bindings(scope))
        except (JException, ValueError, TypeError, ArithmeticError, RecursionError) as error:
            cause = (
                f"The JSONata expression '{text}' specified for the field '{field}' threw an error during evaluation."
            )
            code = f"{error.error}: " if isinstance(error, JException) else ""
            raise evaluation(QUERY, f"{cause} {code}{error}", field) from None
        if found is None:
            cause = f"The JSONata expression '{text}' specified for the field '{field}' returned nothing (undefined)."
            raise evaluation(QUERY, cause, field)
        try:
            return plain(found)
        except TypeError:
            cause = f"The JSONata expression '{text}' specified for the field '{field}' returned {_NOT_JSON}"
            raise evaluation(QUERY, cause, field) from None

    return run


def plain(value: Any) -> Any:
    """A result as JSON: whole numbers as integers, JSONata's own null and sequences as Python's. Raises TypeError."""
    kind = type(value)
    if kind is str or kind is int or kind is bool:
        return value
    if kind is float:
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if value is None or value is Utils.NULL_VALUE:
        return None
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, (list, range)):
        return [plain(item) for item in value]
    raise TypeError(kind.__name__)


def _bindings(scope: Scope) -> Mapping[str, Any]:
    """The variables, AWS's functions, and `$states`."""
    states = {"input": scope.input, "context": scope.context}
    if scope.result is not UNSET:
        states["result"] = scope.result
    if scope.error is not UNSET:
        states["errorOutput"] = scope.error
    millis = int(scope.now * 1000)
    clock = {"millis": _native(lambda: millis), "now": _native(partial(_now, millis))}
    return {**_FUNCTIONS, **clock, **scope.variables, "states": states, "__evaluate_entry": _bound()}


def _bound() -> Callable[..., None]:
    """Is called at each step, and ends an evaluation that does not end by itself."""
    steps = itertools.count(1)

    def entry(*at: Any) -> None:
        if next(steps) > _MOST_STEPS:
            raise ValueError(f"Evaluation takes more than {_MOST_STEPS} steps. Check for infinite loop")

    return entry


def _now(millis: int, picture: str | None = None, timezone: str | None = None) -> str | None:
    text: str | None = Functions.datetime_from_millis(millis, picture, timezone)
    return text


def _native(function: Callable[..., Any]) -> jsonata.Jsonata.JLambda:
    return jsonata.Jsonata.JLambda(function)


# -- the functions that AWS adds ------------------------------------------------------------------------


def _partition(array: Any, size: Any) -> Any:
    if array is None:
        return None
    items = array if isinstance(array, list) else [array]
    length = int(size)
    if length <= 0:
        raise ValueError("The second argument of function $partition must be a positive integer")
    return [items[start : start + length] for start in range(0, len(items), length)]


def _range(first: Any, last: Any, step: Any) -> list[Any]:
    start, end, by = int(first), int(last), int(step)
    if by == 0:
        raise ValueError("The third argument of function $range must not be 0")
    found = range(start, end + (1 if by > 0 else -1), by)
    if len(found) > 1000:
        raise ValueError("The function $range returns at most 1000 items")
    return list(found)


def _hash(data: Any, algorithm: Any) -> str:
    if algorithm not in _ALGORITHMS:
        raise ValueError(f"The algorithm {algorithm} of function $hash is not one of {', '.join(_ALGORITHMS)}")
    text = data if isinstance(data, str) else orjson.dumps(plain(data)).decode()
    return hashlib.new(_ALGORITHMS[algorithm], text.encode(), usedforsecurity=False).hexdigest()


def _random(seed: Any = None) -> float:
    return random.random() if seed is None else random.Random(seed).random()


def _parse(text: Any) -> Any:
    if text is None:
        return None
    found = orjson.loads(text)
    return Utils.NULL_VALUE if found is None else found


def _eval(*_: Any) -> Any:
    raise ValueError("The function $eval is not supported")


_FUNCTIONS: dict[str, Any] = {
    "eval": _native(_eval),
    "partition": _native(_partition),
    "range": _native(_range),
    "hash": _native(_hash),
    "random": _native(_random),
    "uuid": _native(lambda: str(uuid.uuid4())),
    "parse": _native(_parse),
}
