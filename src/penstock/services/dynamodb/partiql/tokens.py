"""Statement text to tokens, and the errors that point at them."""

import re
from typing import NamedTuple

from penstock.base.errors import AwsError
from penstock.services.dynamodb.errors import invalid
from penstock.services.dynamodb.partiql.keywords import KEYWORDS

_TOKEN = re.compile(
    r"""(?:\s+|--[^\n]*|/\*.*?\*/)*(?:
        (?P<name>[A-Za-z_$][A-Za-z0-9_$]*)
      | (?P<quoted>"(?:[^"]|"")*")
      | (?P<string>'(?:[^']|'')*')
      | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
      | (?P<ion>`[^`]*`)
      | (?P<mark><<|>>|<>|!=|<=|>=|\|\||[-()\[\]{},.:;=<>+*/%?@])
      | (?P<end>\Z)
      | (?P<other>.)
    )""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
OPERATORS = frozenset(("=", "<>", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "||"))
OPERATOR_WORDS = frozenset(("IS", "LIKE", "IN", "BETWEEN", "AND", "OR"))


def malformed(detail: str) -> AwsError:
    return invalid(f"Statement wasn't well formed, can't be processed: {detail}")


class Token(NamedTuple):
    """`text` is what it means: of a quoted name or a string what is within the quotes."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def is_keyword(self) -> bool:
        return self.kind == "name" and self.text.lower() in KEYWORDS


class Tokens:
    """A cursor over the tokens of one statement."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_split(text))
        self._at = 0

    @property
    def current(self) -> Token:
        return self._tokens[self._at]

    @property
    def next(self) -> Token:
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)]

    def take(self) -> Token:
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def at_mark(self, *marks: str) -> bool:
        return self.current.kind == "mark" and self.current.text in marks

    def accept(self, mark: str) -> bool:
        """Takes `mark` if it is next."""
        if self.at_mark(mark):
            self.take()
            return True
        return False

    def expect(self, mark: str, name: str) -> None:
        """Takes `mark`, which the parser calls `name`."""
        if not self.accept(mark):
            raise malformed(f"Expected {name}")

    def at_word(self, *words: str) -> bool:
        """Whether one of the keywords, which know no case, is next."""
        return self.current.kind == "name" and self.current.text.upper() in words

    def accept_word(self, word: str) -> bool:
        if self.at_word(word):
            self.take()
            return True
        return False

    def expect_word(self, word: str) -> None:
        if not self.accept_word(word):
            raise malformed(f"Expected {word}")

    @property
    def at_end(self) -> bool:
        return self.current.kind == "end" or (self.at_mark(";") and self.next.kind == "end")

    def where(self, token: Token) -> str:
        """`line:column:length` of a token, as messages point at it."""
        before = self._text[: token.start]
        column = token.start - (before.rfind("\n") + 1) + 1
        return f"{before.count(chr(10)) + 1}:{column}:{token.end - token.start}"

    def unexpected(self) -> AwsError:
        """What is said of a token where an expression should begin."""
        token = self.current
        if token.text in OPERATORS or self.at_word(*OPERATOR_WORDS):
            return malformed("Unexpected operator")
        return malformed("Unexpected keyword" if token.is_keyword else "Unexpected term")


def _split(text: str) -> list[Token]:
    tokens: list[Token] = []
    at = 0
    while not tokens or tokens[-1].kind != "end":
        match = _TOKEN.match(text, at)
        kind = match.lastgroup if match else None
        if match is None or kind is None or kind == "other" or text.startswith("/*", match.start(kind)):
            raise malformed("")
        at = match.end()
        tokens.append(Token(kind, _UNQUOTED.get(kind, str)(match[kind]), match.start(kind), match.end(kind)))
    return tokens


_UNQUOTED = {
    "quoted": lambda text: text[1:-1].replace('""', '"'),
    "string": lambda text: text[1:-1].replace("''", "'"),
}
