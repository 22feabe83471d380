"""CloudFormation's `AWS::SSM::Parameter`.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-parameter.html
"""

from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType
from penstock.wire.model import Json

_MEMBERS = ("AllowedPattern", "DataType", "Description", "Policies", "Tier", "Type", "Value")


async def _create(rc: ResourceContext, properties: Properties) -> Resource:
    name = properties.get("Name") or rc.physical_name(256)
    if rc.resumed:  # with Overwrite no tags are taken
        await rc.call("ssm", "DeleteParameters", {"Names": [name]})
    await rc.call("ssm", "PutParameter", _members(properties) | {"Name": name, "Tags": rc.tag_list(properties)})
    return _resource(name, properties)


async def _update(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    name = resource.physical_id
    emptied = {"Description": ""} if "Description" in resource.properties else {}
    await rc.call("ssm", "PutParameter", emptied | _members(properties) | {"Name": name, "Overwrite": True})
    await _tag(rc, name, properties)
    return _resource(name, properties)


async def _tag(rc: ResourceContext, name: str, properties: Properties) -> None:
    which, wanted = {"ResourceType": "Parameter", "ResourceId": name}, rc.tag_map(properties)
    known = (await rc.call("ssm", "ListTagsForResource", which))["TagList"]
    if gone := [tag["Key"] for tag in known if tag["Key"] not in wanted]:
        await rc.call("ssm", "RemoveTagsFromResource", {**which, "TagKeys": gone})
    if wanted:
        await rc.call("ssm", "AddTagsToResource", {**which, "Tags": rc.tag_list(properties)})


async def _delete(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("ssm", "DeleteParameter", {"Name": resource.physical_id})


def _members(properties: Properties) -> Json:
    return {name: properties[name] for name in _MEMBERS if name in properties}


def _resource(name: str, properties: Properties) -> Resource:
    return Resource(name, {"Type": properties["Type"], "Value": properties["Value"]})


TABLE = (
    ResourceType(
        name="AWS::SSM::Parameter",
        create=_create,
        update=_update,
        delete=_delete,
        properties=frozenset({*_MEMBERS, "Name", "Tags"} - {"Policies"}),
        inert={"Policies": "expiration and notifications of parameters do not happen here"},
        replace_on=frozenset({"Name", "Type"}),
    ),
)
