"""Security groups: create, describe, delete."""

import re

import pytest


def test_create_security_group(ec2, vpc):
    tags = [{"Key": "Name", "Value": "web"}]
    request = {"GroupName": "web", "Description": "from outside", "VpcId": vpc}
    made = ec2.create_security_group(**request, TagSpecifications=[{"ResourceType": "security-group", "Tags": tags}])
    assert re.fullmatch("sg-[0-9a-f]{17}", made["GroupId"])
    assert made["SecurityGroupArn"] == f"arn:aws:ec2:us-east-1:000000000000:security-group/{made['GroupId']}"
    [group] = ec2.describe_security_groups(GroupIds=[made["GroupId"]])["SecurityGroups"]
    assert {name: group[name] for name in request} == request
    assert (group["Tags"], group["IpPermissions"]) == (tags, [])
    [egress] = group["IpPermissionsEgress"]
    assert egress == {
        "IpProtocol": "-1",
        "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
        "Ipv6Ranges": [],
        "PrefixListIds": [],
        "UserIdGroupPairs": [],
    }


def test_names_are_unique_in_a_vpc(ec2, vpc, group, error):
    expected = ("InvalidGroup.Duplicate", f"The security group 'web' already exists for VPC '{vpc}'")
    assert error(ec2.create_security_group, GroupName="web", Description="d", VpcId=vpc) == expected
    other = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    assert ec2.create_security_group(GroupName="web", Description="d", VpcId=other)["GroupId"] != group


@pytest.mark.parametrize(
    ("name", "description", "message"),
    [
        (
            "sg-web",
            "d",
            "Value (sg-web) for parameter GroupName is invalid. Group names may not be in the format sg-*.",
        ),
        ("default", "d", "Cannot use reserved security group name: default"),
        (
            "web",
            "\u00fc",
            "Value (\u00fc) for parameter GroupDescription is invalid. Invalid security group description. Valid "
            "descriptions are strings less than 256 characters from the following set:  "
            "a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*",
        ),
    ],
)
def test_names_that_are_refused(ec2, vpc, error, name, description, message):
    found = error(ec2.create_security_group, GroupName=name, Description=description, VpcId=vpc)
    assert found == ("InvalidParameterValue", message)


def test_without_a_vpc_it_is_the_default_one(ec2, unique):
    made = ec2.create_security_group(GroupName=unique, Description="d")["GroupId"]
    [found] = ec2.describe_security_groups(GroupNames=[unique])["SecurityGroups"]
    assert found["GroupId"] == made
    [default] = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    assert found["VpcId"] == default["VpcId"]
    ec2.delete_security_group(GroupName=unique)


def test_unknown_groups(ec2, error, unique):
    group = "sg-0123456789abcdef0"
    expected = ("InvalidGroup.NotFound", f"The security group '{group}' does not exist")
    assert error(ec2.describe_security_groups, GroupIds=[group]) == expected
    assert error(ec2.delete_security_group, GroupId=group) == expected
    code, message = error(ec2.describe_security_groups, GroupNames=[unique])
    assert code == "InvalidGroup.NotFound"
    assert message.startswith(f"The security group '{unique}' does not exist in default VPC 'vpc-")
    expected = ("InvalidGroupId.Malformed", 'Invalid id: "web" (expecting "sg-...")')
    assert error(ec2.describe_security_groups, GroupIds=["web"]) == expected


def test_delete_security_group(ec2, group, error):
    ec2.delete_security_group(GroupId=group)
    assert error(ec2.describe_security_groups, GroupIds=[group])[0] == "InvalidGroup.NotFound"


def test_the_default_group_stays(ec2, vpc, error):
    filters = [{"Name": "vpc-id", "Values": [vpc]}]
    [default] = ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
    group = default["GroupId"]
    expected = ("CannotDelete", f'the specified group: "{group}" name: "default" cannot be deleted by a user')
    assert error(ec2.delete_security_group, GroupId=group) == expected


def test_a_group_that_is_referred_to_stays(ec2, vpc, group, error):
    other = ec2.create_security_group(GroupName="app", Description="d", VpcId=vpc)["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [{"GroupId": group}]}
    ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=[rule])
    expected = ("DependencyViolation", f"resource {group} has a dependent object")
    assert error(ec2.delete_security_group, GroupId=group) == expected
    ec2.delete_security_group(GroupId=other)
    ec2.delete_security_group(GroupId=group)


def test_a_group_of_an_interface_stays(ec2, subnet, group, error):
    interface = ec2.create_network_interface(SubnetId=subnet, Groups=[group])["NetworkInterface"]
    assert error(ec2.delete_security_group, GroupId=group)[0] == "DependencyViolation"
    ec2.delete_network_interface(NetworkInterfaceId=interface["NetworkInterfaceId"])
    assert ec2.delete_security_group(GroupId=group)["GroupId"] == group


def test_filters_by_what_is_let_through(ec2, vpc, group):
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "192.0.2.0/24"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    wanted = {"vpc-id": vpc, "ip-permission.from-port": "443", "ip-permission.cidr": "192.0.2.*"}
    filters = [{"Name": name, "Values": [value]} for name, value in wanted.items()]
    assert [one["GroupId"] for one in ec2.describe_security_groups(Filters=filters)["SecurityGroups"]] == [group]
    filters[1]["Values"] = ["80"]
    assert ec2.describe_security_groups(Filters=filters)["SecurityGroups"] == []


def test_a_description_is_needed(ec2, vpc, error):
    expected = ("MissingParameter", "The request must contain the parameter GroupDescription")
    assert error(ec2.create_security_group, GroupName="x", Description="", VpcId=vpc) == expected


def test_without_tags_it_is_made_without_a_word_of_them(ec2, vpc):
    made = ec2.create_security_group(GroupName="x", Description="d", VpcId=vpc)
    assert set(made) == {"GroupId", "SecurityGroupArn", "ResponseMetadata"}


def test_in_a_vpc_with_ipv6_it_lets_both_out(ec2):
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="x", Description="d", VpcId=vpc)["GroupId"]
    [found] = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    [permission] = found["IpPermissionsEgress"]
    assert (permission["IpRanges"], permission["Ipv6Ranges"]) == ([{"CidrIp": "0.0.0.0/0"}], [{"CidrIpv6": "::/0"}])


def test_get_security_groups_for_vpc(ec2, vpc, group, error):
    found = ec2.get_security_groups_for_vpc(VpcId=vpc)["SecurityGroupForVpcs"]
    assert {one["GroupName"] for one in found} == {"default", "web"}
    [web] = [one for one in found if one["GroupId"] == group]
    assert set(web) == {"Description", "GroupId", "GroupName", "OwnerId", "PrimaryVpcId", "Tags"}
    assert (web["PrimaryVpcId"], web["Tags"]) == (vpc, [])
    filters = [{"Name": "group-name", "Values": ["web"]}]
    assert len(ec2.get_security_groups_for_vpc(VpcId=vpc, Filters=filters)["SecurityGroupForVpcs"]) == 1
    assert error(ec2.get_security_groups_for_vpc, VpcId="vpc-1")[0] == "InvalidVpcID.NotFound"
