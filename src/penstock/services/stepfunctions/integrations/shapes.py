"""Parameters and results, spelled as in Step Functions (`TaskArn`) and as in AWS's models (`taskArn`). Pure."""

from datetime import datetime
from typing import Any

import orjson

from penstock.services.stepfunctions.times import iso
from penstock.wire.model import Json, ServiceModel

_members: dict[tuple[str, str], dict[str, str]] = {}


def capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def spelled(model: ServiceModel, shape: str) -> dict[str, str]:
    """Lower-case member name -> member name: AWS's SDK for Java has its own capitals (`SseKmsKeyId`)."""
    found = _members.get((model.name, shape))
    if found is None:
        members = model.shapes[shape].get("members", {})
        found = _members[model.name, shape] = {name.lower(): name for name in members}
    return found


def to_model(model: ServiceModel, shape: str | None, value: Any) -> Any:
    """Parameters as the operation takes them. Objects where a string is wanted become JSON text."""
    if shape is None:
        return {}
    spec = model.shapes[shape]
    return _TO.get(spec["type"], _as_is)(model, shape, spec, value)


def _structure_to(model: ServiceModel, shape: str, spec: Json, value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    names, members = spelled(model, shape), spec.get("members", {})
    given = {names.get(key.lower(), key): item for key, item in value.items()}
    return {
        key: to_model(model, members[key]["shape"], item) if key in members else item for key, item in given.items()
    }


def _list_to(model: ServiceModel, shape: str, spec: Json, value: Any) -> Any:
    return [to_model(model, spec["member"]["shape"], item) for item in value] if isinstance(value, list) else value


def _map_to(model: ServiceModel, shape: str, spec: Json, value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: to_model(model, spec["value"]["shape"], item) for key, item in value.items()}


def _string_to(model: ServiceModel, shape: str, spec: Json, value: Any) -> Any:
    return orjson.dumps(value).decode() if isinstance(value, (dict, list)) else value


def _blob_to(model: ServiceModel, shape: str, spec: Json, value: Any) -> Any:
    return value.encode() if isinstance(value, str) else orjson.dumps(value)


def _timestamp_to(model: ServiceModel, shape: str, spec: Json, value: Any) -> Any:
    try:
        return datetime.fromisoformat(value).timestamp() if isinstance(value, str) else value
    except ValueError:
        return value


def _as_is(model: ServiceModel, shape: str, spec: Json, value: Any) -> Any:
    return value


_TO = {
    "structure": _structure_to,
    "list": _list_to,
    "map": _map_to,
    "string": _string_to,
    "blob": _blob_to,
    "timestamp": _timestamp_to,
}


def from_model(model: ServiceModel, shape: str | None, value: Any, *, millis: bool = False) -> Any:
    """A result with capitalised members; times as text, or as epoch milliseconds where `millis`."""
    if shape is None or value is None:
        return value if shape is not None else {}
    spec = model.shapes[shape]
    kind = spec["type"]
    if kind == "structure":
        members = spec.get("members", {})
        return {
            capital(name): from_model(model, members[name]["shape"], item, millis=millis)
            for name, item in value.items()
            if name in members and item is not None
        }
    if kind == "list":
        return [from_model(model, spec["member"]["shape"], item, millis=millis) for item in value]
    if kind == "map":
        return {key: from_model(model, spec["value"]["shape"], item, millis=millis) for key, item in value.items()}
    if kind == "timestamp" and isinstance(value, (int, float)):
        return int(value * 1000) if millis else iso(value)
    return bytes(value).decode("utf-8", "replace") if isinstance(value, (bytes, bytearray, memoryview)) else value
