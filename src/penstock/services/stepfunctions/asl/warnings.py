"""What is allowed in a definition and probably not meant: AWS's warnings NO_DOLLAR, NO_PATH, PASS_RESULT_IS_STATIC.

JSONata states know none of them.
Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinitionDiagnostic.html
"""

from collections.abc import Iterator, Mapping
from typing import Any

from penstock.services.stepfunctions.asl.choice import COMPARISONS
from penstock.services.stepfunctions.asl.intrinsics import is_intrinsic

Json = Mapping[str, Any]
Warning_ = tuple[str, str, str]  # code, message, location

_TEMPLATES = ("Parameters", "ResultSelector", "ItemSelector", "Assign")
_WITH_PATH = ("Timestamp", "Error", "Cause")  # strings that have a sister field <name>Path
_NO_DOLLAR = 'The field name does not end with ".$", but its value looks like a JSONPath or an intrinsic function'
_NO_PATH = "The field value looks like a path, but the field name does not end with 'Path'"
_STATIC = "The Result of a Pass state is static: paths and intrinsic functions in it are not evaluated"


def _dynamic(value: Any) -> bool:
    """Whether a string would be evaluated elsewhere. Prices and the like begin with a dollar sign too."""
    return isinstance(value, str) and (value == "$" or value.startswith(("$.", "$[", "$$")) or is_intrinsic(value))


def warnings(raw: Json, path: str) -> Iterator[Warning_]:
    """Those of one JSONPath state."""
    for name in _TEMPLATES:
        for where in _found(raw.get(name), f"{path}/{name}", dollar=False):
            yield "NO_DOLLAR", _NO_DOLLAR, where
    for name in _WITH_PATH:
        if _dynamic(raw.get(name)):
            yield "NO_PATH", _NO_PATH, f"{path}/{name}"
    for index, rule in enumerate(raw.get("Choices", ())):
        for where in _compared(rule, f"{path}/Choices[{index}]"):
            yield "NO_PATH", _NO_PATH, where
    if raw.get("Type") == "Pass":
        for where in _found(raw.get("Result"), f"{path}/Result", dollar=True):
            yield "PASS_RESULT_IS_STATIC", _STATIC, where


def _found(value: Any, path: str, *, dollar: bool) -> Iterator[str]:
    """Where strings look dynamic; under names that end with `.$` only if `dollar`."""
    if isinstance(value, dict):
        for name, item in value.items():
            if dollar or not name.endswith(".$"):
                yield from _found(item, f"{path}/{name}", dollar=dollar)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _found(item, f"{path}[{index}]", dollar=dollar)
    elif _dynamic(value):
        yield path


def _compared(rule: Any, path: str) -> Iterator[str]:
    for name in rule:
        if name in COMPARISONS and _dynamic(rule[name]):
            yield f"{path}/{name}"
    for name in ("And", "Or"):
        for index, one in enumerate(rule.get(name, ())):
            yield from _compared(one, f"{path}/{name}[{index}]")
    if "Not" in rule:
        yield from _compared(rule["Not"], f"{path}/Not")
