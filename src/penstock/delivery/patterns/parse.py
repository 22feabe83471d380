"""Reads a pattern's JSON. Raises PatternError with the reason in AWS's words."""

import json
import re
from collections.abc import Mapping
from typing import Any

from penstock.delivery.patterns.match import Condition, Pattern
from penstock.delivery.patterns.operators import OPERATORS, PatternError, operation

Alternatives = list[dict[str, Condition]]

# `$or` is an operator only where none of its objects uses one of these as a field name, else a field like any other.
_RESERVED = frozenset(OPERATORS) | {
    *("=", "<", "<=", ">", ">=", "regex", "not-wildcard", "not-equals-ignore-case"),
    *("date-after", "date-on-or-after", "date-before", "date-on-or-before", "in-date-range"),
    *("ip-address-in-range", "ip-address-not-in-range"),
}
_MAX_ALTERNATIVES = 1000
_SHOWN = 500  # characters of a text that is no JSON
_TOKEN = re.compile(r"[^\s\"{}\[\],:]+")


def compile(pattern: str | Mapping[str, Any]) -> Pattern:
    """A pattern from its JSON text, or from what that text says."""
    document = _load(pattern) if isinstance(pattern, str) else pattern
    if not isinstance(document, dict):
        text = str(pattern)
        raise PatternError("Filter is not an object", _place(text, len(text) - len(text.lstrip()) + 1))
    return Pattern(_object(document, "", [{}]))


def _load(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise _syntax(text, error.pos, error.msg) from None
    except RecursionError:
        raise PatternError("Rule is too complex") from None


def _no_constant(name: str) -> Any:
    raise PatternError(f"Non-standard token '{name}': enable JsonParser.Feature.ALLOW_NON_NUMERIC_NUMBERS to allow")


def _syntax(text: str, at: int, message: str) -> PatternError:
    """What AWS's JSON parser (Jackson) says where Python's says `message`."""
    at += len(text[at:]) - len(text[at:].lstrip())
    if at >= len(text):
        return PatternError("Unexpected end-of-input")
    if message.startswith("Expecting value") and (token := _TOKEN.match(text, at)):
        expected = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
        return PatternError(f"Unrecognized token '{token[0]}': was expecting {expected}", _place(text, token.end()))
    expected = ": was expecting double-quote to start field name" if "property name" in message else ""
    return PatternError(f"Unexpected character ('{text[at]}' (code {ord(text[at])})){expected}", _place(text, at))


def _place(text: str, at: int) -> str:
    """As Jackson tells it."""
    shown = f'"{text[:_SHOWN]}"' + (f"[truncated {len(text) - _SHOWN} chars]" if len(text) > _SHOWN else "")
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    return f"\n at [Source: (String){shown}; line: {line}, column: {column}]"


def _object(fields: Mapping[str, Any], above: str, alternatives: Alternatives) -> Alternatives:
    """Adds the conditions of an object to every alternative; `$or` multiplies them."""
    if not fields:
        raise PatternError("Empty objects are not allowed")
    for name, value in fields.items():
        if name == "$or" and _is_or(value):
            alternatives = [new for option in value for new in _object(option, above, alternatives)]
            if len(alternatives) > _MAX_ALTERNATIVES:
                raise PatternError(f"Rule is too complex - $or has more than {_MAX_ALTERNATIVES} combinations")
        elif isinstance(value, dict):
            alternatives = _object(value, f"{above}{name}.", alternatives)
        elif isinstance(value, list):
            condition = _array(value)
            alternatives = [{**alternative, above + name: condition} for alternative in alternatives]
        else:
            raise PatternError(f'"{name}" must be an object or an array')
    return alternatives


def _is_or(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) > 1
        and all(isinstance(option, dict) and not _RESERVED.intersection(option) for option in value)
    )


def _array(items: list[Any]) -> Condition:
    if not items:
        raise PatternError("Empty arrays are not allowed")
    if any(isinstance(item, list) for item in items):
        raise PatternError("Match value must be String, number, true, false, or null")
    return Condition.of(
        (item for item in items if not isinstance(item, dict)),
        [operation(item) for item in items if isinstance(item, dict)],
    )
