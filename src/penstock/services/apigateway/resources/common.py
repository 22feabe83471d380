"""From CloudFormation's property names and values to API Gateway's, and the types for which that is all."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson

from penstock.template.provider import Problems, Properties, Resource, ResourceContext, ResourceType


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


def members(rc: ResourceContext, given: Properties) -> dict[str, Any]:
    """The properties as members of a request; the structures in them stay as they are."""
    return {camel(name): value for name, value in given.items()}


def below_api(name: str) -> Callable[[Resource], dict[str, Any]]:
    """The members that name a part of an API, of which `name` is its id's."""
    return lambda resource: {"restApiId": resource.properties["RestApiId"], name: resource.physical_id}


def patched(
    name: str,
    *,
    paths: Mapping[str, str],
    key: str | Callable[[Resource], dict[str, Any]],
    made: Callable[[dict[str, Any]], Resource],
    properties: Iterable[str],
    replace_on: Iterable[str],
    request: Callable[[ResourceContext, Properties], dict[str, Any]] = members,
    problems: Problems | None = None,
) -> ResourceType:
    """A type whose create and delete are one operation each, and whose update is a PATCH.

    paths: property -> the path by which it may change. key: the member that carries the physical id in update and
    delete, or a function giving those members. made: response of create -> Resource.
    """
    noun = name.rpartition("::")[2]

    def identity(resource: Resource) -> dict[str, Any]:
        return {key: resource.physical_id} if isinstance(key, str) else key(resource)

    async def create(rc: ResourceContext, given: Properties) -> Resource:
        return made(await rc.call("apigateway", f"Create{noun}", request(rc, given)))

    async def update(rc: ResourceContext, resource: Resource, given: Properties) -> Resource:
        await rc.call("apigateway", f"Update{noun}", {**identity(resource), "patchOperations": patches(paths, given)})
        return resource

    async def delete(rc: ResourceContext, resource: Resource) -> None:
        await rc.call("apigateway", f"Delete{noun}", identity(resource))

    return ResourceType(
        name=name,
        create=create,
        update=update,
        delete=delete,
        properties=frozenset({*paths, *properties}),
        replace_on=frozenset(replace_on),
        problems=problems,
    )
