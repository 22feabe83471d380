"""Rules of security groups: authorize, revoke, describe, modify."""

import pytest

HTTP = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "all"}]}


def rules(ec2, group, egress=False):
    found = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
    return [rule for rule in found["SecurityGroupRules"] if rule["IsEgress"] is egress]


def ingress(ec2, group):
    return ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]


def test_authorize_ingress(ec2, group):
    tags = [{"ResourceType": "security-group-rule", "Tags": [{"Key": "a", "Value": "1"}]}]
    made = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[HTTP], TagSpecifications=tags)
    assert made["Return"] is True
    [rule] = made["SecurityGroupRules"]
    assert rule["SecurityGroupRuleId"].startswith("sgr-")
    assert (rule["CidrIpv4"], rule["Description"], rule["IsEgress"]) == ("0.0.0.0/0", "all", False)
    assert rule["Tags"] == tags[0]["Tags"]
    assert rules(ec2, group) == [rule]
    assert ingress(ec2, group) == [{**HTTP, "Ipv6Ranges": [], "PrefixListIds": [], "UserIdGroupPairs": []}]


def test_one_permission_holds_all_peers_of_its_ports(ec2, group):
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[HTTP])
    more = {
        "IpProtocol": "6",
        "FromPort": 80,
        "ToPort": 80,
        "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
        "PrefixListIds": [{"PrefixListId": "pl-63a5400a"}],
        "UserIdGroupPairs": [{"GroupId": group}],
    }
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[more])
    [permission] = ingress(ec2, group)
    assert permission["IpProtocol"] == "tcp"
    assert permission["Ipv6Ranges"] == [{"CidrIpv6": "::/0"}]
    assert permission["PrefixListIds"] == [{"PrefixListId": "pl-63a5400a"}]
    assert permission["UserIdGroupPairs"] == [{"GroupId": group, "UserId": "000000000000"}]
    assert len(rules(ec2, group)) == 4


def test_the_older_form(ec2, group):
    ec2.authorize_security_group_ingress(GroupId=group, IpProtocol="udp", FromPort=53, ToPort=53, CidrIp="10.0.0.1/8")
    [rule] = rules(ec2, group)
    assert (rule["IpProtocol"], rule["FromPort"], rule["CidrIpv4"]) == ("udp", 53, "10.0.0.0/8")


def test_duplicates(ec2, group, error):
    authorize = ec2.authorize_security_group_ingress
    authorize(GroupId=group, IpPermissions=[HTTP])
    assert error(authorize, GroupId=group, IpPermissions=[HTTP]) == (
        "InvalidPermission.Duplicate",
        'the specified rule "peer: 0.0.0.0/0, TCP, from port: 80, to port: 80, ALLOW" already exists',
    )
    everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    assert error(ec2.authorize_security_group_egress, GroupId=group, IpPermissions=[everything]) == (
        "InvalidPermission.Duplicate",
        'the specified rule "peer: 0.0.0.0/0, ALL, ALLOW" already exists',
    )
    assert error(authorize, GroupId=group, IpPermissions=[everything, everything]) == (
        "InvalidParameterValue",
        "The same permission must not appear multiple times",
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"FromPort": None}, "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange."),
        ({"ToPort": 70000}, "Invalid TCP port range."),
        ({"FromPort": 90}, "Invalid TCP port range."),
        ({"IpProtocol": "ipx"}, "Invalid value 'ipx' for IP protocol. Unknown protocol."),
        ({"IpRanges": [{"CidrIp": "10.0.0.0/33"}]}, "CIDR block 10.0.0.0/33 is malformed"),
    ],
)
def test_rules_that_are_refused(ec2, group, error, changes, message):
    permission = {name: value for name, value in {**HTTP, **changes}.items() if value is not None}
    found = error(ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=[permission])
    assert found == ("InvalidParameterValue", message)


def test_what_is_missing(ec2, group, error):
    assert error(ec2.authorize_security_group_ingress, GroupId=group)[0] == "MissingParameter"
    assert error(ec2.authorize_security_group_ingress, IpPermissions=[HTTP])[0] == "MissingParameter"
    other = {**HTTP, "UserIdGroupPairs": [{"GroupId": "sg-0123456789abcdef0"}]}
    code, _ = error(ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=[other])
    assert code == "InvalidGroup.NotFound"


def test_sixty_rules_and_no_more(ec2, group, error):
    ranges = [{"CidrIp": f"10.0.{number}.0/24"} for number in range(60)]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[{**HTTP, "IpRanges": ranges}])
    code, _ = error(ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=[HTTP])
    assert code == "RulesPerSecurityGroupLimitExceeded"


def test_revoke(ec2, group, error):
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[HTTP])
    revoked = ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[HTTP])
    assert [rule["CidrIpv4"] for rule in revoked["RevokedSecurityGroupRules"]] == ["0.0.0.0/0"]
    assert ingress(ec2, group) == []
    assert error(ec2.revoke_security_group_ingress, GroupId=group, IpPermissions=[HTTP]) == (
        "InvalidPermission.NotFound",
        "The specified rule does not exist in this security group.",
    )


def test_a_default_vpc_only_says_what_it_did_not_know(ec2, unique):
    group = ec2.create_security_group(GroupName=unique, Description="d")["GroupId"]
    found = ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[HTTP])
    assert [permission["FromPort"] for permission in found["UnknownIpPermissions"]] == [80]
    ec2.delete_security_group(GroupId=group)


def test_revoke_by_id(ec2, group, error):
    [rule] = rules(ec2, group, egress=True)
    ec2.revoke_security_group_egress(GroupId=group, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])
    assert rules(ec2, group, egress=True) == []
    gone = [rule["SecurityGroupRuleId"]]
    expected = ("InvalidSecurityGroupRuleId.NotFound", f"The security group rule ID '{gone[0]}' does not exist")
    assert error(ec2.revoke_security_group_egress, GroupId=group, SecurityGroupRuleIds=gone) == expected
    assert error(ec2.describe_security_group_rules, SecurityGroupRuleIds=gone) == expected


def test_modify_security_group_rules(ec2, group, error):
    [rule] = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[HTTP])["SecurityGroupRules"]
    wanted = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv6": "::/0"}
    update = {"SecurityGroupRuleId": rule["SecurityGroupRuleId"], "SecurityGroupRule": wanted}
    ec2.modify_security_group_rules(GroupId=group, SecurityGroupRules=[update])
    [changed] = ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])[
        "SecurityGroupRules"
    ]
    assert {name: changed[name] for name in wanted} == wanted
    assert "CidrIpv4" not in changed
    both = {**update, "SecurityGroupRule": {**wanted, "CidrIpv4": "0.0.0.0/0"}}
    code, _ = error(ec2.modify_security_group_rules, GroupId=group, SecurityGroupRules=[both])
    assert code == "InvalidParameterCombination"


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        (
            {"IpProtocol": None},
            "InvalidParameterValue",
            "Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly.",
        ),
        (
            {"FromPort": None},
            "InvalidParameterValue",
            "Invalid value for portRange. Must specify both from and to ports with TCP/UDP.",
        ),
        (
            {"CidrIpv4": None},
            "MissingParameter",
            "The request must contain exactly one of: cidrIp, cidrIpv6, prefixListId, or referencedGroupId",
        ),
        (
            {"CidrIpv6": "::/0"},
            "InvalidParameterCombination",
            "Only one of cidrIp, cidrIpv6, prefixListId, or referencedGroupId can be specified",
        ),
    ],
)
def test_modifications_that_are_refused(ec2, group, error, changes, code, message):
    [rule] = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[HTTP])["SecurityGroupRules"]
    wanted = {"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "CidrIpv4": "10.0.0.0/8", **changes}
    wanted = {name: value for name, value in wanted.items() if value is not None}
    update = {"SecurityGroupRuleId": rule["SecurityGroupRuleId"], "SecurityGroupRule": wanted}
    assert error(ec2.modify_security_group_rules, GroupId=group, SecurityGroupRules=[update]) == (code, message)


def test_rules_of_a_group_that_cannot_be(ec2, error):
    filters = [{"Name": "group-id", "Values": ["web"]}]
    expected = ("InvalidGroupId.Malformed", "The security group ID 'web' is malformed")
    assert error(ec2.describe_security_group_rules, Filters=filters) == expected


def test_descriptions(ec2, group, error):
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[HTTP])
    named = {**HTTP, "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "other"}]}
    ec2.update_security_group_rule_descriptions_ingress(GroupId=group, IpPermissions=[named])
    assert rules(ec2, group)[0]["Description"] == "other"
    [egress] = rules(ec2, group, egress=True)
    by_id = [{"SecurityGroupRuleId": egress["SecurityGroupRuleId"], "Description": "out"}]
    ec2.update_security_group_rule_descriptions_egress(GroupId=group, SecurityGroupRuleDescriptions=by_id)
    assert rules(ec2, group, egress=True)[0]["Description"] == "out"
    other = {**named, "FromPort": 79}
    code, _ = error(ec2.update_security_group_rule_descriptions_ingress, GroupId=group, IpPermissions=[other])
    assert code == "InvalidPermission.NotFound"
