"""Route tables and what they are associated with.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRouteTable.html and its siblings.
"""

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.ec2 import items
from penstock.services.ec2.kinds import INTERNET_GATEWAY, ROUTE_TABLE, SUBNET, VPC
from penstock.wire.model import Json

_ASSOCIATED = {"AssociationState": {"State": "associated"}}


def create_route_table(ctx: Context, request: Json) -> Json:
    table = make(ctx, request, items.get(ctx, VPC, request["VpcId"]))
    return {"RouteTable": {"Tags": [], **table}, "ClientToken": request.get("ClientToken")}


def make(ctx: Context, request: Json, vpc: Json, main: bool = False, table_id: str | None = None) -> Json:
    table: Json = {
        "Associations": [],
        "OwnerId": ctx.account,
        "PropagatingVgws": [],
        "RouteTableId": table_id or items.new_id(ROUTE_TABLE),
        "Routes": _local(vpc),
        "VpcId": vpc["VpcId"],
        "_Main": main,
    }
    table = items.add(ctx, ROUTE_TABLE, request, table)
    if main:
        _associate(ctx, table, {"Main": True})
    return table


def _local(vpc: Json) -> list[Json]:
    """The routes to the VPC's own addresses."""
    local = {"GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"}
    blocks = [{"DestinationCidrBlock": block["CidrBlock"], **local} for block in vpc["CidrBlockAssociationSet"]]
    return blocks + [
        {"DestinationIpv6CidrBlock": block["Ipv6CidrBlock"], **local} for block in vpc["Ipv6CidrBlockAssociationSet"]
    ]


def localize(ctx: Context, vpc: Json) -> None:
    """Brings the local routes of a VPC's tables to its present address ranges."""
    for table in items.every(ctx, ROUTE_TABLE, VpcId=vpc["VpcId"]):
        table["Routes"] = _local(vpc) + [route for route in table["Routes"] if route.get("GatewayId") != "local"]
        items.put(ctx, ROUTE_TABLE, table)


def describe_route_tables(ctx: Context, request: Json) -> Json:
    return items.describe(ctx, ROUTE_TABLE, request)


def delete_route_table(ctx: Context, request: Json) -> Json:
    table = items.get(ctx, ROUTE_TABLE, request["RouteTableId"])
    if table["Associations"]:
        message = f"The routeTable '{table['RouteTableId']}' has dependencies and cannot be deleted."
        raise AwsError("DependencyViolation", message)
    items.remove(ctx, ROUTE_TABLE, table)
    return {}


# -- associations --------------------------------------------------------------------------------------


def _associate(ctx: Context, table: Json, what: Json) -> Json:
    association: Json = {
        "Main": False,
        "RouteTableAssociationId": f"rtbassoc-{ids.hex_id(17)}",
        "RouteTableId": table["RouteTableId"],
        **_ASSOCIATED,
        **what,
    }
    table["Associations"].append(association)
    items.put(ctx, ROUTE_TABLE, table)
    return association


def associate_route_table(ctx: Context, request: Json) -> Json:
    table = items.get(ctx, ROUTE_TABLE, request["RouteTableId"])
    what = _associable(ctx, table, request)
    for other in items.every(ctx, ROUTE_TABLE, VpcId=table["VpcId"]):
        for association in other["Associations"]:
            if what.items() <= association.items():
                return _again(table, association)
    association = _associate(ctx, table, what)
    return {"AssociationId": association["RouteTableAssociationId"], **_ASSOCIATED}


def _associable(ctx: Context, table: Json, request: Json) -> Json:
    """The subnet or gateway that is to be associated. Raises MissingParameter, InvalidParameterValue."""
    if "SubnetId" in request:
        subnet = items.get(ctx, SUBNET, request["SubnetId"])
        if subnet["VpcId"] != table["VpcId"]:
            message = (
                f"Route table {table['RouteTableId']} and subnet {subnet['SubnetId']} belong to different networks"
            )
            raise AwsError("InvalidParameterValue", message)
        return {"SubnetId": subnet["SubnetId"]}
    if "GatewayId" in request:
        return {"GatewayId": items.get(ctx, INTERNET_GATEWAY, request["GatewayId"])["InternetGatewayId"]}
    raise AwsError("MissingParameter", "The request must contain either SubnetId or GatewayId")


def _again(table: Json, association: Json) -> Json:
    """The same once more changes nothing; another table for a subnet that has one is refused."""
    if association["RouteTableId"] == table["RouteTableId"]:
        return {"AssociationId": association["RouteTableAssociationId"], **_ASSOCIATED}
    message = (
        f"the specified association for route table {table['RouteTableId']} conflicts with an existing association"
    )
    raise AwsError("Resource.AlreadyAssociated", message)


def disassociate_route_table(ctx: Context, request: Json) -> Json:
    table, association = _association(ctx, request["AssociationId"])
    if association["Main"]:
        message = f"cannot disassociate the main route table association {request['AssociationId']}"
        raise AwsError("InvalidParameterValue", message)
    _drop(ctx, table, association)
    return {}


def replace_route_table_association(ctx: Context, request: Json) -> Json:
    table = items.get(ctx, ROUTE_TABLE, request["RouteTableId"])
    before, association = _association(ctx, request["AssociationId"])
    if before["RouteTableId"] == table["RouteTableId"]:
        return {"NewAssociationId": request["AssociationId"], **_ASSOCIATED}
    _drop(ctx, before, association)
    if association["Main"]:
        items.put(ctx, ROUTE_TABLE, before | {"_Main": False})
        table["_Main"] = True
    kept: Json = {name: association[name] for name in ("Main", "SubnetId", "GatewayId") if name in association}
    made = _associate(ctx, table, kept)
    return {"NewAssociationId": made["RouteTableAssociationId"], **_ASSOCIATED}


def forget_subnet(ctx: Context, subnet: Json) -> None:
    """A subnet's association goes away with it."""
    for table in items.every(ctx, ROUTE_TABLE, VpcId=subnet["VpcId"]):
        for association in table["Associations"]:
            if association.get("SubnetId") == subnet["SubnetId"]:
                _drop(ctx, table, association)
                return


def _association(ctx: Context, association_id: str) -> tuple[Json, Json]:
    """Raises InvalidAssociationID.NotFound."""
    for table in items.every(ctx, ROUTE_TABLE):
        for association in table["Associations"]:
            if association["RouteTableAssociationId"] == association_id:
                return table, association
    raise AwsError("InvalidAssociationID.NotFound", f"The association ID '{association_id}' does not exist")


def _drop(ctx: Context, table: Json, association: Json) -> None:
    table["Associations"].remove(association)
    items.put(ctx, ROUTE_TABLE, table)
