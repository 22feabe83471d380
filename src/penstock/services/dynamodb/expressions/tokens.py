"""Expression text to tokens, and the syntax error that points at one of them."""

import re
from typing import NamedTuple

from penstock.services.dynamodb.expressions.tree import ExpressionError

MAX_SIZE = 4096

_TOKEN = re.compile(
    r"""[ \t\r\n]*(?:
        (?P<name>[A-Za-z][A-Za-z0-9_]*)
      | (?P<attribute>\#[A-Za-z0-9_]+)
      | (?P<value>:[A-Za-z0-9_]+)
      | (?P<index>[0-9]+)
      | (?P<mark><>|<=|>=|[()=<>,.\[\]+-])
      | (?P<end>\Z)
      | (?P<other>.)
    )""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)


class Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int


class Tokens:
    """A cursor over the tokens of one expression."""

    def __init__(self, text: str, tells_size: bool = True) -> None:
        if not text.strip():
            raise ExpressionError("The expression can not be empty;")
        if (size := len(text.encode())) > MAX_SIZE:
            message = "Expression size has exceeded the maximum allowed size"
            raise ExpressionError(f"{message}; expression size: {size}" if tells_size else f"{message};")
        self._text = text
        self._tokens = _split(text)
        self._at = 0
        self.current = self._tokens[0]
        for index, token in enumerate(self._tokens):
            if token.kind == "other":
                self._at = index
                raise self.unexpected()

    @property
    def next(self) -> Token:
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)]

    def take(self) -> Token:
        token = self.current
        self._at += 1
        self.current = self._tokens[min(self._at, len(self._tokens) - 1)]
        return token

    def accept(self, mark: str) -> bool:
        """Takes `mark` if it is next."""
        if self.current.kind == "mark" and self.current.text == mark:
            self.take()
            return True
        return False

    def expect(self, mark: str) -> None:
        if not self.accept(mark):
            raise self.unexpected()

    def at_word(self, *words: str) -> bool:
        """Whether one of the keywords, which know no case, is next."""
        return self.current.kind == "name" and self.current.text.upper() in words

    def accept_word(self, word: str) -> bool:
        if self.at_word(word):
            self.take()
            return True
        return False

    def position(self) -> int:
        return self._at

    def all(self) -> list[Token]:
        return self._tokens

    def unexpected(self) -> ExpressionError:
        """DynamoDB shows the token and the text from the one before it to the one after it."""
        token = self._tokens[self._at]
        first = self._tokens[max(self._at - 1, 0)]
        last = self._tokens[min(self._at + 1, len(self._tokens) - 1)]
        near = self._text[first.start : max(last.end, token.end)].strip()
        return ExpressionError(f'Syntax error; token: "{token.text or "<EOF>"}", near: "{near}"')


def _split(text: str) -> list[Token]:
    tokens = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        assert kind is not None
        tokens.append(Token(kind, match[kind], match.start(kind), match.end(kind)))
        if kind == "end":
            break
    return tokens
