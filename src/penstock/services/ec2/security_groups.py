"""Security groups.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html and its siblings.
"""

import re

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.ec2 import filters, items, permissions
from penstock.services.ec2.kinds import NETWORK_INTERFACE, SECURITY_GROUP, SECURITY_GROUP_RULE, VPC, VPC_ENDPOINT
from penstock.wire.model import Json

_SET = "a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"
_TEXT = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{1,255}")
_EVERYWHERE: Json = {"IpProtocol": permissions.ALL, "FromPort": -1, "ToPort": -1, "CidrIpv4": "0.0.0.0/0"}
_EVERYWHERE6: Json = {"IpProtocol": permissions.ALL, "FromPort": -1, "ToPort": -1, "CidrIpv6": "::/0"}
_OF_VPC = {
    "description": "Description",
    "group-id": "GroupId",
    "group-name": "GroupName",
    "owner-id": "OwnerId",
    "primary-vpc-id": "PrimaryVpcId",
}


def create_security_group(ctx: Context, request: Json) -> Json:
    _check(request)
    vpc = items.get(ctx, VPC, request["VpcId"]) if "VpcId" in request else default_vpc(ctx)
    vpc_id = vpc["VpcId"]
    name = request["GroupName"]
    if items.every(ctx, SECURITY_GROUP, VpcId=vpc_id, GroupName=name):
        message = f"The security group '{name}' already exists for VPC '{vpc_id}'"
        raise AwsError("InvalidGroup.Duplicate", message)
    group = _make(ctx, request, vpc_id, name, request["Description"])
    if vpc["Ipv6CidrBlockAssociationSet"]:
        add_rule(ctx, group, _EVERYWHERE6, egress=True)
    return {name: group[name] for name in ("GroupId", "SecurityGroupArn", "Tags") if name in group}


def _check(request: Json) -> None:
    """Raises MissingParameter, InvalidParameterValue."""
    if not request["Description"]:
        raise AwsError("MissingParameter", "The request must contain the parameter GroupDescription")
    name, description = request["GroupName"], request["Description"]
    if name.startswith("sg-"):
        raise _invalid(name, "GroupName", "Group names may not be in the format sg-*.")
    if name.lower() == "default":
        raise AwsError("InvalidParameterValue", f"Cannot use reserved security group name: {name}")
    for text, parameter, noun in ((name, "GroupName", "name"), (description, "GroupDescription", "description")):
        if not _TEXT.fullmatch(text):
            raise _invalid(
                text,
                parameter,
                f"Invalid security group {noun}. Valid {noun}s are strings less than 256 characters from the "
                f"following set:  {_SET}",
            )


def _invalid(value: str, parameter: str, why: str) -> AwsError:
    return AwsError("InvalidParameterValue", f"Value ({value}) for parameter {parameter} is invalid. {why}")


def default_vpc(ctx: Context) -> Json:
    """Raises VPCIdNotSpecified."""
    found = items.every(ctx, VPC, IsDefault=True)
    if not found:
        raise AwsError("VPCIdNotSpecified", "No default VPC for this user")
    return found[0]


def make_default(ctx: Context, vpc_id: str) -> None:
    """What every VPC has: its members may reach each other."""
    group = _make(ctx, {}, vpc_id, "default", "default VPC security group")
    own = {"GroupId": group["GroupId"], "UserId": ctx.account}
    traffic = {"IpProtocol": permissions.ALL, "FromPort": -1, "ToPort": -1}
    add_rule(ctx, group, {**traffic, "ReferencedGroupInfo": own}, egress=False)


def _make(ctx: Context, request: Json, vpc_id: str, name: str, description: str) -> Json:
    group_id = items.new_id(SECURITY_GROUP)
    members = {
        "Description": description,
        "GroupId": group_id,
        "GroupName": name,
        "OwnerId": ctx.account,
        "SecurityGroupArn": items.arn(ctx, SECURITY_GROUP, group_id),
        "VpcId": vpc_id,
    }
    group = items.add(ctx, SECURITY_GROUP, request, members)
    add_rule(ctx, group, _EVERYWHERE, egress=True)
    return group


def add_rule(ctx: Context, group: Json, rule: Json, egress: bool, request: Json | None = None) -> Json:
    rule_id = items.new_id(SECURITY_GROUP_RULE)
    members = {
        **rule,
        "GroupId": group["GroupId"],
        "GroupOwnerId": group["OwnerId"],
        "IsEgress": egress,
        "SecurityGroupRuleArn": items.arn(ctx, SECURITY_GROUP_RULE, rule_id),
        "SecurityGroupRuleId": rule_id,
    }
    return items.add(ctx, SECURITY_GROUP_RULE, request or {}, members)


def rules_of(ctx: Context, group: Json, egress: bool) -> list[Json]:
    return items.every(ctx, SECURITY_GROUP_RULE, group["GroupId"], IsEgress=egress)


# -- describe ------------------------------------------------------------------------------------------


def describe_security_groups(ctx: Context, request: Json) -> Json:
    if wanted := request.get("GroupIds"):
        groups = [items.get(ctx, SECURITY_GROUP, group_id) for group_id in wanted]
    else:
        groups = items.every(ctx, SECURITY_GROUP)
    if names := request.get("GroupNames"):
        groups = _named(ctx, groups, names)
    return items.listed(SECURITY_GROUP, request, [_shown(ctx, group) for group in groups])


def _named(ctx: Context, groups: list[Json], names: list[str]) -> list[Json]:
    """Groups of the default VPC. Raises InvalidGroup.NotFound."""
    vpc_id = default_vpc(ctx)["VpcId"]
    found = {group["GroupName"]: group for group in groups if group["VpcId"] == vpc_id}
    for name in names:
        if name not in found:
            raise _unnamed(name, vpc_id)
    return [found[name] for name in names]


def _unnamed(name: str, vpc_id: str) -> AwsError:
    message = f"The security group '{name}' does not exist in default VPC '{vpc_id}'"
    return AwsError("InvalidGroup.NotFound", message)


def _shown(ctx: Context, group: Json) -> Json:
    return {
        **group,
        "IpPermissions": permissions.shown(rules_of(ctx, group, egress=False)),
        "IpPermissionsEgress": permissions.shown(rules_of(ctx, group, egress=True)),
    }


def get_security_groups_for_vpc(ctx: Context, request: Json) -> Json:
    vpc_id = items.get(ctx, VPC, request["VpcId"])["VpcId"]
    groups = [{"Tags": [], **group, "PrimaryVpcId": vpc_id} for group in items.every(ctx, SECURITY_GROUP, VpcId=vpc_id)]
    shown, token = items.page(filters.select(groups, request.get("Filters", ()), _OF_VPC), request)
    return {"SecurityGroupForVpcs": shown, **token}


def group_of(ctx: Context, request: Json) -> Json:
    """The group that a request names by id, or by name in the default VPC. Raises MissingParameter, InvalidGroup..."""
    if "GroupId" in request:
        return items.get(ctx, SECURITY_GROUP, request["GroupId"])
    if "GroupName" not in request:
        raise AwsError("MissingParameter", "The request must contain the parameter groupName or groupId")
    vpc_id = default_vpc(ctx)["VpcId"]
    found = items.every(ctx, SECURITY_GROUP, VpcId=vpc_id, GroupName=request["GroupName"])
    if not found:
        raise _unnamed(request["GroupName"], vpc_id)
    return found[0]


# -- delete --------------------------------------------------------------------------------------------


def delete_security_group(ctx: Context, request: Json) -> Json:
    group = group_of(ctx, request)
    group_id = group["GroupId"]
    if group["GroupName"] == "default":
        message = f'the specified group: "{group_id}" name: "default" cannot be deleted by a user'
        raise AwsError("CannotDelete", message)
    if _used(ctx, group):
        raise AwsError("DependencyViolation", f"resource {group_id} has a dependent object")
    items.remove(ctx, SECURITY_GROUP, group)
    return {"Return": True, "GroupId": group_id}


def _used(ctx: Context, group: Json) -> bool:
    """Whether another group's rule, a network interface or an endpoint refers to it."""
    group_id, vpc_id = group["GroupId"], group["VpcId"]
    for kind in (NETWORK_INTERFACE, VPC_ENDPOINT):
        for item in items.every(ctx, kind, VpcId=vpc_id):
            if group_id in filters.texts(item, ("Groups", "GroupId")):
                return True
    return any(
        rule.get("ReferencedGroupInfo", {}).get("GroupId") == group_id
        for other in items.every(ctx, SECURITY_GROUP)
        if other["GroupId"] != group_id
        for rule in items.every(ctx, SECURITY_GROUP_RULE, other["GroupId"])
    )
