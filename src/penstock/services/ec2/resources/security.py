"""CloudFormation types of what lets traffic through: security groups, their rules, network ACLs.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_EC2.html
"""

from penstock.services.ec2.kinds import NETWORK_ACL, SECURITY_GROUP
from penstock.services.ec2.resources.common import NOT_FILTERED, item_type, retag, tag_specifications
from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType
from penstock.wire.model import Json

_EVERYWHERE: Json = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


# -- rules ---------------------------------------------------------------------------------------------

# Property of a rule -> (the list it stands in among IpPermissions, the member of that list's elements)
_PEERS = {
    "CidrIp": ("IpRanges", "CidrIp"),
    "CidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
    "DestinationPrefixListId": ("PrefixListIds", "PrefixListId"),
    "DestinationSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
    "SourcePrefixListId": ("PrefixListIds", "PrefixListId"),
    "SourceSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
    "SourceSecurityGroupName": ("UserIdGroupPairs", "GroupName"),
}
_TRAFFIC = ("FromPort", "IpProtocol", "ToPort")
# How else a rule for what comes in names groups.
_NAMED = ("GroupName", "SourceSecurityGroupOwnerId")


def _permission(rule: Properties) -> Json:
    permission: Json = {name: rule[name] for name in _TRAFFIC if name in rule}
    described = {"Description": rule["Description"]} if "Description" in rule else {}
    for name, (listed, member) in _PEERS.items():
        if name in rule:
            element = {member: rule[name], **described}
            if listed == "UserIdGroupPairs" and "SourceSecurityGroupOwnerId" in rule:
                element["UserId"] = rule["SourceSecurityGroupOwnerId"]
            permission[listed] = [element]
    return permission


def _permissions(given: Properties, side: str) -> list[Json]:
    """The inline rules of one side; a group that gives none for what leaves it lets everything out."""
    rules = given.get(f"SecurityGroup{side}")
    if rules is None:
        return [_EVERYWHERE] if side == "Egress" else []
    permissions: list[Json] = []
    for permission in map(_permission, rules):
        if permission not in permissions:
            permissions.append(permission)
    return permissions


async def _change(rc: ResourceContext, group_id: str, side: str, before: list[Json], after: list[Json]) -> None:
    for verb, asked in (
        ("Revoke", [permission for permission in before if permission not in after]),
        ("Authorize", [permission for permission in after if permission not in before]),
    ):
        if asked:
            await rc.call("ec2", f"{verb}SecurityGroup{side}", {"GroupId": group_id, "IpPermissions": asked})


# -- security groups -----------------------------------------------------------------------------------


async def _create_group(rc: ResourceContext, given: Properties) -> Resource:
    request = {
        "Description": given["GroupDescription"],
        "GroupName": given.get("GroupName") or rc.physical_name(255),
        "TagSpecifications": tag_specifications(rc, given, SECURITY_GROUP),
        "VpcId": given.get("VpcId"),
    }
    group_id = (await rc.call("ec2", "CreateSecurityGroup", request))["GroupId"]
    await _change(rc, group_id, "Ingress", [], _permissions(given, "Ingress"))
    await _change(rc, group_id, "Egress", [_EVERYWHERE], _permissions(given, "Egress"))
    [group] = (await rc.call("ec2", "DescribeSecurityGroups", {"GroupIds": [group_id]}))["SecurityGroups"]
    return Resource(group_id, {"GroupId": group_id, "Id": group_id, "VpcId": group["VpcId"]})


async def _update_group(rc: ResourceContext, resource: Resource, given: Properties) -> Resource:
    for side in ("Ingress", "Egress"):
        before, after = _permissions(resource.properties, side), _permissions(given, side)
        await _change(rc, resource.physical_id, side, before, after)
    await retag(rc, resource.physical_id, given)
    return resource


async def _delete_group(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("ec2", "DeleteSecurityGroup", {"GroupId": resource.physical_id})


def _rule_type(side: str, peers: set[str]) -> ResourceType:
    """A rule that stands beside its group: groups may refer to each other so."""

    async def create(rc: ResourceContext, given: Properties) -> Resource:
        which = {name: given[name] for name in ("GroupId", "GroupName") if name in given}
        request = {**which, "IpPermissions": [_permission(given)]}
        if side == "Egress":
            await _drop_default(rc, given["GroupId"])
        [rule] = (await rc.call("ec2", f"AuthorizeSecurityGroup{side}", request))["SecurityGroupRules"]
        return Resource(rule["SecurityGroupRuleId"], {"Id": rule["SecurityGroupRuleId"], "GroupId": rule["GroupId"]})

    async def update(rc: ResourceContext, resource: Resource, given: Properties) -> Resource:
        described = {"SecurityGroupRuleId": resource.physical_id, "Description": given.get("Description", "")}
        request = {"GroupId": resource.attributes["GroupId"], "SecurityGroupRuleDescriptions": [described]}
        await rc.call("ec2", f"UpdateSecurityGroupRuleDescriptions{side}", request)
        return resource

    async def delete(rc: ResourceContext, resource: Resource) -> None:
        request = {"GroupId": resource.attributes["GroupId"], "SecurityGroupRuleIds": [resource.physical_id]}
        await rc.call("ec2", f"RevokeSecurityGroup{side}", request)

    return ResourceType(
        name=f"AWS::EC2::SecurityGroup{side}",
        create=create,
        update=update,
        delete=delete,
        properties=frozenset({"Description", "FromPort", "GroupId", "ToPort", *peers}),
        inert={"IpProtocol": NOT_FILTERED},
        replace_on=frozenset({"GroupId", *_TRAFFIC, *peers}),
    )


async def _drop_default(rc: ResourceContext, group_id: str) -> None:
    """The rule that lets everything out goes when there is one of the template's own."""
    [group] = (await rc.call("ec2", "DescribeSecurityGroups", {"GroupIds": [group_id]}))["SecurityGroups"]
    if [permission["IpRanges"] for permission in group["IpPermissionsEgress"]] == [_EVERYWHERE["IpRanges"]]:
        await _change(rc, group_id, "Egress", [_EVERYWHERE], [])


# -- the default group, which CDK empties by a function of its own -----------------------------------------


async def _restrict(rc: ResourceContext, given: Properties) -> Resource:
    await _set_default(rc, given, "Revoke")
    return Resource(rc.physical_name())


async def _restrict_other(rc: ResourceContext, resource: Resource, given: Properties) -> Resource:
    if resource.properties["DefaultSecurityGroupId"] != given["DefaultSecurityGroupId"]:
        await _set_default(rc, resource.properties, "Authorize")
        await _set_default(rc, given, "Revoke")
    return resource


async def _relax(rc: ResourceContext, resource: Resource) -> None:
    await _set_default(rc, resource.properties, "Authorize")


async def _set_default(rc: ResourceContext, given: Properties, verb: str) -> None:
    """Takes away, or puts back, the rules that a default group is born with; done already is done."""
    group_id = given["DefaultSecurityGroupId"]
    [group] = (await rc.call("ec2", "DescribeSecurityGroups", {"GroupIds": [group_id]}))["SecurityGroups"]
    itself: Json = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group_id}]}
    for side, rule, member in (("Ingress", itself, "IpPermissions"), ("Egress", _EVERYWHERE, "IpPermissionsEgress")):
        there = any(_is_like(permission, rule) for permission in group[member])
        if there == (verb == "Revoke"):
            await rc.call("ec2", f"{verb}SecurityGroup{side}", {"GroupId": group_id, "IpPermissions": [rule]})


def _is_like(permission: Json, rule: Json) -> bool:
    [(listed, [peer])] = [(name, value) for name, value in rule.items() if name != "IpProtocol"]
    found = any(peer.items() <= element.items() for element in permission[listed])
    return found and permission["IpProtocol"] == rule["IpProtocol"]


# -- network ACLs --------------------------------------------------------------------------------------

_NETWORK_ACL = item_type(
    "AWS::EC2::NetworkAcl",
    NETWORK_ACL,
    create="CreateNetworkAcl",
    result="NetworkAcl",
    describe="DescribeNetworkAcls",
    delete="DeleteNetworkAcl",
    attributes={"Id": "NetworkAclId"},
    properties={"VpcId"},
    replace_on={"VpcId"},
)


def _entry(given: Properties) -> Json:
    icmp = {"IcmpTypeCode": given["Icmp"]} if "Icmp" in given else {}
    return {"Egress": False, **given, **icmp}


async def _create_entry(rc: ResourceContext, given: Properties) -> Resource:
    await rc.call("ec2", "CreateNetworkAclEntry", _entry(given))
    name = rc.physical_name()
    return Resource(name, {"Id": name})


async def _update_entry(rc: ResourceContext, resource: Resource, given: Properties) -> Resource:
    await rc.call("ec2", "ReplaceNetworkAclEntry", _entry(given))
    return resource


async def _delete_entry(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("ec2", "DeleteNetworkAclEntry", _entry(resource.properties))


async def _associate_acl(rc: ResourceContext, given: Properties) -> Resource:
    filters = [{"Name": "association.subnet-id", "Values": [given["SubnetId"]]}]
    return await _moved(rc, filters, given["SubnetId"], given["NetworkAclId"])


async def _default_acl(rc: ResourceContext, resource: Resource) -> None:
    """The subnet goes back to its VPC's default ACL; one that has another by now stays with it."""
    subnet_id = resource.properties["SubnetId"]
    filters = [{"Name": "association.association-id", "Values": [resource.physical_id]}]
    found = (await rc.call("ec2", "DescribeNetworkAcls", {"Filters": filters}))["NetworkAcls"]
    if found:
        mine = [{"Name": "vpc-id", "Values": [found[0]["VpcId"]]}, {"Name": "default", "Values": ["true"]}]
        [default] = (await rc.call("ec2", "DescribeNetworkAcls", {"Filters": mine}))["NetworkAcls"]
        await _moved(rc, filters, subnet_id, default["NetworkAclId"])


async def _moved(rc: ResourceContext, filters: list[Json], subnet_id: str, acl_id: str) -> Resource:
    [acl] = (await rc.call("ec2", "DescribeNetworkAcls", {"Filters": filters}))["NetworkAcls"]
    [before] = [one["NetworkAclAssociationId"] for one in acl["Associations"] if one["SubnetId"] == subnet_id]
    request = {"AssociationId": before, "NetworkAclId": acl_id}
    made = (await rc.call("ec2", "ReplaceNetworkAclAssociation", request))["NewAssociationId"]
    return Resource(made, {"AssociationId": made})


TABLE = (
    ResourceType(
        name="AWS::EC2::SecurityGroup",
        create=_create_group,
        update=_update_group,
        delete=_delete_group,
        properties=frozenset({"GroupDescription", "GroupName", "Tags", "VpcId"}),
        inert=dict.fromkeys(("SecurityGroupEgress", "SecurityGroupIngress"), NOT_FILTERED),
        replace_on=frozenset({"GroupDescription", "GroupName", "VpcId"}),
    ),
    _rule_type("Ingress", {name for name in _PEERS if not name.startswith("Destination")} | {*_NAMED}),
    _rule_type("Egress", {name for name in _PEERS if not name.startswith("Source")}),
    ResourceType(
        name="Custom::VpcRestrictDefaultSG",
        create=_restrict,
        update=_restrict_other,
        delete=_relax,
        properties=frozenset({"*"}),
    ),
    _NETWORK_ACL,
    ResourceType(
        name="AWS::EC2::NetworkAclEntry",
        create=_create_entry,
        update=_update_entry,
        delete=_delete_entry,
        properties=frozenset(
            {"CidrBlock", "Egress", "Icmp", "Ipv6CidrBlock", "NetworkAclId", "PortRange", "Protocol", "RuleNumber"}
        ),
        inert={"RuleAction": NOT_FILTERED},
        replace_on=frozenset({"Egress", "NetworkAclId", "RuleNumber"}),
    ),
    ResourceType(
        name="AWS::EC2::SubnetNetworkAclAssociation",
        create=_associate_acl,
        delete=_default_acl,
        properties=frozenset({"NetworkAclId", "SubnetId"}),
    ),
)
