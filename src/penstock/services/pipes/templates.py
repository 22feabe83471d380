"""What an enrichment or target receives of an event, and parameters that are paths into it. Pure.

Unlike a rule's input transformer a template holds its paths itself: `<$.body.id>`, `<aws.pipes.pipe-arn>`. Sources:
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-input-transformation.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-event-target.html
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import orjson

from penstock.delivery.mappings import BatchFailed
from penstock.delivery.paths import MISSING, compile_path
from penstock.delivery.transform import STRING, Write, inside_string, json_text
from penstock.services.pipes.names import invalid


class Event(NamedTuple):
    """An event of a batch: as it is, and with its body parsed where that is JSON."""

    given: Any
    parsed: Any
    is_json: bool

    @classmethod
    def of(cls, given: Any) -> "Event":
        """What an enrichment returned."""
        return cls(given, given, isinstance(given, dict | list))

    @classmethod
    def from_source(cls, record: Mapping[str, Any], parsed: Mapping[str, Any]) -> "Event":
        """Of a message or a record of a stream."""
        return cls(record, parsed, not isinstance(parsed.get("body", parsed.get("data")), str))


Value = Callable[[Event, str], Any]  # (event, ingestion time) -> what stands for a placeholder
Render = Callable[[Event, str], str]

_PLACEHOLDER = re.compile(r"<(\$[^<>]*|aws\.pipes\.[^<>]*)>")
_DYNAMIC = re.compile(r"\$(\.[\w/-]+(\[(\d+|\*)\])*)+")


def compile_template(template: str | None, variables: Mapping[str, str]) -> Render:
    """A function from events to their text; all of the event without a template. Raises AwsError.

    `variables` are the reserved variables that are the same for every event, without `aws.pipes.`.
    """
    if not template:
        return lambda event, now: json_text(event.given)
    quoted = [string.span() for string in STRING.finditer(template)]
    parts: list[tuple[str, Value, Write]] = []
    end = 0
    for placeholder in _PLACEHOLDER.finditer(template):
        inside = any(first < placeholder.start() < last for first, last in quoted)
        value = _value(placeholder[1], variables)
        parts.append((template[end : placeholder.start()], value, inside_string if inside else json_text))
        end = placeholder.end()
    tail = template[end:]
    return lambda event, now: "".join([text + write(value(event, now)) for text, value, write in parts]) + tail


def _value(name: str, variables: Mapping[str, str]) -> Value:
    if name.startswith("$"):
        return _selected(name)
    variable = name.removeprefix("aws.pipes.")
    if variable in _RESERVED:
        return _RESERVED[variable]
    if variable not in variables:
        raise invalid(f"Invalid InputTemplate: {name} is not a reserved variable.")
    constant = variables[variable]
    return lambda event, now: constant


_RESERVED: dict[str, Value] = {
    "event.ingestion-time": lambda event, now: now,
    "event": lambda event, now: event.given,
    "event.json": lambda event, now: event.parsed if event.is_json else "",
}


def _selected(path: str) -> Value:
    """What a path leads to; nothing where it leads nowhere."""
    try:
        select = compile_path(path)
    except ValueError as error:
        raise invalid(f"Invalid InputTemplate: {error}.") from None
    return lambda event, now: "" if (value := select(event.parsed)) is MISSING else value


def as_json(text: str) -> str:
    """The text where it is JSON, else a JSON string of it: for those who take nothing else."""
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return json_text(text)
    return text


# -- dynamic path parameters ---------------------------------------------------------------------------

Resolve = Callable[[Event], Any]


def compile_parameters(parameters: Any) -> Resolve:
    """A function from an event to `parameters` with each string that is a path replaced by what it leads to.

    It raises BatchFailed where that is nothing.
    """
    return (lambda event: _resolved(parameters, event)) if _is_dynamic(parameters) else (lambda event: parameters)


def _is_dynamic(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_is_dynamic, value.values()))
    if isinstance(value, list):
        return any(map(_is_dynamic, value))
    return isinstance(value, str) and _DYNAMIC.fullmatch(value) is not None


def _resolved(value: Any, event: Event) -> Any:
    if isinstance(value, dict):
        return {name: _resolved(inner, event) for name, inner in value.items()}
    if isinstance(value, list):
        return [_resolved(inner, event) for inner in value]
    if not isinstance(value, str) or _DYNAMIC.fullmatch(value) is None:
        return value
    found = compile_path(value)(event.parsed)
    if found is MISSING or found is None:
        raise BatchFailed(f"The dynamic path parameter {value} leads nowhere in the event.")
    return found if isinstance(found, str) else json_text(found)
