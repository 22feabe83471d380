"""Reading a template's source character by character."""

import re

IDENTIFIER = re.compile(r"[A-Za-z_][\w\-]*")
_SPACE = re.compile(r"\s*")


class TemplateError(Exception):
    """A template that cannot be parsed; says where."""


class Scanner:
    """The source and how far it was read."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0

    def identifier(self) -> str:
        match = IDENTIFIER.match(self.source, self.at)
        if match is None:
            raise self.error("a name is expected")
        self.at = match.end()
        return match[0]

    def skip(self) -> None:
        match = _SPACE.match(self.source, self.at)
        self.at = match.end() if match else self.at

    def accept(self, sign: str) -> bool:
        self.skip()
        if not self.source.startswith(sign, self.at):
            return False
        self.at += len(sign)
        return True

    def word(self, word: str) -> bool:
        self.skip()
        match = IDENTIFIER.match(self.source, self.at)
        return match is not None and match[0] == word and self.accept(word)

    def expect(self, sign: str) -> None:
        if not self.accept(sign):
            raise self.error(f"{sign!r} is expected")

    def error(self, what: str) -> TemplateError:
        line = self.source.count("\n", 0, self.at) + 1
        return TemplateError(f"line {line}: {what} at {self.source[self.at : self.at + 20]!r}")
