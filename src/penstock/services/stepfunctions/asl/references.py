"""Which variables a definition's states refer to, by the names of the states. Pure.

Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeStateMachine.html
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from penstock.services.stepfunctions.asl.intrinsics import is_intrinsic
from penstock.services.stepfunctions.asl.jsonata import is_expression

Json = Mapping[str, Any]

_INNER = frozenset({"States", "Branches", "ItemProcessor", "Iterator", "Comment", "Resource", "Next", "Default"})
# Literals and comments hold no variables; a function's call or a name's own definition is no reference.
_LITERAL = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|/\*.*?\*/", re.DOTALL)
_NAME = re.compile(r"\$([^\W\d]\w*)(?!\w)(?!\s*(?:\(|:=))")
_DEFINED = re.compile(r"\$([^\W\d]\w*)\s*:=|function\s*\(([^)]*)\)")


def variable_references(raw: Json) -> dict[str, list[str]]:
    """`{state: [variable, ...]}`, states without references left out."""
    found: dict[str, list[str]] = {}
    for name, state in raw.get("States", {}).items():
        if names := list(dict.fromkeys(variable for text in _texts(state) for variable in _in(text))):
            found[name] = names
        inner = [*state.get("Branches", ()), *(state[one] for one in ("ItemProcessor", "Iterator") if one in state)]
        for machine in inner:
            found |= variable_references(machine)
    return found


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            if name not in _INNER:
                yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


def _in(text: str) -> Iterator[str]:
    if not (is_expression(text) or is_intrinsic(text) or text.startswith("$")):
        return
    bare = _LITERAL.sub("", text)
    own = {name.strip().lstrip("$") for match in _DEFINED.finditer(bare) for name in (match[1] or match[2]).split(",")}
    for match in _NAME.finditer(bare):
        if match[1] != "states" and match[1] not in own:
            yield match[1]
