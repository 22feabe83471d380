"""What the CloudFormation types of EC2 share: items with tags, made by one call and changed by a few.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_EC2.html
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping

from penstock.services.ec2.kinds import Kind
from penstock.template.provider import NOTHING, Properties, Resource, ResourceContext, ResourceType
from penstock.wire.model import Json

NOT_ROUTED = "recorded; nothing is routed on loopback"
NOT_FILTERED = "recorded; connections on loopback are not filtered"

Attributes = Callable[[ResourceContext, Json], Awaitable[Json]]
# (context, physical id, properties before, properties after); before the item is new, there are none
Modify = Callable[[ResourceContext, str, Properties, Properties], Awaitable[None]]


def tag_specifications(rc: ResourceContext, properties: Properties, kind: Kind) -> list[Json]:
    tags = rc.tag_list(properties)
    return [{"ResourceType": kind.type, "Tags": tags}] if tags else []


async def retag(rc: ResourceContext, item_id: str, properties: Properties) -> None:
    """Makes an item's tags those of the properties and the stack."""
    filters = [{"Name": "resource-id", "Values": [item_id]}]
    known = (await rc.call("ec2", "DescribeTags", {"Filters": filters}))["Tags"]
    wanted = rc.tag_map(properties)
    if gone := [{"Key": tag["Key"]} for tag in known if tag["Key"] not in wanted]:
        await rc.call("ec2", "DeleteTags", {"Resources": [item_id], "Tags": gone})
    if wanted:
        await rc.call("ec2", "CreateTags", {"Resources": [item_id], "Tags": rc.tag_list(properties)})


async def described(rc: ResourceContext, kind: Kind, operation: str, item_id: str) -> Json:
    """The item as its Describe operation shows it."""
    item: Json = (await rc.call("ec2", operation, {kind.ids: [item_id]}))[kind.member][0]
    return item


def changed(name: str, before: Properties, after: Properties) -> bool:
    return before.get(name) != after.get(name)


def item_type(
    name: str,
    kind: Kind,
    *,
    create: str,
    result: str,
    describe: str,
    delete: str,
    attributes: Mapping[str, str],
    properties: Iterable[str] = (),
    replace_on: Iterable[str] = (),
    modify: Modify | None = None,
    more: Attributes | None = None,
    inert: Mapping[str, str] = NOTHING,
) -> ResourceType:
    """A type whose items have tags and ids: Ref is the id.

    result: the member of the create operation's result that holds the item. attributes: Fn::GetAtt -> the item's
    member; `more` are those that have to be looked up. modify: what is set by calls of its own, at creation as well.
    """

    async def made(rc: ResourceContext, item_id: str) -> Resource:
        item = await described(rc, kind, describe, item_id)
        found = {attribute: item[member] for attribute, member in attributes.items() if member in item}
        return Resource(item_id, {**found, **(await more(rc, item) if more else {})})

    async def do_create(rc: ResourceContext, given: Properties) -> Resource:
        request = {**given, "TagSpecifications": tag_specifications(rc, given, kind)}
        response = await rc.call("ec2", create, request)
        item_id = response[result][kind.id] if result else response[kind.id]
        if modify:
            await modify(rc, item_id, {}, given)
        return await made(rc, item_id)

    async def do_update(rc: ResourceContext, resource: Resource, given: Properties) -> Resource:
        if modify:
            await modify(rc, resource.physical_id, resource.properties, given)
        await retag(rc, resource.physical_id, given)
        return await made(rc, resource.physical_id)

    async def do_delete(rc: ResourceContext, resource: Resource) -> None:
        await rc.call("ec2", delete, {kind.id: resource.physical_id, kind.ids: [resource.physical_id]})

    return ResourceType(
        name=name,
        create=do_create,
        update=do_update,
        delete=do_delete,
        properties=frozenset(properties) | {"Tags"},
        replace_on=frozenset(replace_on),
        inert=inert,
    )
