"""Whether the values of a state's fields are what they have to be."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from penstock.services.stepfunctions.asl.choice import timestamp
from penstock.services.stepfunctions.asl.jsonata import compile_jsonata, is_expression
from penstock.services.stepfunctions.asl.paths import compile_path, reference_steps
from penstock.services.stepfunctions.asl.templates import compile_value, faults
from penstock.services.stepfunctions.asl.wording import (
    NO_TIMESTAMP,
    NOT_CLOSED,
    expected,
    not_a_list,
    not_supported,
    required,
)
from penstock.services.stepfunctions.asl.wording import values as one_of_values
from penstock.services.stepfunctions.integrations.resource import parse

Json = Mapping[str, Any]
Found = Any
Report = Callable[..., Found]  # (message, location, code)

MAX_SECONDS = 99_999_999
_BAD_NAME = "the variable name contains invalid characters."
_NO_PATH = "Value must be a valid JSONPath."
_RESOURCE = re.compile(r"arn:aws[\w-]*:[\w-]+:[\w-]*:\d*:.+")
_INTEGRATION = re.compile(r"arn:aws[\w-]*:states:::")
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
_RETRIER: dict[str, tuple[int, int | None]] = {
    "IntervalSeconds": (0, MAX_SECONDS),
    "MaxAttempts": (0, MAX_SECONDS),
    "BackoffRate": (1, None),
    "MaxDelaySeconds": (1, 31_622_400),
}
_FRACTIONS = frozenset({"ToleratedFailurePercentage", "BackoffRate"})
_JITTER = ("NONE", "FULL")
_RETRIER_FIELDS = {"ErrorEquals", "Comment", "JitterStrategy", *_RETRIER}
_CATCHER_FIELDS = {"ErrorEquals", "Next", "ResultPath", "Output", "Assign", "Comment"}


def machine_values(raw: Json, path: str, report: Report) -> Iterator[Found]:
    if "StartAt" in raw and not isinstance(raw["StartAt"], str):
        yield report(expected("String"), f"{path}/StartAt")
    if "TimeoutSeconds" in raw:
        yield from _number(raw["TimeoutSeconds"], "TimeoutSeconds", (0, MAX_SECONDS), path, report)


def values(raw: Json, kind: str, path: str, jsonata: bool, report: Report) -> Iterator[Found]:
    for name in ("Comment", "Next", "Default", "Resource", "Label"):
        if name in raw and not isinstance(raw[name], str):
            yield report(expected("String"), f"{path}/{name}")
    for name in _NUMBERS:
        if name in raw and not (jsonata and is_expression(raw[name])):
            yield from _number(raw[name], name, _NUMBERS[name], path, report)
    if "Timestamp" in raw and not is_expression(raw["Timestamp"]) and timestamp(raw["Timestamp"]) is None:
        yield report(NO_TIMESTAMP, f"{path}/Timestamp")
    yield from (_jsonata if jsonata else _jsonpath)(raw, path, report)
    yield from _assigned(raw, path, report)
    yield from _retriers(raw, path, report)
    yield from _catchers(raw, path, jsonata, report)
    heartbeat, timeout = raw.get("HeartbeatSeconds"), raw.get("TimeoutSeconds")
    if isinstance(heartbeat, int) and isinstance(timeout, int) and heartbeat >= timeout:
        yield report("HeartbeatSeconds must be smaller than TimeoutSeconds", path or "/")


def _number(value: Any, name: str, bounds: tuple[int, int | None], path: str, report: Report) -> Iterator[Found]:
    least, most = bounds
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole and not (name in _FRACTIONS and isinstance(value, float)):
        yield report(expected("Number" if name in _FRACTIONS else "Integer"), f"{path}/{name}")
    elif value < least:
        yield report(f"Minimum value is {least}", f"{path}/{name}")
    elif most is not None and value > most:
        yield report(f"Maximum value is {most}", f"{path}/{name}")


def _jsonpath(raw: Json, path: str, report: Report) -> Iterator[Found]:
    for name in (*_PATHS, *_NUMBER_PATHS):
        if (value := raw.get(name)) is not None:
            yield from _tried(compile_path, value, f"{path}/{name}", _NO_PATH, report)
    for name in ("ErrorPath", "CausePath"):
        if name in raw:
            yield from _tried(compile_value, raw[name], f"{path}/{name}", _NO_PATH, report)
    if raw.get("ResultPath") is not None:
        yield from _tried(reference_steps, raw["ResultPath"], f"{path}/ResultPath", "", report)
    for name in _TEMPLATES:
        for fault in faults(raw.get(name), f"{path}/{name}"):
            message, _, where = fault.rpartition(" at ")
            yield report(message, where)
    for name in ("Error", "Cause"):
        if name in raw and not isinstance(raw[name], str):
            yield report(expected("String"), f"{path}/{name}")


def _tried(check: Callable[[str], object], value: Any, where: str, message: str, report: Report) -> Iterator[Found]:
    if not isinstance(value, str):
        yield report(expected("String"), where)
        return
    try:
        check(value)
    except ValueError as error:
        yield report(message or str(error), where)


def _jsonata(raw: Json, path: str, report: Report) -> Iterator[Found]:
    for name in _EXPRESSIONS:
        if _open(raw.get(name)):
            yield report(NOT_CLOSED, f"{path}/{name}")
            continue
        try:
            compile_jsonata(raw.get(name), name)
        except ValueError as error:
            yield report(f"The JSONata expression is not valid: {error}", f"{path}/{name}")
    items = raw.get("Items")
    if items is not None and not isinstance(items, list) and not is_expression(items):
        yield report(expected("Array"), f"{path}/Items")


def _open(value: Any) -> bool:
    """Whether a text in it begins as an expression and does not end as one."""
    if isinstance(value, dict):
        return any(map(_open, value.values()))
    if isinstance(value, list):
        return any(map(_open, value))
    return isinstance(value, str) and value.startswith("{%") and not is_expression(value)


def _assigned(raw: Json, path: str, report: Report) -> Iterator[Found]:
    if "Assign" not in raw:
        return
    if not isinstance(raw["Assign"], dict):
        yield report(expected("Object"), f"{path}/Assign")
        return
    for name in raw["Assign"]:
        plain = name.removesuffix(".$")
        if plain == "states":
            yield report("Cannot assign to reserved variable '$states'.", f"{path}/Assign", "RESERVED_VARIABLE_NAME")
        elif not _VARIABLE.fullmatch(plain) or len(plain) > 80:
            yield report(f"Invalid variable name '{plain}': {_BAD_NAME}", f"{path}/Assign", "INVALID_VARIABLE_NAME")


def _errors(entries: Any, path: str, report: Report) -> Iterator[Found]:
    """What retriers and catchers share."""
    for index, entry in enumerate(entries):
        names, where = entry.get("ErrorEquals"), f"{path}[{index}]"
        if names is None:
            yield report(required("ErrorEquals"), where)
        elif fault := not_a_list(names):
            yield report(fault, f"{where}/ErrorEquals")
        elif "States.ALL" in names and (len(names) > 1 or index < len(entries) - 1):
            place = f"{where}/ErrorEquals[{names.index('States.ALL')}]"
            yield report("States.ALL must appear alone and at end of list", place)


def _retriers(raw: Json, path: str, report: Report) -> Iterator[Found]:
    entries = raw.get("Retry", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        yield report(expected("Array"), f"{path}/Retry")
        return
    yield from _errors(entries, f"{path}/Retry", report)
    for index, entry in enumerate(entries):
        where = f"{path}/Retry[{index}]"
        for name, bounds in _RETRIER.items():
            if name in entry:
                yield from _number(entry[name], name, bounds, where, report)
        if entry.get("JitterStrategy", "NONE") not in _JITTER:
            yield report(one_of_values(_JITTER), f"{where}/JitterStrategy")
        for name in sorted(entry.keys() - _RETRIER_FIELDS):
            yield report(not_supported(name), where)


def _catchers(raw: Json, path: str, jsonata: bool, report: Report) -> Iterator[Found]:
    entries = raw.get("Catch", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        yield report(expected("Array"), f"{path}/Catch")
        return
    yield from _errors(entries, f"{path}/Catch", report)
    for index, entry in enumerate(entries):
        where = f"{path}/Catch[{index}]"
        if "Next" not in entry:
            yield report(required("Next"), where)
        for name in sorted(entry.keys() - _CATCHER_FIELDS):
            yield report(not_supported(name), where)
        yield from _assigned(entry, where, report)
        yield from (_jsonata if jsonata else _jsonpath)(entry, where, report)


def _known(text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


def resource(raw: Json, kind: str, path: str, machine: str, jsonata: bool, report: Report) -> Iterator[Found]:
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
        # The message ends with a space.
        yield report(f"Express state machine does not support '{pattern[0]}' service integration ", f"{path}/Resource")
    elif _INTEGRATION.match(text) and not {"Parameters", "Arguments"} & raw.keys():
        field = "Arguments" if jsonata else "Parameters"
        yield report(f"{field} field is required for resource ARN: {text}", f"{path}/Resource")
