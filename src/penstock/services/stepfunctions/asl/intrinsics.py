"""Parser of intrinsic functions: `States.Format('{} of {}', $.a, States.UUID())` becomes a function of a scope."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import orjson

from penstock.services.stepfunctions.asl.errors import INTRINSIC, RUNTIME, evaluation
from penstock.services.stepfunctions.asl.intrinsic_functions import FUNCTIONS
from penstock.services.stepfunctions.asl.paths import NoSuchPath, compile_path
from penstock.services.stepfunctions.asl.scope import Expression, Scope

_MAX_DEPTH = 10
_NAME = re.compile(r"\s*(States\.\w+)\s*\(")
_STRING = re.compile(r"\s*'((?:[^'\\]|\\.)*)'", re.DOTALL)
_NUMBER = re.compile(r"\s*(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?=\s*[,)])")
_WORD = re.compile(r"\s*(true|false|null)(?=\s*[,)])")
_SPACE = re.compile(r"\s*")
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None}
# A quote in a literal is written \'; States.Format itself reads the escapes of its braces.
_ESCAPE = re.compile(r"\\(['\\])")


def is_intrinsic(text: str) -> bool:
    return text.startswith("States.")


@lru_cache(maxsize=1024)
def compile_intrinsic(text: str) -> Expression:
    """Raises ValueError for what is no call of a known function."""
    parser = _Parser(text)
    found = parser.call(1)
    if parser.skip() != len(text):
        raise ValueError(f"unexpected text behind the function call: {text[parser.at :]}")
    return found


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def skip(self) -> int:
        self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]
        return self.at

    def take(self, pattern: re.Pattern[str]) -> str | None:
        match = pattern.match(self.text, self.at)
        if match is None:
            return None
        self.at = match.end()
        return match[1]

    def call(self, depth: int) -> Expression:
        name = self.take(_NAME)
        if name is None or name not in FUNCTIONS:
            raise ValueError(f"not an intrinsic function call: {self.text[self.at :] if name is None else name}")
        if depth > _MAX_DEPTH:
            raise ValueError(f"intrinsic functions are nested more than {_MAX_DEPTH} deep")
        arguments = self.arguments(name, depth)
        function = FUNCTIONS[name]
        if not function.least <= len(arguments) <= function.most:
            raise ValueError(f"{name} does not take {len(arguments)} arguments")
        return _applied(self.text, name, function.apply, tuple(arguments))

    def arguments(self, name: str, depth: int) -> list[Expression]:
        found: list[Expression] = []
        if self.text[self.skip() : self.at + 1] == ")":
            self.at += 1
            return found
        while True:
            found.append(self.argument(name, depth))
            mark = self.text[self.skip() : self.at + 1]
            self.at += 1
            if mark == ")":
                return found
            if mark != ",":
                raise ValueError(f"expected ',' or ')' at position {self.at - 1} of {self.text}")

    def argument(self, name: str, depth: int) -> Expression:
        if (literal := self.take(_STRING)) is not None:
            return _constant(literal if name == "States.Format" and "{" in literal else _ESCAPE.sub(r"\1", literal))
        if (number := self.take(_NUMBER)) is not None:
            return _constant(float(number) if re.search(r"[.eE]", number) else int(number))
        if (word := self.take(_WORD)) is not None:
            return _constant(_WORDS[word])
        if self.text[self.skip() : self.at + 1] == "$":
            return compile_path(self.path())
        return self.call(depth + 1)

    def path(self) -> str:
        """A path's text: up to the comma or bracket that is not its own."""
        start, depth, quote = self.at, 0, ""
        while self.at < len(self.text):
            mark = self.text[self.at]
            if quote:
                quote = "" if mark == quote else quote
            elif mark in "'\"":
                quote = mark
            elif mark in "[(":
                depth += 1
            elif mark in "])" and depth:
                depth -= 1
            elif mark in ",)" and not depth:
                break
            self.at += 1
        return self.text[start : self.at].strip()


def _constant(value: Any) -> Expression:
    return lambda scope: value


def _applied(text: str, name: str, apply: Callable[..., Any], arguments: tuple[Expression, ...]) -> Expression:
    def run(scope: Scope) -> Any:
        try:
            return apply(*[argument(scope) for argument in arguments])
        except NoSuchPath as error:
            given = orjson.dumps(scope.input).decode()
            cause = (
                f"The function '{text}' had the following error: The JsonPath argument for the field '{error.path}' "
                f"could not be found in the input '{given}'"
            )
            raise evaluation(RUNTIME, cause) from None
        except (ValueError, OverflowError) as error:
            cause = f"The function '{text}' had the following error: Invalid arguments in {name}: {error}"
            raise evaluation(INTRINSIC, cause) from None

    return run
