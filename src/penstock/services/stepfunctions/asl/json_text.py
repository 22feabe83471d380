"""JSON texts of callers: definitions, inputs, outputs. Faults are said as Jackson says them, which AWS parses with."""

import json
import re
from typing import Any, NamedTuple

import orjson

_VALUE = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
_TOKEN = re.compile(r"[\w$]+")
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
# what Python's parser says -> what Jackson says of an unexpected character there
_EXPECTED = {
    "Expecting value": f"expected a valid value {_VALUE}",
    "Expecting property name enclosed in double quotes": "was expecting double-quote to start field name",
    "Illegal trailing comma before end of object": "was expecting double-quote to start field name",
    "Illegal trailing comma before end of array": f"expected a valid value {_VALUE}",
    "Expecting ':' delimiter": "was expecting a colon to separate field name and value",
    "Expecting ',' delimiter": "was expecting comma to separate {} entries",
}
_QUOTED = 500  # characters of the source that a location shows


class JsonError(ValueError):
    """`message` is Jackson's original message, `location` its "[Source: ...; line: 1, column: 1]"."""

    def __init__(self, text: str, message: str, position: int) -> None:
        super().__init__(message)
        self.message = message
        self.location = _location(text, position)


class _Opened(NamedTuple):
    position: int
    kind: str


def loads(text: str) -> Any:
    """Raises JsonError."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise _explained(text) from None


def _explained(text: str) -> JsonError:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return _said(text, error.msg, error.pos)
    # Python's parser takes NaN and lone surrogates, which JSON does not have.
    return JsonError(text, "Non-standard token: JSON has no NaN, Infinity or lone surrogates", 0)


def _said(text: str, said: str, position: int) -> JsonError:
    opened = _innermost(text, position)
    if position >= len(text) or said.startswith("Unterminated string"):
        return JsonError(text, _unfinished(text, said, opened), len(text))
    if said == "Expecting value" and (token := _TOKEN.match(text, position)):
        return JsonError(text, f"Unrecognized token '{token[0]}': was expecting {_VALUE}", token.end())
    expected = _EXPECTED.get(said, said).format(opened.kind if opened else "root-level")
    found = text[position]
    return JsonError(text, f"Unexpected character ('{found}' (code {ord(found)})): {expected}", position + 1)


def _unfinished(text: str, said: str, opened: _Opened | None) -> str:
    if said.startswith("Unterminated string"):
        return "Unexpected end-of-input: was expecting closing quote for a string value"
    if opened is None:
        return "No content to map due to end-of-input"
    start = _location(text, opened.position)
    return f"Unexpected end-of-input: expected close marker for {opened.kind} (start marker at {start})"


def _innermost(text: str, position: int) -> _Opened | None:
    """The object or array that is open at a position."""
    opened: list[_Opened] = []
    for match in _BRACKETS.finditer(text, 0, position):
        if match[0] in "[{":
            opened.append(_Opened(match.start(), "Object" if match[0] == "{" else "Array"))
        elif match[0] in "]}" and opened:
            opened.pop()
    return opened[-1] if opened else None


def _location(text: str, position: int) -> str:
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return f'[Source: (String)"{text[:_QUOTED]}"; line: {line}, column: {column}]'
