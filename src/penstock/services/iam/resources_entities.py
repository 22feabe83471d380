"""CloudFormation types of roles, users and groups, with the policies that they list.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_IAM.html
"""

from collections.abc import Iterable

from penstock.services.iam import aws_managed
from penstock.template.provider import Problems, Properties, Resource, ResourceContext, ResourceType
from penstock.wire.model import Json


def _unknown_policies(properties: Properties) -> Iterable[tuple[str, str]]:
    """Policies of AWS whose permissions are not known here."""
    arns = properties.get("ManagedPolicyArns")
    for arn in arns if isinstance(arns, list) else ():
        if isinstance(arn, str) and aws_managed.is_aws(arn) and not aws_managed.known(arn):
            yield "ManagedPolicyArns", f"what {arn} allows is not known here"


_PROBLEMS: Problems = _unknown_policies


async def _give(rc: ResourceContext, noun: str, name: str, old: Properties, new: Properties) -> None:
    """Brings an entity's own policies from what the template said to what it says."""
    who = {f"{noun}Name": name}
    before, after = list(old.get("ManagedPolicyArns", ())), list(new.get("ManagedPolicyArns", ()))
    for arn in [arn for arn in before if arn not in after]:
        await rc.call("iam", f"Detach{noun}Policy", {**who, "PolicyArn": arn})
    for arn in after:
        await rc.call("iam", f"Attach{noun}Policy", {**who, "PolicyArn": arn})
    kept = {policy["PolicyName"] for policy in new.get("Policies", ())}
    for policy in old.get("Policies", ()):
        if policy["PolicyName"] not in kept:
            await rc.call("iam", f"Delete{noun}Policy", {**who, "PolicyName": policy["PolicyName"]})
    for policy in new.get("Policies", ()):
        await rc.call("iam", f"Put{noun}Policy", {**who, **policy})


async def _strip(rc: ResourceContext, noun: str, name: str) -> None:
    """Takes every policy away, so that the entity can be deleted."""
    who = {f"{noun}Name": name}
    for policy in (await rc.call("iam", f"ListAttached{noun}Policies", who))["AttachedPolicies"]:
        await rc.call("iam", f"Detach{noun}Policy", {**who, "PolicyArn": policy["PolicyArn"]})
    for policy_name in (await rc.call("iam", f"List{noun}Policies", who))["PolicyNames"]:
        await rc.call("iam", f"Delete{noun}Policy", {**who, "PolicyName": policy_name})


async def _tag(rc: ResourceContext, noun: str, name: str, properties: Properties) -> None:
    who, wanted = {f"{noun}Name": name}, rc.tag_map(properties)
    known = (await rc.call("iam", f"List{noun}Tags", who))["Tags"]
    if gone := [tag["Key"] for tag in known if tag["Key"] not in wanted]:
        await rc.call("iam", f"Untag{noun}", {**who, "TagKeys": gone})
    if wanted:
        await rc.call("iam", f"Tag{noun}", {**who, "Tags": rc.tag_list(properties)})


async def _bound(rc: ResourceContext, noun: str, name: str, properties: Properties) -> None:
    who = {f"{noun}Name": name}
    if "PermissionsBoundary" in properties:
        boundary = {"PermissionsBoundary": properties["PermissionsBoundary"]}
        await rc.call("iam", f"Put{noun}PermissionsBoundary", {**who, **boundary})
    else:
        await rc.call("iam", f"Delete{noun}PermissionsBoundary", who)


async def create(rc: ResourceContext, noun: str, members: Json) -> Json:
    """Makes an entity, or finds the one that an interrupted run made."""
    who = {f"{noun}Name": members[f"{noun}Name"]}
    if rc.resumed:
        known = await rc.call("iam", f"List{noun}s", {"MaxItems": 1000})
        if any(entity[f"{noun}Name"] == members[f"{noun}Name"] for entity in known[f"{noun}s"]):
            found: Json = (await rc.call("iam", f"Get{noun}", who))[noun]
            return found
    made: Json = (await rc.call("iam", f"Create{noun}", members))[noun]
    return made


async def _create_role(rc: ResourceContext, properties: Properties) -> Resource:
    name = properties.get("RoleName") or rc.physical_name(64)
    role = await create(rc, "Role", {**properties, "RoleName": name, "Tags": rc.tag_list(properties)})
    await _give(rc, "Role", name, {}, properties)
    return Resource(name, {"Arn": role["Arn"], "RoleId": role["RoleId"]})


async def _update_role(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    name = resource.physical_id
    document = properties["AssumeRolePolicyDocument"]
    await rc.call("iam", "UpdateAssumeRolePolicy", {"RoleName": name, "PolicyDocument": document})
    settings = {
        "Description": properties.get("Description", ""),
        "MaxSessionDuration": properties.get("MaxSessionDuration", 3600),
    }
    await rc.call("iam", "UpdateRole", {"RoleName": name, **settings})
    await _bound(rc, "Role", name, properties)
    await _tag(rc, "Role", name, properties)
    await _give(rc, "Role", name, resource.properties, properties)
    return resource


async def _delete_role(rc: ResourceContext, resource: Resource) -> None:
    who = {"RoleName": resource.physical_id}
    for profile in (await rc.call("iam", "ListInstanceProfilesForRole", who))["InstanceProfiles"]:
        named = {"InstanceProfileName": profile["InstanceProfileName"]}
        await rc.call("iam", "RemoveRoleFromInstanceProfile", {**who, **named})
    await _strip(rc, "Role", resource.physical_id)
    await rc.call("iam", "DeleteRole", who)


_ROLE = ResourceType(
    name="AWS::IAM::Role",
    create=_create_role,
    update=_update_role,
    delete=_delete_role,
    properties=frozenset(
        {
            "AssumeRolePolicyDocument", "Description", "ManagedPolicyArns", "MaxSessionDuration", "Path",
            "PermissionsBoundary", "Policies", "RoleName", "Tags",
        }
    ),
    replace_on=frozenset({"RoleName", "Path"}),
    problems=_PROBLEMS,
)  # fmt: skip


async def _create_user(rc: ResourceContext, properties: Properties) -> Resource:
    name = properties.get("UserName") or rc.physical_name(64)
    user = await create(rc, "User", {**properties, "UserName": name, "Tags": rc.tag_list(properties)})
    await _give(rc, "User", name, {}, properties)
    await _join(rc, name, (), properties.get("Groups", ()))
    return Resource(name, {"Arn": user["Arn"]})


async def _update_user(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    name = resource.physical_id
    await rc.call("iam", "UpdateUser", {"UserName": name, "NewPath": properties.get("Path", "/")})
    await _bound(rc, "User", name, properties)
    await _tag(rc, "User", name, properties)
    await _give(rc, "User", name, resource.properties, properties)
    await _join(rc, name, resource.properties.get("Groups", ()), properties.get("Groups", ()))
    user = (await rc.call("iam", "GetUser", {"UserName": name}))["User"]
    return Resource(name, {"Arn": user["Arn"]})


async def _join(rc: ResourceContext, user: str, old: Iterable[str], new: Iterable[str]) -> None:
    for group in set(old) - set(new):
        await rc.call("iam", "RemoveUserFromGroup", {"UserName": user, "GroupName": group})
    for group in new:
        await rc.call("iam", "AddUserToGroup", {"UserName": user, "GroupName": group})


async def _delete_user(rc: ResourceContext, resource: Resource) -> None:
    who = {"UserName": resource.physical_id}
    groups = (await rc.call("iam", "ListGroupsForUser", who))["Groups"]
    await _join(rc, resource.physical_id, [group["GroupName"] for group in groups], ())
    for key in (await rc.call("iam", "ListAccessKeys", who))["AccessKeyMetadata"]:
        await rc.call("iam", "DeleteAccessKey", {**who, "AccessKeyId": key["AccessKeyId"]})
    await _strip(rc, "User", resource.physical_id)
    await rc.call("iam", "DeleteUser", who)


_USER = ResourceType(
    name="AWS::IAM::User",
    create=_create_user,
    update=_update_user,
    delete=_delete_user,
    properties=frozenset(
        {"Groups", "ManagedPolicyArns", "Path", "PermissionsBoundary", "Policies", "Tags", "UserName"}
    ),
    inert={"LoginProfile": "there is no console to sign in to"},
    replace_on=frozenset({"UserName"}),
    problems=_PROBLEMS,
)


async def _create_group(rc: ResourceContext, properties: Properties) -> Resource:
    name = properties.get("GroupName") or rc.physical_name(128)
    group = await create(rc, "Group", {**properties, "GroupName": name})
    await _give(rc, "Group", name, {}, properties)
    return Resource(name, {"Arn": group["Arn"]})


async def _update_group(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    name = resource.physical_id
    await rc.call("iam", "UpdateGroup", {"GroupName": name, "NewPath": properties.get("Path", "/")})
    await _give(rc, "Group", name, resource.properties, properties)
    group = (await rc.call("iam", "GetGroup", {"GroupName": name}))["Group"]
    return Resource(name, {"Arn": group["Arn"]})


async def _delete_group(rc: ResourceContext, resource: Resource) -> None:
    who = {"GroupName": resource.physical_id}
    for user in (await rc.call("iam", "GetGroup", who))["Users"]:
        await rc.call("iam", "RemoveUserFromGroup", {**who, "UserName": user["UserName"]})
    await _strip(rc, "Group", resource.physical_id)
    await rc.call("iam", "DeleteGroup", who)


_GROUP = ResourceType(
    name="AWS::IAM::Group",
    create=_create_group,
    update=_update_group,
    delete=_delete_group,
    properties=frozenset({"GroupName", "ManagedPolicyArns", "Path", "Policies"}),
    replace_on=frozenset({"GroupName"}),
    problems=_PROBLEMS,
)


TABLE = (_ROLE, _USER, _GROUP)
