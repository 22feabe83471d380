"""From CloudFormation's property names and values to API Gateway's."""

from collections.abc import Mapping
from typing import Any

import orjson

from penstock.template.provider import Properties


def camel(name: str) -> str:
    """`RestApiId` -> `restApiId`, `ProviderARNs` -> `providerARNs`."""
    return name[:1].lower() + name[1:]


def camels(value: Any) -> Any:
    """The member names of a property's structure; keys of maps are left to the caller."""
    if isinstance(value, Mapping):
        return {camel(name): camels(item) for name, item in value.items()}
    return [camels(item) for item in value] if isinstance(value, list) else value


def string(value: Any) -> str:
    """A value as patch operations carry it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def patches(paths: Mapping[str, str], given: Properties) -> list[dict[str, Any]]:
    """Operations that bring the named properties to their values."""
    return [
        {"op": "replace", "path": path, "value": string(given[name])}
        for name, path in paths.items()
        if given.get(name) is not None
    ]
