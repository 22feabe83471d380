"""Template parameters: what was given, held against what was declared.

Rule: pure, with CloudFormation's message texts. Values from the parameter store are looked up by the caller, between
`values` (strings as given) and `typed` (what Ref yields).
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from penstock.template.document import TemplateError
from penstock.template.functions import as_text

Declared = Mapping[str, Any]

_SSM_VALUE = re.compile(r"AWS::SSM::Parameter::Value<(.+)>")
_LIST = re.compile(r"CommaDelimitedList|List<.+>")
_TYPE = re.compile(r"String|Number|CommaDelimitedList|List<(Number|String|AWS::[\w:]+)>|AWS::[\w:]+(<.+>)?")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


def values(
    declared: Mapping[str, Declared], given: Mapping[str, Any], *, ignore_unknown: bool = False
) -> dict[str, str]:
    """Every parameter's value as a string: given, else the default. TemplateError for what a constraint refuses."""
    unknown = [name for name in given if name not in declared]
    if unknown and not ignore_unknown:
        raise TemplateError(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    missing = [name for name, body in declared.items() if name not in given and "Default" not in body]
    if missing:
        raise _missing(missing, declared)
    found = {name: _text(given.get(name, body.get("Default"))) for name, body in declared.items()}
    for name, value in found.items():
        _check(name, declared[name], value)
    return found


def _missing(names: list[str], declared: Mapping[str, Declared]) -> TemplateError:
    text = f"Parameters: [{', '.join(names)}] must have values"
    if all(_SSM_VALUE.fullmatch(str(declared[name]["Type"])) for name in names):
        text = f"Parameter {names[0]} should either have input value or default value"
    return TemplateError(text, ("Parameters", names[0]))


def ssm_names(declared: Mapping[str, Declared], given: Mapping[str, str]) -> dict[str, str]:
    """Parameter -> the name in the parameter store whose value it takes."""
    return {name: value for name, value in given.items() if _SSM_VALUE.fullmatch(declared[name]["Type"])}


def typed(
    declared: Mapping[str, Declared], given: Mapping[str, str], stored: Mapping[str, str]
) -> dict[str, str | list[str]]:
    """What Ref yields: a string, or a list of strings. `stored` has the values of those in `ssm_names`."""
    return {name: _yield(declared[name]["Type"], stored.get(name, value)) for name, value in given.items()}


def _yield(kind: str, value: str) -> str | list[str]:
    inner = _SSM_VALUE.fullmatch(kind)
    if _LIST.fullmatch(inner.group(1) if inner else kind):
        return [item.strip() for item in value.split(",")] if value else []
    return value


def _text(value: Any) -> str:
    return ",".join(map(as_text, value)) if isinstance(value, list) else as_text(value)


def _check(name: str, body: Declared, value: str) -> None:
    kind = body["Type"]
    path = ("Parameters", name)
    if not _TYPE.fullmatch(kind):
        raise TemplateError(f"Template format error: Unrecognized parameter type: {kind}", path)
    items = [item.strip() for item in value.split(",")] if _LIST.fullmatch(kind) and value else [value]
    for item in items:
        problem = next(_problems(name, body, item, "Number" in kind), None)
        if problem:
            described = body.get("ConstraintDescription")
            text = f"Parameter {name} failed to satisfy constraint: {described}" if described else problem
            raise TemplateError(text, path)


def _problems(name: str, body: Declared, value: str, number: bool) -> Iterator[str]:
    if number and not _NUMBER.fullmatch(value):
        yield f"Parameter '{name}' must be a number"
        return
    for constraint, (breaks, text) in _CONSTRAINTS.items():
        if constraint in body and breaks(value, body[constraint]):
            yield f"Parameter '{name}' {text.format(body[constraint])}"


# constraint -> (is it broken, message)
_CONSTRAINTS: dict[str, tuple[Callable[[str, Any], bool], str]] = {
    "AllowedValues": (lambda value, allowed: value not in map(as_text, allowed), "must be one of AllowedValues"),
    "AllowedPattern": (lambda value, pattern: not re.fullmatch(pattern, value), "must match pattern {}"),
    "MinLength": (lambda value, least: len(value) < int(least), "must contain at least {} characters"),
    "MaxLength": (lambda value, most: len(value) > int(most), "must contain at most {} characters"),
    "MinValue": (lambda value, least: float(value) < float(least), "must be a number not less than {}"),
    "MaxValue": (lambda value, most: float(value) > float(most), "must be a number not greater than {}"),
}
