"""The rules of security groups: authorize, revoke, describe, modify.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html and its siblings.
"""

from collections.abc import Iterable

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.ec2 import items, permissions, security_groups
from penstock.services.ec2.kinds import SECURITY_GROUP, SECURITY_GROUP_RULE, VPC
from penstock.wire.model import Json

_MOST = 60
_PORTS = "Invalid value for portRange. Must specify both from and to ports with TCP/UDP."


def authorize_security_group_ingress(ctx: Context, request: Json) -> Json:
    return _authorize(ctx, request, egress=False)


def authorize_security_group_egress(ctx: Context, request: Json) -> Json:
    return _authorize(ctx, request, egress=True)


def revoke_security_group_ingress(ctx: Context, request: Json) -> Json:
    return _revoke(ctx, request, egress=False)


def revoke_security_group_egress(ctx: Context, request: Json) -> Json:
    return _revoke(ctx, request, egress=True)


def _authorize(ctx: Context, request: Json, egress: bool) -> Json:
    group = security_groups.group_of(ctx, request)
    known = security_groups.rules_of(ctx, group, egress)
    rules = _asked(ctx, group, request)
    there = {permissions.same(rule) for rule in known}
    for rule in rules:
        if permissions.same(rule) in there:
            message = f'the specified rule "{permissions.worded(rule)}" already exists'
            raise AwsError("InvalidPermission.Duplicate", message)
    if len(known) + len(rules) > _MOST:
        message = "The maximum number of rules per security group has been reached."
        raise AwsError("RulesPerSecurityGroupLimitExceeded", message)
    made = [security_groups.add_rule(ctx, group, rule, egress, request) for rule in rules]
    return {"Return": True, "SecurityGroupRules": [{"Tags": [], **rule} for rule in made]}


def _asked(ctx: Context, group: Json, request: Json) -> list[Json]:
    """The rules of a request; the groups that they refer to are there. Raises InvalidGroup.NotFound."""
    rules = permissions.of_request(request, ctx.account, _names(ctx, group))
    for rule in rules:
        referred = rule.get("ReferencedGroupInfo")
        if referred is not None and referred["UserId"] == ctx.account:
            items.get(ctx, SECURITY_GROUP, referred["GroupId"])
    return rules


def _revoke(ctx: Context, request: Json, egress: bool) -> Json:
    group = security_groups.group_of(ctx, request)
    known, unknown = security_groups.rules_of(ctx, group, egress), []
    if rule_ids := request.get("SecurityGroupRuleIds"):
        revoked = [_by_id(known, rule_id) for rule_id in rule_ids]
    else:
        by_traffic = {permissions.same(rule): rule for rule in known}
        asked = permissions.of_request(request, ctx.account, _names(ctx, group))
        revoked = [by_traffic[permissions.same(rule)] for rule in asked if permissions.same(rule) in by_traffic]
        unknown = [rule for rule in asked if permissions.same(rule) not in by_traffic]
    # AWS only tells of them in a default VPC.
    if unknown and not items.get(ctx, VPC, group["VpcId"])["IsDefault"]:
        raise AwsError("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
    for rule in revoked:
        items.remove(ctx, SECURITY_GROUP_RULE, rule)
    return {
        "Return": True,
        "RevokedSecurityGroupRules": [_revoked(rule) for rule in revoked],
        "UnknownIpPermissions": permissions.shown(unknown),
    }


def _names(ctx: Context, group: Json) -> dict[str, str]:
    return {one["GroupName"]: one["GroupId"] for one in items.every(ctx, SECURITY_GROUP, VpcId=group["VpcId"])}


def _by_id(rules: Iterable[Json], rule_id: str) -> Json:
    found = next((rule for rule in rules if rule["SecurityGroupRuleId"] == rule_id), None)
    if found is None:
        raise items.missing(SECURITY_GROUP_RULE, rule_id)
    return found


def _revoked(rule: Json) -> Json:
    """RevokedSecurityGroupRule, which names the referred group by its id alone."""
    if "ReferencedGroupInfo" in rule:
        return rule | {"ReferencedGroupId": rule["ReferencedGroupInfo"]["GroupId"]}
    return rule


# -- describe and modify -------------------------------------------------------------------------------


def describe_security_group_rules(ctx: Context, request: Json) -> Json:
    if wanted := request.get("SecurityGroupRuleIds"):
        rules = [items.get(ctx, SECURITY_GROUP_RULE, rule_id) for rule_id in wanted]
    else:
        _check_filters(request)
        groups = items.every(ctx, SECURITY_GROUP)
        rules = [rule for group in groups for rule in items.every(ctx, SECURITY_GROUP_RULE, group["GroupId"])]
    return items.listed(SECURITY_GROUP_RULE, request, rules)


def _check_filters(request: Json) -> None:
    """Raises InvalidGroupId.Malformed."""
    for given in request.get("Filters", ()):
        for value in given.get("Values", ()) if given.get("Name") == "group-id" else ():
            if not value.startswith(("sg-", "*", "?")):
                raise AwsError("InvalidGroupId.Malformed", f"The security group ID '{value}' is malformed")


def modify_security_group_rules(ctx: Context, request: Json) -> Json:
    group = items.get(ctx, SECURITY_GROUP, request["GroupId"])
    known = items.every(ctx, SECURITY_GROUP_RULE, group["GroupId"])
    for update in request["SecurityGroupRules"]:
        rule = _by_id(known, update["SecurityGroupRuleId"])
        items.put(ctx, SECURITY_GROUP_RULE, _modified(ctx, rule, update.get("SecurityGroupRule", {})))
    return {"Return": True}


def _modified(ctx: Context, rule: Json, wanted: Json) -> Json:
    """The rule with other traffic; its identity and tags stay. Raises InvalidParameterValue, MissingParameter."""
    peers = [name for name in ("CidrIpv4", "CidrIpv6", "PrefixListId", "ReferencedGroupId") if name in wanted]
    if len(peers) != 1:
        named = "cidrIp, cidrIpv6, prefixListId, or referencedGroupId"
        if peers:
            raise AwsError("InvalidParameterCombination", f"Only one of {named} can be specified")
        raise AwsError("MissingParameter", f"The request must contain exactly one of: {named}")
    [name], kept = peers, ("GroupId", "GroupOwnerId", "IsEgress", "SecurityGroupRuleArn", "SecurityGroupRuleId", "Tags")
    changed = {member: rule[member] for member in kept if member in rule} | permissions.of_traffic(wanted, _PORTS)
    if name == "ReferencedGroupId":
        referred = items.get(ctx, SECURITY_GROUP, wanted[name])["GroupId"]
        changed["ReferencedGroupInfo"] = {"GroupId": referred, "UserId": ctx.account}
    else:
        changed[name] = permissions.canonical(name, wanted[name])
    if wanted.get("Description"):
        changed["Description"] = wanted["Description"]
    return changed


def update_security_group_rule_descriptions_ingress(ctx: Context, request: Json) -> Json:
    return _describe(ctx, request, egress=False)


def update_security_group_rule_descriptions_egress(ctx: Context, request: Json) -> Json:
    return _describe(ctx, request, egress=True)


def _describe(ctx: Context, request: Json, egress: bool) -> Json:
    group = security_groups.group_of(ctx, request)
    known = security_groups.rules_of(ctx, group, egress)
    for rule, description in _described(ctx, group, known, request):
        rule.pop("Description", None)
        if description:
            rule["Description"] = description
        items.put(ctx, SECURITY_GROUP_RULE, rule)
    return {"Return": True}


def _described(ctx: Context, group: Json, known: list[Json], request: Json) -> list[tuple[Json, str | None]]:
    """Raises InvalidPermission.NotFound, InvalidSecurityGroupRuleId.NotFound."""
    if by_id := request.get("SecurityGroupRuleDescriptions"):
        return [(_by_id(known, one["SecurityGroupRuleId"]), one.get("Description")) for one in by_id]
    by_traffic = {permissions.same(rule): rule for rule in known}
    asked = permissions.of_request(request, ctx.account, _names(ctx, group))
    if any(permissions.same(rule) not in by_traffic for rule in asked):
        raise AwsError("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
    return [(by_traffic[permissions.same(rule)], rule.get("Description")) for rule in asked]
