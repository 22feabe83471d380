"""JSONPath: paths that read, and reference paths that may also be written.

A path that leads to one place (`$.a['b'][0]`) is walked here, because nearly all are of this kind; wildcards, slices,
filters and descendants are the library's. Such a path gives a list, as Jayway's implementation does, which AWS uses.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from penstock.base.lazy import lazily
from penstock.services.stepfunctions.asl.scope import Expression, Scope

jsonpath = lazily("jsonpath")  # 80 ms of imports, for queries that are more than a path to one place

Step = str | int

_ROOT = re.compile(r"\$\$|\$([A-Za-z_][A-Za-z0-9_]*)?")
_STEP = re.compile(
    r"\.(?P<name>[^\s.\[\](),*:?@'\"]+)|\[\s*(?P<index>-?\d+)\s*\]|\[\s*'(?P<single>(?:[^'\\]|\\.)*)'\s*\]"
    r"|\[\s*\"(?P<double>(?:[^\"\\]|\\.)*)\"\s*\]"
)
_FUNCTION = re.compile(r"(.+)\.(length|min|max|avg|sum|first|last|keys)\(\)$", re.DOTALL)
_QUERY = re.compile(r"\*|\.\.|\?|:|,")
_ESCAPE = re.compile(r"\\(.)")


class NoSuchPath(Exception):
    """A path that leads nowhere in the data; its text is that of Jayway's implementation."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"Invalid path '{path}' : {reason}")
        self.path = path


def steps_of(text: str) -> tuple[Step, ...] | None:
    """The steps of a path's remainder behind its root, or None where it can lead to several places."""
    steps: list[Step] = []
    at = 0
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None:
            return None
        if match["index"] is not None:
            steps.append(int(match["index"]))
        else:
            quoted = match["single"] if match["single"] is not None else match["double"]
            steps.append(match["name"] if quoted is None else _ESCAPE.sub(r"\1", quoted))
        at = match.end()
    return tuple(steps)


def reference_steps(text: str) -> tuple[Step, ...]:
    """The steps of a reference path. Raises ValueError where `text` is none."""
    if not text.startswith("$") or text.startswith("$$"):
        raise ValueError("Value is not a Reference Path: Reference path must begin with '$'")
    if "(" in text:
        raise ValueError("Value is not a Reference Path: Reference path cannot contain function calls")
    steps = steps_of(text[1:])
    if steps is None:
        raise ValueError("Value is not a Reference Path: Illegal path")
    return steps


@lru_cache(maxsize=4096)
def compile_path(text: str) -> Expression:
    """The function that reads a path in a scope; it raises NoSuchPath. Raises ValueError for what is no path."""
    root = _ROOT.match(text)
    if root is None:
        raise ValueError("Value is not a valid JSONPath")
    find = _finder(text, text[root.end() :])
    if root[0] == "$":
        return lambda scope: find(scope.input)
    if root[0] == "$$":
        return lambda scope: find(scope.context)
    return _of_variable(text, root[1], find)


def _of_variable(text: str, name: str, find: Callable[[Any], Any]) -> Expression:
    def read(scope: Scope) -> Any:
        if name not in scope.variables:
            raise NoSuchPath(text, f"No such variable '{name}' in scope")
        return find(scope.variables[name])

    return read


def _finder(text: str, rest: str) -> Callable[[Any], Any]:
    steps = steps_of(rest)
    if steps == ():
        return lambda value: value
    if steps is not None:
        return lambda value: walk(text, value, steps)
    if (match := _FUNCTION.fullmatch("$" + rest)) is not None:
        return _function(text, _finder(text, match[1][1:]), match[2])
    return _query(text, rest)


def walk(text: str, value: Any, steps: tuple[Step, ...]) -> Any:
    """What the steps lead to. Raises NoSuchPath."""
    try:
        for step in steps:
            if type(step) is int and type(value) is dict:
                step = str(step)
            value = value[step]
        return value
    except (KeyError, IndexError, TypeError):
        raise NoSuchPath(text, f"No results for path: ${normal(steps)}") from None


def normal(steps: tuple[Step, ...]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f"['{step}']" for step in steps)


def _query(text: str, rest: str) -> Callable[[Any], Any]:
    try:
        compiled = jsonpath.compile("$" + rest)
    except jsonpath.JSONPathError as error:
        raise ValueError(str(error).partition("\n")[0]) from None
    if _QUERY.search(rest):
        return lambda value: compiled.findall(value) if isinstance(value, (dict, list)) else []

    def one(value: Any) -> Any:
        found = compiled.findall(value) if isinstance(value, (dict, list)) else []
        if not found:
            raise NoSuchPath(text, f"No results for path: {text}")
        return found[0]

    return one


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "length": len,
    "min": min,
    "max": max,
    "sum": sum,
    "avg": lambda values: sum(values) / len(values),
    "first": lambda values: values[0],
    "last": lambda values: values[-1],
    "keys": list,
}


def _function(text: str, find: Callable[[Any], Any], name: str) -> Callable[[Any], Any]:
    apply = FUNCTIONS[name]

    def read(value: Any) -> Any:
        try:
            return apply(find(value))
        except (TypeError, ValueError, IndexError, ZeroDivisionError):
            raise NoSuchPath(text, f"Aggregation function {name} attempted to calculate value of other type") from None

    return read


def place(document: Any, steps: tuple[Step, ...], value: Any) -> Any:
    """A copy of the document with the value where the steps lead; what is missing on the way is made.

    Raises ValueError where the document has something else there.
    """
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if isinstance(step, str):
        if not isinstance(document, dict):
            raise ValueError(step)
        return {**document, step: place(document.get(step, {}) if rest else None, rest, value)}
    if not isinstance(document, list) or not -len(document) <= step < len(document):
        raise ValueError(str(step))
    changed = list(document)
    changed[step] = place(document[step], rest, value)
    return changed
