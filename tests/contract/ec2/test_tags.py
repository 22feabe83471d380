"""Tags of everything that has an id."""

import pytest


def tags(ec2, *items):
    found = ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": list(items)}])["Tags"]
    return {(tag["ResourceType"], tag["Key"]): tag["Value"] for tag in found}


def test_tags_of_many(ec2, vpc, subnet, group):
    [rule] = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    which = [vpc, subnet, group, rule["SecurityGroupRuleId"]]
    ec2.create_tags(Resources=which, Tags=[{"Key": "team", "Value": "a"}, {"Key": "stage", "Value": "dev"}])
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "team", "Value": "b"}])
    kinds = ("vpc", "subnet", "security-group", "security-group-rule")
    expected = {(kind, key): value for kind in kinds for key, value in (("team", "a"), ("stage", "dev"))}
    assert tags(ec2, *which) == {**expected, ("vpc", "team"): "b"}
    [found] = ec2.describe_vpcs(Filters=[{"Name": "tag:team", "Values": ["b"]}, {"Name": "vpc-id", "Values": [vpc]}])[
        "Vpcs"
    ]
    assert found["VpcId"] == vpc


def test_delete_tags(ec2, vpc):
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": key, "Value": "1"} for key in "abc"])
    ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "a"}, {"Key": "b", "Value": "2"}])
    assert tags(ec2, vpc) == {("vpc", "b"): "1", ("vpc", "c"): "1"}
    ec2.delete_tags(Resources=[vpc])
    assert tags(ec2, vpc) == {}
    assert "Tags" not in ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]


@pytest.mark.parametrize(
    ("tag", "message"),
    [
        ({"Key": "aws:x", "Value": ""}, "Tag keys starting with 'aws:' are reserved for internal use"),
        ({"Key": "k" * 129, "Value": ""}, "Tag key exceeds the maximum length of 128 characters"),
        ({"Key": "k", "Value": "v" * 257}, "Tag value exceeds the maximum length of 256 characters"),
    ],
)
def test_tags_that_are_refused(ec2, vpc, error, tag, message):
    assert error(ec2.create_tags, Resources=[vpc], Tags=[tag]) == ("InvalidParameterValue", message)


def test_fifty_tags_and_no_more(ec2, vpc, error):
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": f"k{number}", "Value": ""} for number in range(50)])
    assert error(ec2.create_tags, Resources=[vpc], Tags=[{"Key": "more", "Value": ""}]) == (
        "TagLimitExceeded",
        "The maximum number of Tags for a resource has been reached.",
    )


def test_resources_that_are_not_there(ec2, error):
    given = [{"Key": "a", "Value": "1"}]
    expected = ("InvalidID", "The ID 'nothing' is not valid")
    assert error(ec2.create_tags, Resources=["nothing"], Tags=given) == expected
    code, _ = error(ec2.create_tags, Resources=["subnet-0123456789abcdef0"], Tags=given)
    assert code == "InvalidSubnetID.NotFound"


def test_tag_specifications(ec2, error):
    request = {"CidrBlock": "10.0.0.0/16"}
    other = [{"ResourceType": "subnet", "Tags": [{"Key": "a", "Value": "1"}]}]
    expected = "'subnet' is not a valid taggable resource type for this operation."
    assert error(ec2.create_vpc, **request, TagSpecifications=other) == ("InvalidParameterValue", expected)
    unnamed = [{"Tags": [{"Key": "a", "Value": "1"}]}]
    expected = "Tag specification resource type must have a value"
    assert error(ec2.create_vpc, **request, TagSpecifications=unnamed) == ("InvalidParameter", expected)
    twice = [{"ResourceType": "vpc", "Tags": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]}]
    expected = "Duplicate tag key 'a' specified."
    assert error(ec2.create_vpc, **request, TagSpecifications=twice) == ("InvalidParameterValue", expected)


def test_without_resources(ec2, error):
    expected = ("MissingParameter", "The request must contain the parameter resourceIdSet")
    assert error(ec2.create_tags, Resources=[], Tags=[{"Key": "a", "Value": "b"}]) == expected
