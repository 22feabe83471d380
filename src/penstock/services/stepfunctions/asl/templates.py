"""Payload templates of JSONPath: `{"a.$": "$.b"}`, compiled once. What holds no expression is passed on as it stands.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-intrinsic-functions.html
"""

from collections.abc import Iterator
from typing import Any

import orjson

from penstock.services.stepfunctions.asl.errors import RUNTIME, evaluation
from penstock.services.stepfunctions.asl.intrinsics import compile_intrinsic, is_intrinsic
from penstock.services.stepfunctions.asl.paths import NoSuchPath, compile_path
from penstock.services.stepfunctions.asl.scope import Expression, Scope


def compile_template(template: Any) -> Expression:
    """Raises ValueError where a field `x.$` holds no path or intrinsic function."""
    if not _dynamic(template):
        return lambda scope: template
    if isinstance(template, list):
        items = [compile_template(item) for item in template]
        return lambda scope: [item(scope) for item in items]
    fields = [_field(name, value) for name, value in template.items()]
    return lambda scope: {name: value(scope) for name, value in fields}


def _dynamic(template: Any) -> bool:
    if isinstance(template, dict):
        return any(name.endswith(".$") or _dynamic(value) for name, value in template.items())
    return isinstance(template, list) and any(map(_dynamic, template))


def _field(name: str, value: Any) -> tuple[str, Expression]:
    if not name.endswith(".$"):
        return name, compile_template(value)
    return name[:-2], _named(name, value, compile_value(value))


def compile_value(text: Any) -> Expression:
    """A path or an intrinsic function. Raises ValueError for anything else."""
    if not isinstance(text, str) or not (text.startswith("$") or is_intrinsic(text)):
        raise ValueError("not a path or an intrinsic function")
    return compile_intrinsic(text) if is_intrinsic(text) else compile_path(text)


def _named(name: str, text: str, read: Expression) -> Expression:
    def value(scope: Scope) -> Any:
        try:
            return read(scope)
        except NoSuchPath:
            seen = scope.context if text.startswith("$$") else scope.input
            given = orjson.dumps(seen).decode()
            cause = f"The JSONPath '{text}' specified for the field '{name}' could not be found in the input '{given}'"
            raise evaluation(RUNTIME, cause, name) from None

    return value


def faults(template: Any, path: str) -> Iterator[str]:
    """The paths of fields whose value is neither a path nor an intrinsic function: (path of the object, field)."""
    if isinstance(template, list):
        for index, item in enumerate(template):
            yield from faults(item, f"{path}[{index}]")
    elif isinstance(template, dict):
        for name, value in template.items():
            if not name.endswith(".$"):
                yield from faults(value, f"{path}/{name}")
                continue
            try:
                compile_value(value)
            except ValueError:
                field = f"The value for the field '{name}' must be a valid JSONPath or a valid intrinsic function call"
                yield f"{field} at {path}"
