"""What may stand inside the array of a pattern's field: a value, or an object with one operator.

Each becomes a `Test`: a predicate on one leaf of an event and the keys under which an index finds it; without keys
(`None`) the index has to try it on every value. Texts of errors are those of AWS's event-ruler.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from penstock.base.globs import ANY, joined
from penstock.delivery.patterns import keys
from penstock.delivery.patterns.keys import Key
from penstock.delivery.patterns.wildcards import WildcardError, complexity, literals

Accepts = Callable[[Any], bool]


class PatternError(ValueError):
    """The pattern is not valid; `reason` says why in AWS's words, and `place` where, if it is no JSON object."""

    def __init__(self, reason: str, place: str = "") -> None:
        super().__init__(f"Event pattern is not valid. Reason: {reason}{place}")
        self.reason = reason


class Test(NamedTuple):
    accepts: Accepts
    keys: tuple[Key, ...] | None = None


ABSENT = Test(lambda value: False, ())  # {"exists": false}, which no value passes


def _string(value: Any, message: str) -> str:
    if not isinstance(value, str):
        raise PatternError(message)
    return value


def _only(expression: dict[str, Any], more: str = "Only one key allowed in match expression") -> Any:
    """The value of an object with one member."""
    if len(expression) > 1:
        raise PatternError(more)
    return next(iter(expression.values()))


# -- strings -----------------------------------------------------------------------------------------------


def exactly(value: Any) -> Test:
    same = _string(value, "exact match pattern must be a string")
    return Test(lambda found: keys.whole(found) == same, ((keys.whole, 0, same),))


def prefix(value: Any) -> Test:
    if isinstance(value, dict):
        start = _ignoring_case("prefix", value)
        return Test(
            _string_test(lambda found: found.lower().startswith(start)), ((keys.folded_head, len(start), start),)
        )
    start = _string(value, "prefix match pattern must be a string")
    return Test(_string_test(lambda found: found.startswith(start)), ((keys.head, len(start), start),))


def suffix(value: Any) -> Test:
    if isinstance(value, dict):
        end = _ignoring_case("suffix", value)
        return Test(_string_test(lambda found: found.lower().endswith(end)), ((keys.folded_tail, len(end), end),))
    end = _string(value, "suffix match pattern must be a string")
    return Test(_string_test(lambda found: found.endswith(end)), ((keys.tail, len(end), end),))


def equals_ignore_case(value: Any) -> Test:
    same = _string(value, "equals-ignore-case match pattern must be a string").lower()
    return Test(_string_test(lambda found: found.lower() == same), ((keys.folded, 0, same),))


def wildcard(value: Any) -> Test:
    """`*` stands for any characters, none included; `\\*` and `\\\\` for themselves."""
    try:
        parts = literals(_string(value, "wildcard match pattern must be a string"))
        complexity(parts)
    except WildcardError as error:
        raise PatternError(str(error)) from None
    pieces = [piece for part in parts for piece in (ANY, re.escape(part))][1:]
    match = re.compile(joined(pieces), re.DOTALL).fullmatch
    return Test(_string_test(lambda found: match(found) is not None), _ends(parts))


def _string_test(test: Callable[[str], bool]) -> Accepts:
    return lambda found: found.__class__ is str and test(found)


def _ignoring_case(operator: str, nested: dict[str, Any]) -> str:
    """The string inside `{"prefix": {"equals-ignore-case": ...}}`, in lower case."""
    name = next(iter(nested), None)
    if name is None:
        raise PatternError(f"{operator.capitalize()} expression name not found")
    if name != "equals-ignore-case":
        raise PatternError(f"Unsupported {operator} pattern: {name}")
    return _string(_only(nested), "equals-ignore-case match pattern must be a string").lower()


def _ends(parts: list[str]) -> tuple[Key, ...] | None:
    """What every text that passes begins or ends with."""
    first, last = parts[0], parts[-1]
    if len(parts) == 1:
        return ((keys.whole, 0, first),)
    if not first and not last:
        return None
    return ((keys.head, len(first), first),) if len(first) >= len(last) else ((keys.tail, len(last), last),)


# -- numbers, addresses, existence -------------------------------------------------------------------------


def numeric(value: Any) -> Test:
    """`["=", 5]`, `["<", 5]`, `[">", 0, "<=", 5]` and the like."""
    if not isinstance(value, list):
        raise PatternError("Value of numeric must be an array.")
    low, high = _range(value)
    return Test(
        lambda found: (number := keys.scaled(found)) is not None and low <= number <= high,
        tuple((keys.number_block, level, block) for level, block in keys.blocks(low, high)),
    )


_LIMITS: dict[str, Callable[[int], tuple[int, int]]] = {
    "=": lambda bound: (bound, bound),
    "<": lambda bound: (0, bound - 1),
    "<=": lambda bound: (0, bound),
    ">": lambda bound: (bound + 1, keys.HIGHEST),
    ">=": lambda bound: (bound, keys.HIGHEST),
}


def _range(terms: list[Any]) -> tuple[int, int]:
    """The lowest and the highest number, in millionths, that pass."""
    operator, rest = terms[0] if terms else "]", terms[2:]
    if not terms or not isinstance(operator, str):
        raise PatternError(f"Invalid member in numeric match: {operator}")
    if operator not in _LIMITS:
        raise PatternError(f"Unrecognized numeric range operator: {operator}")
    bound = _bound(operator, terms[1:2])
    if not rest:
        return _LIMITS[operator](bound)
    if operator not in (">", ">="):
        raise PatternError("Too many elements in numeric expression")
    return _LIMITS[operator](bound)[0], _top(rest, bound)


def _top(terms: list[Any], bottom: int) -> int:
    operator = terms[0]
    if not isinstance(operator, str):
        raise PatternError(f"Bad value in numeric range: {operator}")
    if operator not in ("<", "<="):
        raise PatternError(f"Bad numeric range operator: {operator}")
    bound = _bound(operator, terms[1:2])
    if terms[2:]:
        raise PatternError("Too many terms in numeric range expression")
    if bound <= bottom:
        raise PatternError("Bottom must be less than top")
    return _LIMITS[operator](bound)[1]


def _bound(operator: str, operand: list[Any]) -> int:
    if not operand or not _is_number(operand[0]):
        raise PatternError(f"Value of {'equals' if operator == '=' else operator} must be numeric")
    return _in_range(operand[0])


def _in_range(number: Any) -> int:
    bound = keys.scaled(number)
    if bound is None:
        raise PatternError("Value must be between -5.0E9 and 5.0E9, inclusive")
    return bound


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def cidr(value: Any) -> Test:
    base, slash, bits = _string(value, "prefix match pattern must be a string").partition("/")
    if not slash or "/" in bits:
        raise PatternError("Malformed CIDR, one '/' required")
    if not re.fullmatch(r"[+-]?[0-9]+", bits):
        raise PatternError("Malformed CIDR, mask bits must be an integer")
    if int(bits) < 0:
        raise PatternError("Malformed CIDR, mask bits must not be negative")
    address = keys.address(base)
    if address is None:
        raise PatternError(f"Nonstandard IP address: {base}")
    if int(bits) >= address.max_prefixlen:
        raise PatternError(f"IPv{address.version} mask bits must be < {address.max_prefixlen}")
    cut, level = (keys.ipv4_block, keys.ipv6_block)[address.version == 6], address.max_prefixlen - int(bits)
    block = int(address) >> level
    return Test(lambda found: cut(found, level) == block, ((cut, level, block),))


def exists(value: Any) -> Test:
    if not isinstance(value, bool):
        raise PatternError("exists match pattern must be either true or false.")
    return Test(lambda found: True) if value else ABSENT


# -- anything-but ------------------------------------------------------------------------------------------

_ANYTHING_BUT_VALUE = "Value of anything-but must be an array or single string/number value."
_NESTED: dict[str, tuple[Callable[[Any], Test], str]] = {
    "prefix": (prefix, "prefix/suffix match pattern must be a string"),
    "suffix": (suffix, "prefix/suffix match pattern must be a string"),
    "equals-ignore-case": (
        equals_ignore_case,
        "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
    ),
    "wildcard": (wildcard, "wildcard match pattern must be a string"),
}


def anything_but(value: Any) -> Test:
    """Passes a value that is there, and is none of those listed nor one that the nested operator accepts."""
    if isinstance(value, dict):
        return _anything_but_nested(value)
    if isinstance(value, list):
        return _none_of(_alike(value))
    if not isinstance(value, str) and not _is_number(value):
        raise PatternError(_ANYTHING_BUT_VALUE)
    return _none_of([value])


def _alike(values: list[Any]) -> list[Any]:
    if not all(isinstance(value, str) or _is_number(value) for value in values):
        raise PatternError("Inside anything but list, start|null|boolean is not supported.")
    if len({isinstance(value, str) for value in values}) != 1:
        raise PatternError(
            "Inside anything but list, either all values are number or string, mixed type is not supported"
        )
    return values


def _none_of(values: list[Any]) -> Test:
    for value in values:
        if not isinstance(value, str):
            _in_range(value)
    excluded = frozenset(values)
    return Test(lambda found: keys.whole(found) not in excluded)


def _anything_but_nested(nested: dict[str, Any]) -> Test:
    name, value = next(iter(nested.items()), (None, None))
    if name is None:
        raise PatternError("Anything-But expression name not found")
    if name not in _NESTED:
        raise PatternError(f"Unsupported anything-but pattern: {name}")
    if not isinstance(value, str | list) and not _is_number(value):
        raise PatternError(_ANYTHING_BUT_VALUE)
    operator, message = _NESTED[name]
    excluded = [
        operator(_nested(name, item, message)).accepts for item in (value if isinstance(value, list) else [value])
    ]
    _only(nested, "Too many elements in numeric expression")
    return Test(lambda found: not any(accepts(found) for accepts in excluded))


def _nested(operator: str, value: Any, message: str) -> str:
    text = _string(value, message)
    if not text and operator in ("prefix", "suffix"):
        raise PatternError("Null prefix/suffix not allowed")
    return text


_MORE_THAN_ONE = dict.fromkeys(("numeric", "anything-but"), "Too many elements in numeric expression")
OPERATORS: dict[str, Callable[[Any], Test]] = {
    "exactly": exactly,
    "prefix": prefix,
    "suffix": suffix,
    "equals-ignore-case": equals_ignore_case,
    "wildcard": wildcard,
    "anything-but": anything_but,
    "numeric": numeric,
    "cidr": cidr,
    "exists": exists,
}


def operation(expression: dict[str, Any]) -> Test:
    """The test of an object in a field's array, such as `{"prefix": "a"}`."""
    name = next(iter(expression), None)
    if name is None:
        raise PatternError("Match expression name not found")
    if name not in OPERATORS:
        raise PatternError(f"Unrecognized match type {name}")
    test = OPERATORS[name](expression[name])
    _only(expression, _MORE_THAN_ONE.get(name, "Only one key allowed in match expression"))
    return test
