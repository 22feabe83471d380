"""Resource policies as resources of their own: one for several queues or topics, or one that belongs to a single one.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queuepolicy.html and
aws-resource-sqs-queueinlinepolicy.html there; SNS has the same.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType

# Gives a queue or topic, by its physical id, a policy: a JSON text; an empty one takes it away.
Put = Callable[[ResourceContext, str, str], Awaitable[None]]
_DOCUMENT = "PolicyDocument"


def shared_policy(name: str, member: str, put: Put) -> ResourceType:
    """The type of a policy for all that its property `member` lists."""

    async def create(rc: ResourceContext, properties: Properties) -> Resource:
        for id in properties[member]:
            await put(rc, id, _text(properties[_DOCUMENT]))
        name = rc.physical_name()
        return Resource(name, {"Id": name})

    async def update(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
        for id in resource.properties[member]:
            if id not in properties[member]:
                await put(rc, id, "")
        for id in properties[member]:
            await put(rc, id, _text(properties[_DOCUMENT]))
        return resource

    async def delete(rc: ResourceContext, resource: Resource) -> None:
        for id in resource.properties[member]:
            await put(rc, id, "")

    return ResourceType(name, create, frozenset({_DOCUMENT, member}), update=update, delete=delete)


def inline_policy(name: str, member: str, put: Put) -> ResourceType:
    """The type of a policy for the one that its property `member` names."""

    async def create(rc: ResourceContext, properties: Properties) -> Resource:
        await put(rc, properties[member], _text(properties[_DOCUMENT]))
        return Resource(properties[member])

    async def update(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
        await put(rc, resource.physical_id, _text(properties[_DOCUMENT]))
        return resource

    async def delete(rc: ResourceContext, resource: Resource) -> None:
        await put(rc, resource.physical_id, "")

    found = frozenset({_DOCUMENT, member})
    return ResourceType(name, create, found, update=update, delete=delete, replace_on=frozenset({member}))


def _text(policy: Any) -> str:
    return policy if isinstance(policy, str) else orjson.dumps(policy).decode()
