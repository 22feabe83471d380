"""Results as Step Functions shows them: members in capitals (`TaskArn` for `taskArn`). Pure."""

from typing import Any

from penstock.delivery.sdk import capital
from penstock.services.stepfunctions.times import iso
from penstock.wire.model import ServiceModel


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
