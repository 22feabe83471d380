"""CloudFormation types of Secrets Manager.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SecretsManager.html
"""

import orjson

from penstock.base import ids
from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType, one_call
from penstock.wire.model import Json

_MEMBERS = ("Description", "KmsKeyId", "Type")
_NOT_ENCRYPTED = "secrets on this machine are not encrypted"


async def _create(rc: ResourceContext, properties: Properties) -> Resource:
    name = properties.get("Name") or rc.physical_name(512)
    if rc.resumed:
        await rc.call("secretsmanager", "DeleteSecret", {"SecretId": name, "ForceDeleteWithoutRecovery": True})
    request = {**_members(properties), "Name": name, "Tags": rc.tag_list(properties), **await _value(rc, properties)}
    made = await rc.call("secretsmanager", "CreateSecret", request | {"ClientRequestToken": ids.uuid()})
    return Resource(made["ARN"], {"Id": made["ARN"]})


async def _update(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    request = {"SecretId": resource.physical_id, "ClientRequestToken": ids.uuid(), **_members(properties)}
    if _value_source(properties) != _value_source(resource.properties):
        request |= await _value(rc, properties)
    if "Description" in resource.properties:
        request.setdefault("Description", "")
    await rc.call("secretsmanager", "UpdateSecret", request)
    await _tag(rc, resource.physical_id, properties)
    return resource


async def _tag(rc: ResourceContext, secret_id: str, properties: Properties) -> None:
    which, wanted = {"SecretId": secret_id}, rc.tag_map(properties)
    known = (await rc.call("secretsmanager", "DescribeSecret", which)).get("Tags", [])
    if gone := [tag["Key"] for tag in known if tag["Key"] not in wanted]:
        await rc.call("secretsmanager", "UntagResource", {**which, "TagKeys": gone})
    if wanted:
        await rc.call("secretsmanager", "TagResource", {**which, "Tags": rc.tag_list(properties)})


async def _delete(rc: ResourceContext, resource: Resource) -> None:
    request = {"SecretId": resource.physical_id, "ForceDeleteWithoutRecovery": True}
    await rc.call("secretsmanager", "DeleteSecret", request)


def _members(properties: Properties) -> Json:
    return {name: properties[name] for name in _MEMBERS if name in properties}


def _value_source(properties: Properties) -> tuple[object, object]:
    return properties.get("SecretString"), properties.get("GenerateSecretString")


async def _value(rc: ResourceContext, properties: Properties) -> Json:
    """The value that the template gives or wants generated: as such, or inside a JSON document."""
    if "GenerateSecretString" not in properties:
        return {"SecretString": properties["SecretString"]} if "SecretString" in properties else {}
    wishes = dict(properties["GenerateSecretString"])
    template, key = wishes.pop("SecretStringTemplate", None), wishes.pop("GenerateStringKey", None)
    password = (await rc.call("secretsmanager", "GetRandomPassword", wishes))["RandomPassword"]
    if template is None or key is None:
        return {"SecretString": password}
    return {"SecretString": orjson.dumps(orjson.loads(template) | {key: password}).decode()}


_SECRET = ResourceType(
    name="AWS::SecretsManager::Secret",
    create=_create,
    update=_update,
    delete=_delete,
    properties=frozenset({"Description", "GenerateSecretString", "Name", "SecretString", "Tags", "Type"}),
    inert={"KmsKeyId": _NOT_ENCRYPTED},
    replace_on=frozenset({"Name"}),
)

_RESOURCE_POLICY = one_call(
    "AWS::SecretsManager::ResourcePolicy",
    "secretsmanager",
    create="PutResourcePolicy",
    update="PutResourcePolicy",
    delete="DeleteResourcePolicy",
    properties={"ResourcePolicy", "SecretId"},
    made=lambda request, response: Resource(response["ARN"], {"Id": response["ARN"]}),
    key="SecretId",
    replace_on={"SecretId"},
    inert={"BlockPublicPolicy": "nothing outside this machine reaches the secret"},
)


async def _schedule(rc: ResourceContext, properties: Properties) -> Resource:
    members = ("SecretId", "RotationLambdaARN", "RotationRules")
    request = {member: properties[member] for member in members if member in properties}
    immediately = str(properties.get("RotateImmediatelyOnUpdate", True)).lower() == "true"
    request |= {"ClientRequestToken": ids.uuid(), "RotateImmediately": immediately}
    made = await rc.call("secretsmanager", "RotateSecret", request)
    return Resource(made["ARN"], {"Id": made["ARN"]})


async def _reschedule(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    return await _schedule(rc, properties)


async def _unschedule(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("secretsmanager", "CancelRotateSecret", {"SecretId": resource.physical_id})


_ROTATION_SCHEDULE = ResourceType(
    name="AWS::SecretsManager::RotationSchedule",
    create=_schedule,
    update=_reschedule,
    delete=_unschedule,
    properties=frozenset({"RotateImmediatelyOnUpdate", "RotationLambdaARN", "RotationRules", "SecretId"}),
    replace_on=frozenset({"SecretId"}),
)

TABLE = (_SECRET, _RESOURCE_POLICY, _ROTATION_SCHEDULE)
