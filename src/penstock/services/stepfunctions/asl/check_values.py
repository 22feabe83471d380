"""Whether the values of a state's fields are what they have to be."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from penstock.services.stepfunctions.asl.jsonata import compile_jsonata, is_expression
from penstock.services.stepfunctions.asl.paths import compile_path, reference_steps
from penstock.services.stepfunctions.asl.templates import compile_value, faults
from penstock.services.stepfunctions.integrations.resource import parse

Json = Mapping[str, Any]
Found = Any
Report = Callable[[str, str], Found]

MAX_SECONDS = 99_999_999
_RESOURCE = re.compile(r"arn:aws[\w-]*:[\w-]+:[\w-]*:\d*:.+")
_UNKNOWN = "The value is not a valid resource ARN, or the resource is not available in this region."
_VARIABLE = re.compile(r"[^\W\d][\w]*")
_PATHS = ("InputPath", "OutputPath", "ItemsPath")
_NUMBER_PATHS = (
    "SecondsPath",
    "TimestampPath",
    "TimeoutSecondsPath",
    "HeartbeatSecondsPath",
    "MaxConcurrencyPath",
    "ToleratedFailureCountPath",
    "ToleratedFailurePercentagePath",
)
_TEMPLATES = ("Parameters", "ResultSelector", "ItemSelector", "Assign")
_EXPRESSIONS = ("Arguments", "Output", "Assign", "Items", "ItemSelector", "Seconds", "Timestamp", "Error", "Cause")
# field -> (least, most); None where there is no bound
_NUMBERS: dict[str, tuple[int, int | None]] = {
    "Seconds": (0, MAX_SECONDS),
    "TimeoutSeconds": (1, MAX_SECONDS),
    "HeartbeatSeconds": (1, MAX_SECONDS),
    "MaxConcurrency": (0, None),
    "ToleratedFailureCount": (0, None),
    "ToleratedFailurePercentage": (0, 100),
}


def machine_values(raw: Json, path: str, report: Report) -> Iterator[Found]:
    if "StartAt" in raw and not isinstance(raw["StartAt"], str):
        yield report("Value must be a string", f"{path}/StartAt")
    if "TimeoutSeconds" in raw:
        yield from _number(raw["TimeoutSeconds"], "TimeoutSeconds", path, report)


def values(raw: Json, kind: str, path: str, jsonata: bool, report: Report) -> Iterator[Found]:
    for name in ("Comment", "Next", "Default", "Resource", "Label"):
        if name in raw and not isinstance(raw[name], str):
            yield report("Value must be a string", f"{path}/{name}")
    for name in _NUMBERS:
        if name in raw and not (jsonata and is_expression(raw[name])):
            yield from _number(raw[name], name, path, report)
    yield from (_jsonata if jsonata else _jsonpath)(raw, path, report)
    yield from _assigned(raw, path, report)
    yield from _retriers(raw, path, report)
    yield from _catchers(raw, path, jsonata, report)
    heartbeat, timeout = raw.get("HeartbeatSeconds"), raw.get("TimeoutSeconds")
    if isinstance(heartbeat, int) and isinstance(timeout, int) and heartbeat >= timeout:
        yield report("HeartbeatSeconds must be smaller than TimeoutSeconds", path or "/")


def _number(value: Any, name: str, path: str, report: Report) -> Iterator[Found]:
    least, most = _NUMBERS[name]
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole and not (name == "ToleratedFailurePercentage" and isinstance(value, float)):
        yield report(
            "Value is not an integer" if name != "ToleratedFailurePercentage" else "Value is not a number",
            f"{path}/{name}",
        )
    elif value < least:
        yield report(f"Value must be greater than or equal to {least}", f"{path}/{name}")
    elif most is not None and value > most:
        yield report(f"Value must be less than or equal to {most}", f"{path}/{name}")


def _jsonpath(raw: Json, path: str, report: Report) -> Iterator[Found]:
    for name in (*_PATHS, *_NUMBER_PATHS):
        if (value := raw.get(name)) is not None:
            yield from _tried(compile_path, value, f"{path}/{name}", "Value is not a valid JSONPath", report)
    for name in ("ErrorPath", "CausePath"):
        if name in raw:
            yield from _tried(compile_value, raw[name], f"{path}/{name}", "Value is not a valid JSONPath", report)
    if raw.get("ResultPath") is not None:
        yield from _tried(reference_steps, raw["ResultPath"], f"{path}/ResultPath", "", report)
    for name in _TEMPLATES:
        for fault in faults(raw.get(name), f"{path}/{name}"):
            message, _, where = fault.rpartition(" at ")
            yield report(message, where)
    for name in ("Error", "Cause"):
        if name in raw and not isinstance(raw[name], str):
            yield report("Value must be a string", f"{path}/{name}")


def _tried(check: Callable[[str], object], value: Any, where: str, message: str, report: Report) -> Iterator[Found]:
    if not isinstance(value, str):
        yield report("Value must be a string", where)
        return
    try:
        check(value)
    except ValueError as error:
        yield report(message or str(error), where)


def _jsonata(raw: Json, path: str, report: Report) -> Iterator[Found]:
    for name in _EXPRESSIONS:
        try:
            compile_jsonata(raw.get(name), name)
        except ValueError as error:
            yield report(f"The JSONata expression is not valid: {error}", f"{path}/{name}")
    items = raw.get("Items")
    if items is not None and not isinstance(items, list) and not is_expression(items):
        yield report("Value must be an array or a JSONata expression", f"{path}/Items")


def _assigned(raw: Json, path: str, report: Report) -> Iterator[Found]:
    if "Assign" not in raw:
        return
    if not isinstance(raw["Assign"], dict):
        yield report("Value must be an object", f"{path}/Assign")
        return
    for name in raw["Assign"]:
        plain = name.removesuffix(".$")
        if plain == "states" or not _VARIABLE.fullmatch(plain) or len(plain) > 80:
            yield report(f"The variable name '{plain}' is not valid", f"{path}/Assign")


def _errors(entries: Any, path: str, report: Report) -> Iterator[Found]:
    """What retriers and catchers share."""
    for index, entry in enumerate(entries):
        names, where = entry.get("ErrorEquals"), f"{path}[{index}]"
        if not isinstance(names, list) or not names:
            yield report(
                'The field "ErrorEquals" is required but was missing'
                if names is None
                else "Value must be a non-empty array",
                where,
            )
        elif "States.ALL" in names and (len(names) > 1 or index < len(entries) - 1):
            yield report("States.ALL must appear alone and at the end of the list", f"{where}/ErrorEquals")


def _retriers(raw: Json, path: str, report: Report) -> Iterator[Found]:
    entries = raw.get("Retry", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        yield report("Value must be an array of objects", f"{path}/Retry")
        return
    yield from _errors(entries, f"{path}/Retry", report)
    for index, entry in enumerate(entries):
        for name, holds, message in _RETRIER:
            if name in entry and not holds(entry[name]):
                yield report(message, f"{path}/Retry[{index}]/{name}")
        for name in entry.keys() - _RETRIER_FIELDS:
            yield report(f'The field "{name}" is not supported by Step Functions', f"{path}/Retry[{index}]")


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_RETRIER: tuple[tuple[str, Callable[[Any], bool], str], ...] = (
    ("IntervalSeconds", lambda value: _whole(value) and 1 <= value <= MAX_SECONDS, "Value must be a positive integer"),
    ("MaxAttempts", lambda value: _whole(value) and 0 <= value <= MAX_SECONDS, "Value must be a non-negative integer"),
    (
        "BackoffRate",
        lambda value: isinstance(value, (int, float)) and value >= 1,
        "Value must be greater than or equal to 1.0",
    ),
    (
        "MaxDelaySeconds",
        lambda value: _whole(value) and 0 < value <= 31_622_400,
        "Value must be between 1 and 31622400",
    ),
    ("JitterStrategy", lambda value: value in ("FULL", "NONE"), "Value is not valid. Must be one of: FULL, NONE"),
)
_RETRIER_FIELDS = {"ErrorEquals", "Comment", *(name for name, _, _ in _RETRIER)}
_CATCHER_FIELDS = {"ErrorEquals", "Next", "ResultPath", "Output", "Assign", "Comment"}


def _catchers(raw: Json, path: str, jsonata: bool, report: Report) -> Iterator[Found]:
    entries = raw.get("Catch", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        yield report("Value must be an array of objects", f"{path}/Catch")
        return
    yield from _errors(entries, f"{path}/Catch", report)
    for index, entry in enumerate(entries):
        where = f"{path}/Catch[{index}]"
        if "Next" not in entry:
            yield report('The field "Next" is required but was missing', where)
        for name in entry.keys() - _CATCHER_FIELDS:
            yield report(f'The field "{name}" is not supported by Step Functions', where)
        yield from _assigned(entry, where, report)
        yield from (_jsonata if jsonata else _jsonpath)(entry, where, report)


def _known(text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


def resource(raw: Json, kind: str, path: str, machine: str, report: Report) -> Iterator[Found]:
    """What a task calls: an ARN, and of a pattern that the machine's type allows."""
    if kind != "Task" or not isinstance(raw["Resource"], str):
        return
    text = raw["Resource"]
    if not _RESOURCE.fullmatch(text):
        yield report("Value is not a valid resource ARN", f"{path}/Resource")
    elif not _known(text):
        yield report(f"The resource provided {text} is not recognized. {_UNKNOWN}", f"{path}/Resource")
    elif machine == "EXPRESS" and ":activity:" in text:
        yield report("Express state machine does not support Activity ARN", f"{path}/Resource")
    elif machine == "EXPRESS" and (pattern := re.search(r"\.(sync|waitForTaskToken)\b", text)):
        quoted = f"'{pattern[0]}'"
        yield report(f"Express state machine does not support {quoted} service integration", f"{path}/Resource")
