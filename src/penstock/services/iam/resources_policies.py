"""CloudFormation types of policies that list who has them.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_IAM.html
"""

from collections.abc import Mapping
from typing import Any

from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType, one_call
from penstock.wire.model import Json

# The kinds of entities that a policy can be given to, by the property that lists them.
_HOLDERS = {"Roles": "Role", "Users": "User", "Groups": "Group"}


def _holders(properties: Properties) -> set[tuple[str, str]]:
    """(noun, name) of everybody that a policy resource lists."""
    return {(noun, name) for listed, noun in _HOLDERS.items() for name in properties.get(listed, ())}


async def _put_inline(rc: ResourceContext, old: Properties, new: Properties) -> None:
    name = new["PolicyName"]
    for noun, holder in sorted(_holders(old) - _holders(new)):
        await rc.call("iam", f"Delete{noun}Policy", {f"{noun}Name": holder, "PolicyName": name})
    for noun, holder in sorted(_holders(new)):
        request = {f"{noun}Name": holder, "PolicyName": name, "PolicyDocument": new["PolicyDocument"]}
        await rc.call("iam", f"Put{noun}Policy", request)


async def _create_policy(rc: ResourceContext, properties: Properties) -> Resource:
    await _put_inline(rc, {}, properties)
    return Resource(properties["PolicyName"], {"Id": properties["PolicyName"]})


async def _update_policy(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    await _put_inline(rc, resource.properties, properties)
    return resource


async def _delete_policy(rc: ResourceContext, resource: Resource) -> None:
    for noun, holder in sorted(_holders(resource.properties)):
        await rc.call("iam", f"Delete{noun}Policy", {f"{noun}Name": holder, "PolicyName": resource.physical_id})


_POLICY = ResourceType(
    name="AWS::IAM::Policy",
    create=_create_policy,
    update=_update_policy,
    delete=_delete_policy,
    properties=frozenset({"PolicyName", "PolicyDocument", *_HOLDERS}),
    replace_on=frozenset({"PolicyName"}),
)


def _inline_type(noun: str) -> ResourceType:
    """`AWS::IAM::RolePolicy` and its siblings: one inline policy of one entity."""
    holder = f"{noun}Name"

    def members(resource: Resource) -> Json:
        return {holder: resource.properties[holder], "PolicyName": resource.physical_id}

    return one_call(
        f"AWS::IAM::{noun}Policy",
        "iam",
        create=f"Put{noun}Policy",
        update=f"Put{noun}Policy",
        delete=f"Delete{noun}Policy",
        properties={"PolicyName", "PolicyDocument", holder},
        made=lambda request, response: Resource(request["PolicyName"]),
        key=members,
        replace_on={"PolicyName", holder},
    )


async def _attach(rc: ResourceContext, arn: str, old: Properties, new: Properties) -> None:
    for noun, holder in sorted(_holders(old) - _holders(new)):
        await rc.call("iam", f"Detach{noun}Policy", {f"{noun}Name": holder, "PolicyArn": arn})
    for noun, holder in sorted(_holders(new)):
        await rc.call("iam", f"Attach{noun}Policy", {f"{noun}Name": holder, "PolicyArn": arn})


async def _create_managed(rc: ResourceContext, properties: Properties) -> Resource:
    name = properties.get("ManagedPolicyName") or rc.physical_name(128)
    arn = f"arn:aws:iam::{rc.account}:policy{properties.get('Path', '/')}{name}"
    request = {key: properties[key] for key in ("Description", "Path", "PolicyDocument") if key in properties}
    if not (rc.resumed and await _known_policy(rc, arn)):
        await rc.call("iam", "CreatePolicy", {**request, "PolicyName": name})
    await _attach(rc, arn, {}, properties)
    return await _managed(rc, arn)


async def _known_policy(rc: ResourceContext, arn: str) -> bool:
    found = await rc.call("iam", "ListPolicies", {"Scope": "Local", "MaxItems": 1000})
    return any(policy["Arn"] == arn for policy in found["Policies"])


async def _update_managed(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    arn = resource.physical_id
    if properties["PolicyDocument"] != resource.properties.get("PolicyDocument"):
        versions = (await rc.call("iam", "ListPolicyVersions", {"PolicyArn": arn}))["Versions"]
        for version in [version for version in versions if not version["IsDefaultVersion"]]:
            await rc.call("iam", "DeletePolicyVersion", {"PolicyArn": arn, "VersionId": version["VersionId"]})
        request = {"PolicyArn": arn, "PolicyDocument": properties["PolicyDocument"], "SetAsDefault": True}
        await rc.call("iam", "CreatePolicyVersion", request)
    await _attach(rc, arn, resource.properties, properties)
    return await _managed(rc, arn)


async def _delete_managed(rc: ResourceContext, resource: Resource) -> None:
    arn = resource.physical_id
    found: Mapping[str, Any] = await rc.call("iam", "ListEntitiesForPolicy", {"PolicyArn": arn})
    for noun in _HOLDERS.values():
        for holder in found[f"Policy{noun}s"]:
            await rc.call("iam", f"Detach{noun}Policy", {f"{noun}Name": holder[f"{noun}Name"], "PolicyArn": arn})
    for version in (await rc.call("iam", "ListPolicyVersions", {"PolicyArn": arn}))["Versions"]:
        if not version["IsDefaultVersion"]:
            await rc.call("iam", "DeletePolicyVersion", {"PolicyArn": arn, "VersionId": version["VersionId"]})
    await rc.call("iam", "DeletePolicy", {"PolicyArn": arn})


async def _managed(rc: ResourceContext, arn: str) -> Resource:
    policy = (await rc.call("iam", "GetPolicy", {"PolicyArn": arn}))["Policy"]
    shown = ("AttachmentCount", "DefaultVersionId", "IsAttachable", "PermissionsBoundaryUsageCount", "PolicyId")
    return Resource(arn, {"PolicyArn": arn, **{name: policy[name] for name in shown}})


_MANAGED_POLICY = ResourceType(
    name="AWS::IAM::ManagedPolicy",
    create=_create_managed,
    update=_update_managed,
    delete=_delete_managed,
    properties=frozenset({"Description", "ManagedPolicyName", "Path", "PolicyDocument", *_HOLDERS}),
    replace_on=frozenset({"Description", "ManagedPolicyName", "Path"}),
)


TABLE = (_POLICY, *map(_inline_type, _HOLDERS.values()), _MANAGED_POLICY)
