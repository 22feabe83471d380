"""The part of JSONPath that EventBridge evaluates: dots, brackets, indices and `*`.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

Select = Callable[[Any], Any]

_STEP = re.compile(r"\.([^.\[\]'\"]+)|\[(\d+)\]|\[(\*)\]|\['([^']*)'\]|\[\"([^\"]*)\"\]")


class Missing:
    """What a path that leads nowhere selects; JSON has null for a value that is there."""


MISSING = Missing()


def compile_path(path: str) -> Select:
    """A function from a document to what `path` selects: a value, a list where it has a `*`, or MISSING.

    Raises ValueError where the path is not one.
    """
    steps = list(_steps(path))
    if "*" in steps:
        return lambda document: list(_all(document, steps))
    return lambda document: next(_all(document, steps), MISSING)


def _steps(path: str) -> Iterator[str | int]:
    if not path.startswith("$"):
        raise ValueError(f"{path!r} does not start with $")
    at = 1
    while at < len(path):
        step = _STEP.match(path, at)
        if step is None:
            raise ValueError(f"{path!r} is not a JSON path: {path[at:]!r}")
        name, index, star, quoted, double_quoted = step.groups()
        yield int(index) if index else name or star or quoted or double_quoted or ""
        at = step.end()


def _all(value: Any, steps: list[str | int], at: int = 0) -> Iterator[Any]:
    if at == len(steps):
        yield value
        return
    for inner in _children(value, steps[at]):
        yield from _all(inner, steps, at + 1)


def _children(value: Any, step: str | int) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values() if step == "*" else [value[step]] if step in value else ()
    if isinstance(value, list):
        return value if step == "*" else value[step : step + 1] if isinstance(step, int) else ()
    return ()
