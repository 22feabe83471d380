"""What all Describe operations share: filters, pages, dry runs, limits."""

import pytest


@pytest.fixture
def subnets(ec2, vpc):
    return [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"us-east-1{'abc'[number % 3]}")[
            "Subnet"
        ]["SubnetId"]
        for number in range(7)
    ]


def find(ec2, vpc, **filters):
    wanted = [{"Name": "vpc-id", "Values": [vpc]}]
    wanted += [{"Name": name.replace("_", "-"), "Values": values} for name, values in filters.items()]
    return [found["SubnetId"] for found in ec2.describe_subnets(Filters=wanted)["Subnets"]]


def test_filters(ec2, vpc, subnets):
    ec2.create_tags(Resources=subnets[:2], Tags=[{"Key": "tier.name", "Value": "web*1"}])
    assert find(ec2, vpc) == subnets
    assert find(ec2, vpc, availability_zone=["us-east-1b"]) == [subnets[1], subnets[4]]
    assert find(ec2, vpc, cidr_block=["10.0.[01].0/24"]) == []
    assert find(ec2, vpc, cidr_block=["10.0.1.0/24", "*.2.0/2?"]) == subnets[1:3]
    assert find(ec2, vpc, tag_key=["tier.*"]) == subnets[:2]
    assert find(ec2, vpc, **{"tag:tier.name": ["web\\*1"]}) == subnets[:2]
    assert find(ec2, vpc, **{"tag:tier.name": ["web\\*"]}) == []
    assert find(ec2, vpc, default_for_az=["true"]) == []
    assert find(ec2, vpc, state=["available"], subnet_id=subnets[:1]) == subnets[:1]


def test_an_unknown_filter(ec2, error):
    filters = [{"Name": "colour", "Values": ["red"]}]
    for describe in (ec2.describe_subnets, ec2.describe_security_groups, ec2.describe_tags, ec2.describe_regions):
        assert error(describe, Filters=filters) == ("InvalidParameterValue", "The filter 'colour' is invalid")


def test_pages(ec2, vpc, subnets, error):
    filters = [{"Name": "vpc-id", "Values": [vpc]}]
    first = ec2.describe_subnets(Filters=filters, MaxResults=5)
    assert [found["SubnetId"] for found in first["Subnets"]] == subnets[:5]
    rest = ec2.describe_subnets(Filters=filters, MaxResults=5, NextToken=first["NextToken"])
    assert [found["SubnetId"] for found in rest["Subnets"]] == subnets[5:]
    assert "NextToken" not in rest
    pages = ec2.get_paginator("describe_subnets").paginate(Filters=filters, PaginationConfig={"PageSize": 5})
    assert [found["SubnetId"] for page in pages for found in page["Subnets"]] == subnets
    assert error(ec2.describe_subnets, NextToken="nonsense")[0] == "InvalidNextToken"
    assert error(ec2.describe_subnets, MaxResults=2) == (
        "InvalidParameterValue",
        "Value ( 2 ) for parameter maxResults is invalid. Expecting a value greater than 5.",
    )


def test_a_dry_run_changes_nothing(ec2, vpc, error):
    expected = ("DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
    assert error(ec2.create_subnet, VpcId=vpc, CidrBlock="10.0.0.0/24", DryRun=True) == expected
    assert error(ec2.delete_vpc, VpcId=vpc, DryRun=True) == expected
    assert error(ec2.create_subnet, VpcId=vpc, CidrBlock="10.9.0.0/24", DryRun=True)[0] == "InvalidSubnet.Range"
    assert find(ec2, vpc) == []


def test_what_is_not_implemented_says_so(ec2, error):
    assert error(ec2.describe_instances) == ("NotImplemented", "Penstock does not implement ec2.DescribeInstances.")


def test_by_the_value_of_any_tag(ec2, vpc, unique):
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "owner", "Value": unique}])
    [found] = ec2.describe_vpcs(Filters=[{"Name": "tag-value", "Values": [unique]}])["Vpcs"]
    assert found["VpcId"] == vpc


def test_account_attributes(client):
    ec2 = client("ec2")
    [default] = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    found = ec2.describe_account_attributes(AttributeNames=["default-vpc"])["AccountAttributes"]
    told = {"AttributeName": "default-vpc", "AttributeValues": [{"AttributeValue": default["VpcId"]}]}
    assert found == [told]
    assert len(ec2.describe_account_attributes()["AccountAttributes"]) == 6
