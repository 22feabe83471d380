"""Mocked results of TestState: what a service would answer has to look like it.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html
"""

from collections.abc import Iterator
from typing import Any

from penstock.base.errors import AwsError
from penstock.call import Kernel
from penstock.services.stepfunctions.asl.model import Map, Parallel, State, Task
from penstock.services.stepfunctions.integrations.resource import parse
from penstock.wire.model import Json, ServiceModel

_KINDS: dict[str, tuple[type, ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
}


_MOCKED = ("Task", "Map", "Parallel")
_NOT_ALONE = (
    "TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, Pass, Succeed, "
    "Fail, Choice]"
)


def check_use(request: Json, state: State) -> None:
    """Whether the state may be tested with, or without, a mock. Raises InvalidDefinition and ValidationException."""
    mock = request.get("mock")
    if mock is None:
        if state.type in ("Map", "Parallel"):
            raise AwsError("InvalidDefinition", _NOT_ALONE)
        return
    if state.type not in _MOCKED:
        raise _refused(f"State type '{state.type}' is not supported when a mock is specified")
    if "result" in mock and "errorOutput" in mock:
        raise _refused("A test mock should have only one of the following fields: [result, errorOutput].")
    if request.get("revealSecrets"):
        raise _refused("TestState does not support RevealSecrets when a mock is specified.")


def _check_shape(state: State, result: Any) -> None:
    """What a Map or Parallel state comes to."""
    if isinstance(state, Map) and state.writer is not None:
        if not isinstance(result, dict):
            raise _refused("Mocked result must be a JSON object.")
    elif not isinstance(result, list):
        raise _refused("Mocked result must be an array.")
    elif isinstance(state, Parallel) and len(result) != len(state.branches):
        raise _refused("Mocked result must contain the same number of items as number of Parallel branches.")


def check_mock(kernel: Kernel, state: State, result: Any, mode: str) -> None:
    """Raises ValidationException. `mode` is STRICT (required members too), PRESENT or NONE."""
    if isinstance(state, (Map, Parallel)):
        _check_shape(state, result)
    if not isinstance(state, Task) or mode == "NONE":
        return
    target = parse(state.resource)
    if target.kind not in ("sdk", "optimized") or target.pattern or target.service not in kernel.services:
        return
    model = kernel.loaded(target.service).model
    operation = model.operations.get(target.operation)
    if operation is None or operation.output is None or target.operation == "Invoke":
        return
    for fault in _faults(model, operation.output, result, "", mode == "STRICT"):
        raise _refused(f"Mock result schema validation error: {fault}")


def _faults(model: ServiceModel, shape: str, value: Any, path: str, strict: bool) -> Iterator[str]:
    spec = model.shapes[shape]
    wanted = _KINDS.get(spec["type"])
    if wanted is not None and (not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted)):
        yield f"{path or 'The result'} must be a {spec['type']}"
    elif spec["type"] == "structure":
        yield from _of_structure(model, spec, value, path, strict)
    elif spec["type"] == "list":
        for index, item in enumerate(value):
            yield from _faults(model, spec["member"]["shape"], item, f"{path}[{index}]", strict)
    elif spec["type"] == "map":
        for key, item in value.items():
            yield from _faults(model, spec["value"]["shape"], item, f"{path}/{key}", strict)


def _of_structure(model: ServiceModel, spec: Json, value: Json, path: str, strict: bool) -> Iterator[str]:
    """Members that the model does not have are let through, as they are in answers of newer versions."""
    given = {name.lower(): item for name, item in value.items()}
    for name, member in spec.get("members", {}).items():
        if name.lower() in given:
            yield from _faults(model, member["shape"], given[name.lower()], f"{path}/{name}", strict)
        elif strict and name in spec.get("required", ()):
            yield f"{path}/{name} is required"


def _refused(message: str) -> AwsError:
    return AwsError("ValidationException", message, status=400)
