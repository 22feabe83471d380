"""CreateLoadBalancer, DescribeLoadBalancers, DeleteLoadBalancer, Set*."""

import pytest


def test_create_describe_delete(elb, error):
    made = elb.balancer(Tags=[{"Key": "a", "Value": "b"}])
    assert made["State"]["Code"] == "provisioning"
    assert (made["Type"], made["Scheme"], made["IpAddressType"]) == ("application", "internet-facing", "ipv4")
    assert made["LoadBalancerArn"].split(":loadbalancer/")[1].startswith(f"app/{made['LoadBalancerName']}/")
    assert made["DNSName"].startswith(f"{made['LoadBalancerName']}-")
    assert made["DNSName"].endswith(".us-east-1.elb.localhost")
    assert made["CanonicalHostedZoneId"] == "Z35SXDOTRQ7X7K"
    assert [zone["SubnetId"] for zone in made["AvailabilityZones"]] == elb.subnets
    assert len(made["SecurityGroups"]) == 1  # the VPC's default
    [found] = elb.client.describe_load_balancers(Names=[made["LoadBalancerName"]])["LoadBalancers"]
    assert found == {**made, "State": {"Code": "active"}}
    elb.client.get_waiter("load_balancer_available").wait(LoadBalancerArns=[made["LoadBalancerArn"]])
    elb.client.delete_load_balancer(LoadBalancerArn=made["LoadBalancerArn"])
    elb.client.delete_load_balancer(LoadBalancerArn=made["LoadBalancerArn"])
    assert error(elb.client.describe_load_balancers, LoadBalancerArns=[made["LoadBalancerArn"]]) == (
        "LoadBalancerNotFound",
        "One or more load balancers not found",
    )
    assert error(elb.client.describe_load_balancers, Names=[made["LoadBalancerName"]]) == (
        "LoadBalancerNotFound",
        f"Load balancers '[{made['LoadBalancerName']}]' not found",
    )


def test_the_same_again_is_the_same_and_another_is_refused(elb, error):
    made = elb.balancer(Name=elb.name)
    assert elb.balancer(Name=elb.name)["LoadBalancerArn"] == made["LoadBalancerArn"]
    assert error(lambda: elb.balancer(Name=elb.name, Scheme="internal")) == (
        "DuplicateLoadBalancerName",
        f"A load balancer with the same name '{elb.name}' exists, but with different settings",
    )


def test_an_internal_network_load_balancer(elb):
    made = elb.balancer("network", Scheme="internal", Subnets=elb.subnets[:1])
    assert made["DNSName"].startswith(f"internal-{made['LoadBalancerName']}-")
    assert "/net/" in made["LoadBalancerArn"]
    assert "SecurityGroups" not in made


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (
            {"Name": "a" * 33},
            ("ValidationError", f"The load balancer name '{'a' * 33}' cannot be longer than '32' characters"),
        ),
        ({"Name": "-a"}, ("ValidationError", "The load balancer name '-a' cannot begin or end with '-'")),
        (
            {"Name": "internal-a"},
            ("ValidationError", "The load balancer name 'internal-a' cannot begin with 'internal-'"),
        ),
        ({"Subnets": []}, ("ValidationError", "At least one subnet must be specified")),
        (
            {"SecurityGroups": ["sg-00000000000000000"]},
            ("InvalidSecurityGroup", "The security group 'sg-00000000000000000' does not exist"),
        ),
        ({"SecurityGroups": ["default"]}, ("ValidationError", "Security group 'default' is not valid")),
    ],
)
def test_refusals(elb, error, settings, expected):
    assert error(lambda: elb.balancer(**settings)) == expected


def test_subnets_are_looked_at(elb, error):
    assert error(lambda: elb.balancer(Subnets=["subnet-00000000000000000"]))[0] == "SubnetNotFound"
    assert error(lambda: elb.balancer(Subnets=elb.subnets[:1])) == (
        "ValidationError",
        "At least two subnets in two different Availability Zones must be specified",
    )


def test_gateway_load_balancers_are_said_not_to_be_there(elb, error):
    code, message = error(lambda: elb.balancer("gateway"))
    assert code == "NotImplemented"
    assert "gateway load balancers" in message


def test_deletion_protection(elb, error):
    arn = elb.balancer()["LoadBalancerArn"]
    on = [{"Key": "deletion_protection.enabled", "Value": "true"}]
    elb.client.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=on)
    assert error(elb.client.delete_load_balancer, LoadBalancerArn=arn) == (
        "OperationNotPermitted",
        f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled",
    )


def test_pages(elb):
    made = {elb.balancer()["LoadBalancerArn"] for _ in range(3)}
    pages = elb.client.get_paginator("describe_load_balancers").paginate(PaginationConfig={"PageSize": 2})
    assert made <= {balancer["LoadBalancerArn"] for page in pages for balancer in page["LoadBalancers"]}


def test_set_subnets_security_groups_and_ip_address_type(elb, penstock, error):
    arn = elb.balancer()["LoadBalancerArn"]
    zones = elb.client.set_subnets(LoadBalancerArn=arn, Subnets=elb.subnets[::-1])["AvailabilityZones"]
    assert [zone["SubnetId"] for zone in zones] == elb.subnets[::-1]
    group = penstock.client("ec2").create_security_group(GroupName=elb.name, Description="d", VpcId=elb.vpc)["GroupId"]
    found = elb.client.set_security_groups(LoadBalancerArn=arn, SecurityGroups=[group])["SecurityGroupIds"]
    assert found == [group]
    assert (
        elb.client.set_ip_address_type(LoadBalancerArn=arn, IpAddressType="dualstack")["IpAddressType"] == "dualstack"
    )
    [shown] = elb.client.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"]
    assert (shown["SecurityGroups"], shown["IpAddressType"]) == ([group], "dualstack")
    missing = arn[:-1] + "x"
    assert error(elb.client.set_subnets, LoadBalancerArn=missing, Subnets=elb.subnets) == (
        "LoadBalancerNotFound",
        f"Load balancer '{missing}' not found",
    )


def test_a_security_group_of_another_vpc_is_refused(elb, penstock, error):
    ec2 = penstock.client("ec2")
    other = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName=elb.name, Description="d", VpcId=other)["GroupId"]
    assert error(lambda: elb.balancer(SecurityGroups=[group])) == (
        "InvalidConfigurationRequest",
        "One or more security groups are invalid",
    )


def test_an_arn_of_something_else_is_not_taken_for_a_load_balancers(elb, error):
    for wrong in ("not/an/arn", elb.group()):
        expected = ("ValidationError", f"'{wrong}' is not a valid load balancer ARN")
        assert error(elb.client.describe_load_balancers, LoadBalancerArns=[wrong]) == expected
        assert error(elb.client.describe_listeners, LoadBalancerArn=wrong) == expected
        assert error(elb.client.delete_load_balancer, LoadBalancerArn=wrong) == expected


def test_no_capacity_is_reserved(elb, error):
    arn = elb.balancer()["LoadBalancerArn"]
    assert elb.client.describe_capacity_reservation(LoadBalancerArn=arn)["CapacityReservationState"] == []
    code, _ = error(elb.client.describe_capacity_reservation, LoadBalancerArn=arn + "0")
    assert code == "LoadBalancerNotFound"
