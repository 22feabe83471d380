"""Property values -> the types of a service's model.

Rule: lenient where CloudFormation is: scalars may come as text, documents as objects, and members of structures in
CloudFormation's capitals (`AwsVpcConfiguration`, where the API says `awsvpcConfiguration`). What cannot be brought to
the model's type is passed on as it is, and the front door's validation says what is wrong with it.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from penstock.template.functions import as_text
from penstock.wire.model import Json, ServiceModel

_INTEGER = re.compile(r"[+-]?\d+")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_BOOLEANS = {"true": True, "false": False, "True": True, "False": False}


def request(model: ServiceModel, operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The members that the operation knows, with values of the model's types."""
    shape = model.operations[operation].input
    members = model.shapes[shape]["members"] if shape else {}
    return _members(model, members, {name: value for name, value in given.items() if name in members})


def _value(model: ServiceModel, shape: Json, value: Any) -> Any:
    convert = _CONVERTERS.get(shape["type"])
    return convert(model, shape, value) if convert else value


def _structure(model: ServiceModel, shape: Json, value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    members = shape["members"]
    if value.keys() <= members.keys():
        return _members(model, members, value)
    spelled: dict[str, str] = {name.lower(): name for name in members}
    given = {name if name in members else spelled.get(name.lower(), ""): child for name, child in value.items()}
    return _members(model, members, given)


def _members(model: ServiceModel, members: Json, given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _value(model, model.shapes[members[name]["shape"]], child)
        for name, child in given.items()
        if name in members and child is not None
    }


def _list(model: ServiceModel, shape: Json, value: Any) -> Any:
    inner = model.shapes[shape["member"]["shape"]]
    return [_value(model, inner, child) for child in value] if isinstance(value, (list, tuple)) else value


def _map(model: ServiceModel, shape: Json, value: Any) -> Any:
    inner = model.shapes[shape["value"]["shape"]]
    return {key: _value(model, inner, child) for key, child in value.items()} if isinstance(value, Mapping) else value


def _string(model: ServiceModel, shape: Json, value: Any) -> Any:
    if isinstance(value, (Mapping, list)):
        return json.dumps(value)
    return as_text(value) if isinstance(value, (bool, int, float)) else value


def _integer(model: ServiceModel, shape: Json, value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return int(value) if isinstance(value, str) and _INTEGER.fullmatch(value) else value


def _float(model: ServiceModel, shape: Json, value: Any) -> Any:
    return float(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value


def _boolean(model: ServiceModel, shape: Json, value: Any) -> Any:
    return _BOOLEANS.get(value, value) if isinstance(value, str) else value


def _blob(model: ServiceModel, shape: Json, value: Any) -> Any:
    return value.encode() if isinstance(value, str) else value


_CONVERTERS: dict[str, Callable[[ServiceModel, Json, Any], Any]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "integer": _integer,
    "long": _integer,
    "float": _float,
    "double": _float,
    "boolean": _boolean,
    "blob": _blob,
}
