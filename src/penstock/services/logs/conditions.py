"""The conditions inside JSON and space-delimited filter patterns: scanned, parsed, compiled to closures. Pure.

expression := all ("||" all)*        all := one ("&&" one)*        one := "(" expression ")" | condition
condition  := operand ("=" | "!=" | "<" | "<=" | ">" | ">=") value
            | operand "IS" ("NULL" | "TRUE" | "FALSE") | operand "NOT" "EXISTS"
"""

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from penstock.base.globs import ANY, joined

# By operand, the values that a message has for it: none, one, or several where a selector holds a wildcard.
Values = Mapping[str, list[Any]]
Condition = Callable[[Values], bool]


class InvalidPattern(ValueError):
    """A filter pattern that CloudWatch Logs would refuse."""


class Token(NamedTuple):
    kind: str
    text: str


_TOKENS = re.compile(
    r"""\s*(?:
      (?P<string>"(?:\\.|[^"\\])*")
    | (?P<regex>%(?:\\.|[^%\\])*%)
    | (?P<selector>\$(?:\.?\[(?:'[^']*'|"[^"]*"|\d+|\*)\]|\.[\w@*-]+)*)
    | (?P<logic>&&|\|\|)
    | (?P<compare>!=|<=|>=|=|<|>)
    | (?P<open>\() | (?P<close>\)) | (?P<comma>,)
    | (?P<word>[^\s()&|,=!<>"%]+)
    )""",
    re.VERBOSE,
)
_END = Token("end", "")


def scan(text: str) -> list[Token]:
    """Raises InvalidPattern."""
    tokens, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKENS.match(text, at)
        if match is None or match.lastgroup is None:
            raise InvalidPattern("Invalid filter pattern")
        tokens.append(Token(match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return tokens


def unquoted(text: str) -> str:
    """The inside of a quoted string."""
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def text_of(value: Any) -> str | None:
    """A scalar as patterns see it; None for null, arrays and objects, which no comparison matches."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None


class Parser:
    """`operand` is the kind of token that stands on a condition's left: `selector` or `word`."""

    def __init__(self, tokens: list[Token], operand: str) -> None:
        self._tokens = tokens
        self._at = 0
        self._operand = operand
        self.operands: list[str] = []

    def _peek(self) -> Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else _END

    def _next(self, *kinds: str) -> Token:
        token = self._peek()
        if token.kind not in kinds:
            raise InvalidPattern("Invalid filter pattern")
        self._at += 1
        return token

    def end(self) -> None:
        self._next("end")

    def comma(self) -> bool:
        found = self._peek().kind == "comma"
        self._at += found
        return found

    def field(self, number: int) -> tuple[str, Condition | None]:
        """One field between commas: its name (its number, where it has none) and its condition."""
        token = self._peek()
        if token.kind in ("comma", "end"):
            return str(number), None
        following = self._tokens[self._at + 1].kind if self._at + 1 < len(self._tokens) else "end"
        if token.kind == "word" and following in ("comma", "end"):
            self._at += 1
            return token.text, None
        condition = self.expression()
        return self.operands[-1], condition

    def expression(self) -> Condition:
        return self._joined("||", any, lambda: self._joined("&&", all, self._one))

    def _joined(self, sign: str, join: Callable[..., bool], part: Callable[[], Condition]) -> Condition:
        parts = [part()]
        while self._peek() == ("logic", sign):
            self._at += 1
            parts.append(part())
        return parts[0] if len(parts) == 1 else lambda values: join(part(values) for part in parts)

    def _one(self) -> Condition:
        if self._peek().kind == "open":
            self._at += 1
            inside = self.expression()
            self._next("close")
            return inside
        operand = self._next(self._operand).text
        self.operands.append(operand)
        sign = self._next("compare", "word")
        if sign.kind == "word":
            return self._postfix(operand, f"{sign.text} {self._next('word').text}".upper())
        return _comparison(operand, sign.text, self._next("string", "regex", "word"))

    @staticmethod
    def _postfix(operand: str, words: str) -> Condition:
        if words == "NOT EXISTS":
            return lambda values: not values[operand]
        if words not in _STATES:
            raise InvalidPattern("Invalid filter pattern")
        state = _STATES[words]
        return lambda values: any(value is state for value in values[operand])


_STATES = {"IS NULL": None, "IS TRUE": True, "IS FALSE": False}
_ORDER = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def _comparison(operand: str, sign: str, literal: Token) -> Condition:
    if sign in _ORDER:
        test = _ordered(sign, literal)
    else:
        equal = _equal(literal)
        test = equal if sign == "=" else lambda value: text_of(value) is not None and not equal(value)
    return lambda values: any(test(value) for value in values[operand])


def _ordered(sign: str, literal: Token) -> Callable[[Any], bool]:
    bound, compare = _number(literal.text), _ORDER[sign]
    if bound is None:
        raise InvalidPattern("Invalid filter pattern")

    def test(value: Any) -> bool:
        number = _number(value)
        return number is not None and compare(number, bound)

    return test


def _equal(literal: Token) -> Callable[[Any], bool]:
    if literal.kind == "regex":
        try:
            search = re.compile(literal.text[1:-1]).search
        except re.error:
            raise InvalidPattern(f"Invalid regular expression '{literal.text}'") from None
        return lambda value: (text := text_of(value)) is not None and search(text) is not None
    number = _number(literal.text) if literal.kind == "word" else None
    wanted = unquoted(literal.text) if literal.kind == "string" else literal.text
    match = re.compile(joined(ANY if char == "*" else re.escape(char) for char in wanted), re.DOTALL).fullmatch

    def test(value: Any) -> bool:
        text = text_of(value)
        return text is not None and (match(text) is not None or (number is not None and _number(value) == number))

    return test


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return float(value)
    except ValueError:
        return None
