"""What a target receives of an event: all, a part (InputPath), a text made of parts (InputTransformer), or a constant.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
Where that page and AWS differ, AWS is followed: a missing value becomes an empty string, also outside of quotes, and an
object inside quotes loses its own.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import orjson

from penstock.delivery.paths import MISSING, Select, compile_path


class InputError(ValueError):
    """The target's input settings are not valid; the text is AWS's."""


class Event(NamedTuple):
    """An event on its way: its JSON text, the same parsed, and when the bus took it in (ISO 8601)."""

    text: str
    document: dict[str, Any]
    ingested: str


Render = Callable[[Event], str]
Value = Callable[[Event], Any]
Write = Callable[[Any], str]

_CHOICES = ("Input", "InputPath", "InputTransformer")
_PLACEHOLDER = re.compile(r"<([^<>]*)>")
STRING = re.compile(r'"(?:[^"\\]|\\.)*"?', re.DOTALL)


def compile_input(target: Mapping[str, Any], rule_arn: str, rule_name: str) -> Render:
    """A function from events to the text that `target` (as in PutTargets) receives. Raises InputError."""
    given = [choice for choice in _CHOICES if target.get(choice) is not None]
    if len(given) > 1:
        raise InputError(
            f"Only one of Input, InputPath, or InputTransformer must be provided for target {target['Id']}."
        )
    return _COMPILE[given[0] if given else ""](target, rule_arn, rule_name)


def _whole(target: Mapping[str, Any], rule_arn: str, rule_name: str) -> Render:
    return lambda event: event.text


def _constant(target: Mapping[str, Any], rule_arn: str, rule_name: str) -> Render:
    text: str = target["Input"]
    try:
        json.loads(text)
    except ValueError:
        raise InputError(f"Input for target {target['Id']} is not a valid JSON text.") from None
    return lambda event: text


def _part(target: Mapping[str, Any], rule_arn: str, rule_name: str) -> Render:
    select = _path(target["InputPath"], target["Id"])

    def render(event: Event) -> str:
        value = select(event.document)
        return "null" if value is MISSING else json_text(value)

    return _whole(target, rule_arn, rule_name) if target["InputPath"] in ("$", "") else render


def _transformed(target: Mapping[str, Any], rule_arn: str, rule_name: str) -> Render:
    transformer = target["InputTransformer"]
    values: dict[str, Value] = {
        name: _selected(_path(path, target["Id"])) for name, path in transformer.get("InputPathsMap", {}).items()
    }
    values |= {
        "aws.events.rule-arn": lambda event: rule_arn,
        "aws.events.rule-name": lambda event: rule_name,
        "aws.events.event.ingestion-time": lambda event: event.ingested,
        "aws.events.event": lambda event: _without_detail(event.document),
        "aws.events.event.json": lambda event: event.document,
    }
    return _template(transformer["InputTemplate"], values, target["Id"])


_COMPILE = {"": _whole, "Input": _constant, "InputPath": _part, "InputTransformer": _transformed}


def _path(path: str, target_id: str) -> Select:
    try:
        return compile_path(path or "$")
    except ValueError:
        raise InputError(f"InputPath for target {target_id} is invalid.") from None


def _selected(select: Select) -> Value:
    return lambda event: "" if (value := select(event.document)) is MISSING else value


def _without_detail(document: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "detailType" if name == "detail-type" else name: value for name, value in document.items() if name != "detail"
    }


def _template(template: str, values: Mapping[str, Value], target_id: str) -> Render:
    """Literal text and placeholders in turn, each placeholder with its way of being written."""
    quoted = [string.span() for string in STRING.finditer(template)]
    literals, inserts, end = [], [], 0
    for placeholder in _PLACEHOLDER.finditer(template):
        name = placeholder.group(1)
        if name not in values:
            raise InputError(f"InputTemplate for target {target_id} contains invalid placeholder {name}.")
        inside = any(first < placeholder.start() < last for first, last in quoted)
        literals.append(template[end : placeholder.start()])
        inserts.append((values[name], inside_string if inside else json_text))
        end = placeholder.end()
    tail = template[end:]
    _check_json(template, "".join(text + "0" for text in literals) + tail, target_id)
    return lambda event: "".join(
        [text + write(value(event)) for text, (value, write) in zip(literals, inserts, strict=True)] + [tail]
    )


def _check_json(template: str, example: str, target_id: str) -> None:
    """A template is one JSON value, or several (one quoted string per line)."""
    decoder, at = json.JSONDecoder(), 0
    try:
        while example[at:].strip():
            at += len(example[at:]) - len(example[at:].lstrip())
            _, at = decoder.raw_decode(example, at)
    except json.JSONDecodeError as error:
        raise InputError(
            f'Invalid InputTemplate for target {target_id} : [Source: (String)"{template}"; '
            f"line: {error.lineno}, column: {error.colno}]."
        ) from None


def json_text(value: Any) -> str:
    return orjson.dumps(value).decode()


def inside_string(value: Any) -> str:
    """A value as part of a JSON string: strings escaped, objects and arrays without their quotes."""
    text = json_text(value)
    return text[1:-1] if isinstance(value, str) else text.replace('"', "").replace("\\", "\\\\")
