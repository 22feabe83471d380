"""VPC endpoints."""

import json

import pytest

S3, SECRETS = "com.amazonaws.us-east-1.s3", "com.amazonaws.us-east-1.secretsmanager"


@pytest.fixture
def named_vpc(ec2, vpc):
    """A VPC in which private DNS may be enabled."""
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    return vpc


def found(ec2, endpoint):
    return ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"][0]


def test_a_gateway_stands_in_route_tables(ec2, vpc, error):
    tables = [ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in range(2)]
    made = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=S3, RouteTableIds=tables[:1])["VpcEndpoint"]
    endpoint = made["VpcEndpointId"]
    assert (made["State"], made["VpcEndpointType"], made["RouteTableIds"]) == ("available", "Gateway", tables[:1])
    assert json.loads(made["PolicyDocument"])["Statement"][0]["Effect"] == "Allow"

    def routed(table):
        routes = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
        return [route["GatewayId"] for route in routes if route.get("DestinationPrefixListId") == "pl-63a5400a"]

    assert (routed(tables[0]), routed(tables[1])) == ([endpoint], [])
    assert error(ec2.create_vpc_endpoint, VpcId=vpc, ServiceName=S3, RouteTableIds=tables[:1]) == (
        "RouteAlreadyExists",
        f"route table {tables[0]} already has a route with destination-prefix-list-id pl-63a5400a",
    )
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, AddRouteTableIds=tables[1:], RemoveRouteTableIds=tables[:1])
    assert (routed(tables[0]), routed(tables[1])) == ([], [endpoint])
    assert ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])["Unsuccessful"] == []
    assert routed(tables[1]) == []


def test_an_interface_stands_in_subnets(ec2, named_vpc, subnet, group, error):
    made = ec2.create_vpc_endpoint(
        VpcId=named_vpc,
        ServiceName=SECRETS,
        VpcEndpointType="Interface",
        SubnetIds=[subnet],
        SecurityGroupIds=[group],
    )["VpcEndpoint"]
    endpoint = made["VpcEndpointId"]
    assert (made["State"], found(ec2, endpoint)["State"]) == ("pending", "available")
    assert (made["Groups"], made["PrivateDnsEnabled"]) == ([{"GroupId": group, "GroupName": "web"}], True)
    names = [entry["DnsName"] for entry in made["DnsEntries"]]
    assert names[0].startswith(f"{endpoint}-")
    assert names[0].endswith(".secretsmanager.us-east-1.vpce.amazonaws.com")
    assert names[-1] == "secretsmanager.us-east-1.amazonaws.com"
    [interface] = ec2.describe_network_interfaces(NetworkInterfaceIds=made["NetworkInterfaceIds"])["NetworkInterfaces"]
    assert (interface["InterfaceType"], interface["Status"]) == ("vpc_endpoint", "in-use")
    code, _ = error(ec2.delete_network_interface, NetworkInterfaceId=interface["NetworkInterfaceId"])
    assert code == "InvalidParameterValue"
    assert error(ec2.delete_security_group, GroupId=group)[0] == "DependencyViolation"

    other = ec2.create_subnet(VpcId=named_vpc, CidrBlock="10.0.7.0/24", AvailabilityZone="us-east-1b")["Subnet"]
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    ec2.modify_vpc_endpoint(
        VpcEndpointId=endpoint, AddSubnetIds=[other["SubnetId"]], PrivateDnsEnabled=False, PolicyDocument=policy
    )
    now = found(ec2, endpoint)
    assert (now["SubnetIds"], now["PolicyDocument"]) == ([subnet, other["SubnetId"]], policy)
    assert [entry["DnsName"] for entry in now["DnsEntries"] if "vpce" not in entry["DnsName"]] == []
    assert len(now["NetworkInterfaceIds"]) == 2
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    for one in (subnet, other["SubnetId"]):
        ec2.delete_subnet(SubnetId=one)


def test_private_dns(ec2, vpc, error):
    request = {"VpcId": vpc, "ServiceName": SECRETS, "VpcEndpointType": "Interface"}
    assert error(ec2.create_vpc_endpoint, **request) == (
        "InvalidParameter",
        "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for "
        f"{vpc}",
    )
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    ec2.create_vpc_endpoint(**request)
    assert error(ec2.create_vpc_endpoint, **request) == (
        "InvalidParameter",
        "private-dns-enabled cannot be set because there is already a conflicting DNS domain for "
        f"secretsmanager.us-east-1.amazonaws.com in the VPC {vpc}",
    )


def test_one_subnet_of_a_zone(ec2, vpc, subnet, error):
    other = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.7.0/24")["Subnet"]["SubnetId"]
    request = {"VpcId": vpc, "ServiceName": SECRETS, "VpcEndpointType": "Interface", "PrivateDnsEnabled": False}
    code, _ = error(ec2.create_vpc_endpoint, **request, SubnetIds=[subnet, other])
    assert code == "DuplicateSubnetsInSameZone"
    filters = [{"Name": "vpc-id", "Values": [vpc]}]
    assert ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"] == []


def test_services_that_are_refused(ec2, vpc, error):
    assert error(ec2.create_vpc_endpoint, VpcId=vpc, ServiceName=SECRETS) == (
        "InvalidParameter",
        "Endpoint type (Gateway) does not match available service types ([Interface]).",
    )
    assert error(ec2.create_vpc_endpoint, VpcId=vpc, ServiceName="nobody") == (
        "InvalidServiceName",
        "The Vpc Endpoint Service 'nobody' does not exist",
    )
    other = {"VpcId": vpc, "ServiceName": SECRETS, "VpcEndpointType": "GatewayLoadBalancer"}
    assert error(ec2.create_vpc_endpoint, **other)[0] == "NotImplemented"


def test_unknown_endpoints(ec2, error):
    which = "vpce-0123456789abcdef0"
    expected = ("InvalidVpcEndpointId.NotFound", f"The Vpc Endpoint Id '{which}' does not exist")
    assert error(ec2.describe_vpc_endpoints, VpcEndpointIds=[which]) == expected
    [unsuccessful] = ec2.delete_vpc_endpoints(VpcEndpointIds=[which])["Unsuccessful"]
    assert unsuccessful["ResourceId"] == which
    assert unsuccessful["Error"] == {"Code": expected[0], "Message": expected[1]}


def test_services_that_endpoints_can_be_made_for(ec2, error):
    gateways = ec2.describe_vpc_endpoint_services(Filters=[{"Name": "service-type", "Values": ["Gateway"]}])
    assert gateways["ServiceNames"] == ["com.amazonaws.us-east-1.dynamodb", "com.amazonaws.us-east-1.s3"]
    name = "com.amazonaws.us-east-1.sqs"
    [sqs] = ec2.describe_vpc_endpoint_services(ServiceNames=[name])["ServiceDetails"]
    assert (sqs["ServiceType"], sqs["Owner"]) == ([{"ServiceType": "Interface"}], "amazon")
    assert sqs["PrivateDnsNames"] == [{"PrivateDnsName": "sqs.us-east-1.amazonaws.com"}]
    expected = ("InvalidServiceName", "The Vpc Endpoint Service 'com.example.x' does not exist")
    assert error(ec2.describe_vpc_endpoint_services, ServiceNames=["com.example.x"]) == expected
