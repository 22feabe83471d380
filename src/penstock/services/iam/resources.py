"""CloudFormation types of IAM.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_IAM.html
"""

from penstock.services.iam import resources_entities, resources_policies
from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType, one_call


async def _create_profile(rc: ResourceContext, properties: Properties) -> Resource:
    name = properties.get("InstanceProfileName") or rc.physical_name(128)
    profile = await resources_entities.create(rc, "InstanceProfile", {**properties, "InstanceProfileName": name})
    if not profile["Roles"]:
        await _put_role(rc, name, properties)
    return Resource(name, {"Arn": profile["Arn"]})


async def _put_role(rc: ResourceContext, name: str, properties: Properties) -> None:
    for role in properties.get("Roles", ()):
        await rc.call("iam", "AddRoleToInstanceProfile", {"InstanceProfileName": name, "RoleName": role})


async def _take_role(rc: ResourceContext, name: str) -> None:
    profile = (await rc.call("iam", "GetInstanceProfile", {"InstanceProfileName": name}))["InstanceProfile"]
    for role in profile["Roles"]:
        request = {"InstanceProfileName": name, "RoleName": role["RoleName"]}
        await rc.call("iam", "RemoveRoleFromInstanceProfile", request)


async def _update_profile(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    await _take_role(rc, resource.physical_id)
    await _put_role(rc, resource.physical_id, properties)
    return resource


async def _delete_profile(rc: ResourceContext, resource: Resource) -> None:
    await _take_role(rc, resource.physical_id)
    await rc.call("iam", "DeleteInstanceProfile", {"InstanceProfileName": resource.physical_id})


_INSTANCE_PROFILE = ResourceType(
    name="AWS::IAM::InstanceProfile",
    create=_create_profile,
    update=_update_profile,
    delete=_delete_profile,
    properties=frozenset({"InstanceProfileName", "Path", "Roles"}),
    replace_on=frozenset({"InstanceProfileName", "Path"}),
)


async def _create_key(rc: ResourceContext, properties: Properties) -> Resource:
    key = (await rc.call("iam", "CreateAccessKey", {"UserName": properties["UserName"]}))["AccessKey"]
    resource = Resource(key["AccessKeyId"], {"SecretAccessKey": key["SecretAccessKey"]})
    return await _update_key(rc, resource, properties)


async def _update_key(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    request = {"UserName": properties["UserName"], "AccessKeyId": resource.physical_id}
    await rc.call("iam", "UpdateAccessKey", {**request, "Status": properties.get("Status", "Active")})
    return resource


async def _delete_key(rc: ResourceContext, resource: Resource) -> None:
    request = {"UserName": resource.properties["UserName"], "AccessKeyId": resource.physical_id}
    await rc.call("iam", "DeleteAccessKey", request)


_ACCESS_KEY = ResourceType(
    name="AWS::IAM::AccessKey",
    create=_create_key,
    update=_update_key,
    delete=_delete_key,
    properties=frozenset({"Serial", "Status", "UserName"}),
    replace_on=frozenset({"Serial", "UserName"}),
)

_SERVICE_LINKED_ROLE = one_call(
    "AWS::IAM::ServiceLinkedRole",
    "iam",
    create="CreateServiceLinkedRole",
    delete="DeleteServiceLinkedRole",
    properties={"AWSServiceName", "CustomSuffix", "Description"},
    made=lambda request, response: Resource(response["Role"]["RoleName"], {"RoleName": response["Role"]["RoleName"]}),
    key="RoleName",
)

TABLE = (
    *resources_entities.TABLE,
    *resources_policies.TABLE,
    _INSTANCE_PROFILE,
    _ACCESS_KEY,
    _SERVICE_LINKED_ROLE,
)
