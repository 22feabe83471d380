"""DynamoDB's typed items as plain documents."""

from collections.abc import Mapping
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

_pack = TypeSerializer().serialize
_unpack = TypeDeserializer().deserialize


def pack(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _pack(value) for name, value in document.items()}


def unpack(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _unpack(value) for name, value in item.items()}
