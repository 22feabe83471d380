"""The rules of composite alarms: `ALARM(a) AND NOT (OK("b") OR AT_LEAST(2, ALARM, (c, d, e)))`. Pure.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
"""

import math
import re
from collections.abc import Callable
from typing import NamedTuple

States = Callable[[str], str]  # an alarm's state by its name or ARN, as the rule has it
Condition = Callable[[States], bool]

_SPACE = re.compile(r"\s*")
_WORD = re.compile(r"[A-Za-z_]+")
_NAME = re.compile(r'\s*(?:"([^"]+)"|([^\s"(),][^"(),]*?))\s*(?=[,)])')
_AT_LEAST = re.compile(r"\s*\(\s*(\d+)(%?)\s*,\s*(NOT\s+)?(ALARM|OK|INSUFFICIENT_DATA)\s*,\s*\(", re.IGNORECASE)
_STATES = ("ALARM", "OK", "INSUFFICIENT_DATA")


class RuleError(ValueError):
    """A rule that cannot be read; the text says where."""


class Rule(NamedTuple):
    """`holds` says whether the alarm is on; `names` are the alarms that it is about, each once."""

    holds: Condition
    names: tuple[str, ...]


def parse(text: str) -> Rule:
    """Raises RuleError."""
    parser = _Parser(text)
    condition = parser.any()
    if parser.peek():
        raise parser.unsupported()
    return Rule(condition, tuple(dict.fromkeys(parser.names)))


class _Parser:
    """By recursive descent: `OR` binds least, then `AND`, then `NOT`."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.names: list[str] = []

    def any(self) -> Condition:
        return self._joined("OR", any, self._all)

    def _all(self) -> Condition:
        return self._joined("AND", all, self._one)

    def _joined(self, word: str, join: Callable[[list[bool]], bool], part: Callable[[], Condition]) -> Condition:
        parts = [part()]
        while self.peek() == word:
            self._word()
            parts.append(part())
        return parts[0] if len(parts) == 1 else lambda states: join([part(states) for part in parts])

    def _one(self) -> Condition:
        if self.peek() == "(":
            self._expect("(")
            inner = self.any()
            self._expect(")")
            return inner
        word = self.peek()
        if word in ("TRUE", "FALSE"):
            self._word()
            return lambda states: word == "TRUE"
        if word == "NOT":
            self._word()
            negated = self._one()
            return lambda states: not negated(states)
        if word == "AT_LEAST":
            return self._at_least()
        return self._state(word)

    def _state(self, state: str) -> Condition:
        if state not in _STATES:
            raise self.unsupported()
        self._word()
        self._expect("(")
        name = self._name()
        self._expect(")")
        return lambda states: states(name) == state

    def _at_least(self) -> Condition:
        self._word()
        match = _AT_LEAST.match(self.text, self.at)
        if match is None:
            raise self.unsupported()
        self.at = match.end()
        names = [self._name()]
        while self.peek() == ",":
            self._expect(",")
            names.append(self._name())
        self._expect(")")
        self._expect(")")
        number, percent, negated, state = match.groups()
        least = math.ceil(len(names) * int(number) / 100) if percent else int(number)
        wanted = not negated
        return lambda states: sum((states(name) == state.upper()) is wanted for name in names) >= least

    # -- the text ------------------------------------------------------------------------------------

    def peek(self) -> str:
        """The next word, in capitals, or character; empty at the end."""
        self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]
        word = _WORD.match(self.text, self.at)
        return word[0].upper() if word else self.text[self.at : self.at + 1]

    def _word(self) -> None:
        self.at += len(self.peek())

    def _expect(self, character: str) -> None:
        if self.peek() != character:
            raise self.unsupported()
        self.at += 1

    def _name(self) -> str:
        match = _NAME.match(self.text, self.at)
        if match is None:
            raise self.unsupported()
        self.at = match.end()
        self.names.append(match[1] or match[2])
        return self.names[-1]

    def unsupported(self) -> RuleError:
        found = self.peek()
        if not found:
            return RuleError("Unexpected end of expression")
        return RuleError(f"Unsupported token '{self.text[self.at : self.at + len(found)]}' at char {self.at}")
