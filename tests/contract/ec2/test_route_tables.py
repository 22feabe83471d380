"""Route tables, routes and associations."""

import pytest


@pytest.fixture
def table(ec2, vpc):
    return ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]


@pytest.fixture
def gateway(ec2, vpc):
    made = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=made, VpcId=vpc)
    return made


def found(ec2, table):
    return ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]


def test_create_route_table(ec2, vpc):
    made = ec2.create_route_table(VpcId=vpc)["RouteTable"]
    assert (made["VpcId"], made["Associations"], made["Tags"]) == (vpc, [], [])
    assert [route["GatewayId"] for route in made["Routes"]] == ["local"]


def test_routes(ec2, table, gateway, error):
    way = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": gateway}
    assert ec2.create_route(**way)["Return"] is True
    expected = {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": gateway, "Origin": "CreateRoute", "State": "active"}
    assert found(ec2, table)["Routes"][1] == expected
    assert error(ec2.create_route, **way) == (
        "RouteAlreadyExists",
        "The route identified by 0.0.0.0/0 already exists.",
    )
    ec2.delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
    assert error(ec2.delete_route, RouteTableId=table, DestinationCidrBlock="0.0.0.0/0") == (
        "InvalidRoute.NotFound",
        f"no route with destination-cidr-block 0.0.0.0/0 in route table {table}",
    )


def test_replace_route(ec2, vpc, table, gateway, error):
    eigw = ec2.create_egress_only_internet_gateway(VpcId=vpc)["EgressOnlyInternetGateway"]
    eigw_id = eigw["EgressOnlyInternetGatewayId"]
    ec2.create_route(RouteTableId=table, DestinationIpv6CidrBlock="::/0", GatewayId=gateway)
    ec2.replace_route(RouteTableId=table, DestinationIpv6CidrBlock="::/0", EgressOnlyInternetGatewayId=eigw_id)
    route = found(ec2, table)["Routes"][1]
    assert (route["EgressOnlyInternetGatewayId"], "GatewayId" in route) == (eigw_id, False)
    other = {"RouteTableId": table, "DestinationCidrBlock": "1.2.3.0/24", "GatewayId": gateway}
    assert error(ec2.replace_route, **other) == (
        "InvalidParameterValue",
        "There is no route defined for '1.2.3.0/24' in the route table. Use CreateRoute instead.",
    )


def test_routes_that_are_refused(ec2, table, error):
    create = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}
    assert error(ec2.create_route, **create)[0] == "MissingParameter"
    assert error(ec2.create_route, RouteTableId=table, GatewayId="igw-1")[0] == "MissingParameter"
    unknown = "igw-0123456789abcdef0"
    assert error(ec2.create_route, **create, GatewayId=unknown) == (
        "InvalidInternetGatewayID.NotFound",
        f"The internetGateway ID '{unknown}' does not exist",
    )
    bad = {**create, "DestinationCidrBlock": "1.2.3.4"}
    assert error(ec2.create_route, **bad, GatewayId=unknown)[1] == (
        "Value (1.2.3.4) for parameter destinationCidrBlock is invalid. This is not a valid CIDR block."
    )
    local = {"RouteTableId": table, "DestinationCidrBlock": "10.0.0.0/16"}
    assert error(ec2.delete_route, **local)[0] == "InvalidParameterValue"


def test_detaching_leaves_a_black_hole(ec2, vpc, table, gateway):
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    assert found(ec2, table)["Routes"][1]["State"] == "blackhole"


def test_associations(ec2, vpc, table, subnet, error):
    made = ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    assert made["AssociationState"] == {"State": "associated"}
    assert ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)["AssociationId"] == made["AssociationId"]
    [association] = found(ec2, table)["Associations"]
    assert (association["SubnetId"], association["Main"]) == (subnet, False)
    other = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    assert error(ec2.associate_route_table, RouteTableId=other, SubnetId=subnet)[0] == "Resource.AlreadyAssociated"
    expected = ("DependencyViolation", f"The routeTable '{table}' has dependencies and cannot be deleted.")
    assert error(ec2.delete_route_table, RouteTableId=table) == expected

    moved = ec2.replace_route_table_association(AssociationId=made["AssociationId"], RouteTableId=other)
    assert found(ec2, other)["Associations"][0]["RouteTableAssociationId"] == moved["NewAssociationId"]
    ec2.disassociate_route_table(AssociationId=moved["NewAssociationId"])
    expected = ("InvalidAssociationID.NotFound", f"The association ID '{moved['NewAssociationId']}' does not exist")
    assert error(ec2.disassociate_route_table, AssociationId=moved["NewAssociationId"]) == expected
    ec2.delete_route_table(RouteTableId=table)
    assert error(ec2.describe_route_tables, RouteTableIds=[table]) == (
        "InvalidRouteTableID.NotFound",
        f"The routeTable ID '{table}' does not exist",
    )


def test_the_main_table(ec2, vpc, table, error):
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "association.main", "Values": ["true"]}]
    [main] = ec2.describe_route_tables(Filters=filters)["RouteTables"]
    association = main["Associations"][0]["RouteTableAssociationId"]
    assert error(ec2.disassociate_route_table, AssociationId=association)[0] == "InvalidParameterValue"
    ec2.replace_route_table_association(AssociationId=association, RouteTableId=table)
    assert [one["RouteTableId"] for one in ec2.describe_route_tables(Filters=filters)["RouteTables"]] == [table]
    ec2.delete_route_table(RouteTableId=main["RouteTableId"])
    ec2.delete_vpc(VpcId=vpc)
