"""Whether a Task's parameters are those of the operation that it calls: names that AWS's model does not have, and
names that it wants, are found when the definition is given.

A value that an expression makes is not looked into.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from penstock.call import Kernel
from penstock.delivery.sdk import spelled
from penstock.services.stepfunctions.asl.jsonata import is_expression
from penstock.services.stepfunctions.asl.validate import Diagnostic, schema
from penstock.services.stepfunctions.asl.wording import needed
from penstock.services.stepfunctions.integrations.resource import parse
from penstock.wire.model import Json, ServiceModel

_HTTP = {
    "http": ("ApiEndpoint", "Method"),
    "apigateway": ("ApiEndpoint", "Method"),
}


def parameter_faults(kernel: Kernel, raw: Json, path: str = "", language: str = "JSONPath") -> Iterator[Diagnostic]:
    """Those of all Task states of a valid machine, inner ones too."""
    language = raw.get("QueryLanguage", language)
    for name, state in raw["States"].items():
        here, own = f"{path}/States/{name}", state.get("QueryLanguage", language)
        if state["Type"] == "Task":
            yield from _of_task(kernel, state, here, "Arguments" if own == "JSONata" else "Parameters")
        for index, branch in enumerate(state.get("Branches", ())):
            yield from parameter_faults(kernel, branch, f"{here}/Branches[{index}]", own)
        for field in ("ItemProcessor", "Iterator"):
            if field in state:
                yield from parameter_faults(kernel, state[field], f"{here}/{field}", own)


def _of_task(kernel: Kernel, state: Json, path: str, field: str) -> Iterator[Diagnostic]:
    target = parse(state["Resource"])
    given = state.get(field, {})
    if target.kind in ("function", "activity") or not isinstance(given, dict):
        return
    where = f"{path}/{field}"
    if target.kind == "http":
        yield from _missing(given, _HTTP[target.service], where)
    elif target.service in kernel.services:
        model = kernel.loaded(target.service).model
        operation = model.operations.get(target.operation)
        if operation is not None and operation.input is not None:
            yield from _structure(model, operation.input, given, where)


def _missing(given: Json, required: tuple[str, ...], where: str) -> Iterator[Diagnostic]:
    names = {name.removesuffix(".$") for name in given}
    for name in required:
        if name not in names:
            yield schema(needed(name), where)


def _structure(model: ServiceModel, shape: str, given: Json, where: str) -> Iterator[Diagnostic]:
    spec = model.shapes[shape]
    members, names = spec["members"], spelled(model, shape)
    seen = set()
    for key, value in given.items():
        plain = key.removesuffix(".$")
        member = names.get(plain.lower()) if plain[:1].isupper() else None
        if member is None:
            yield schema(f"The field '{plain}' is not supported by Step Functions", where)
            continue
        seen.add(member)
        if plain == key:
            yield from _value(model, members[member]["shape"], value, f"{where}/{key}")
    for member in spec.get("required", ()):
        if member not in seen and not members[member].get("idempotencyToken"):
            yield schema(needed(f"{member[:1].upper()}{member[1:]}"), where)


def _value(model: ServiceModel, shape: str, value: Any, where: str) -> Iterator[Diagnostic]:
    spec: Mapping[str, Any] = model.shapes[shape]
    kind = spec["type"]
    if is_expression(value) or value is None:
        return
    if kind == "structure" and isinstance(value, dict):
        yield from _structure(model, shape, value, where)
    elif kind == "list" and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _value(model, spec["member"]["shape"], item, f"{where}[{index}]")
    elif kind == "map" and isinstance(value, dict):
        for key, item in value.items():
            if not key.endswith(".$"):
                yield from _value(model, spec["value"]["shape"], item, f"{where}/{key}")
