"""Ranges of a subnet that AWS would not give addresses from by itself: recorded.

Source: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-cidr-reservation.html
"""

from ipaddress import ip_network

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.ec2 import cidr, filters, items
from penstock.services.ec2.kinds import SUBNET, SUBNET_RESERVATION
from penstock.wire.model import Json


def create_subnet_cidr_reservation(ctx: Context, request: Json) -> Json:
    subnet = items.get(ctx, SUBNET, request["SubnetId"])
    members = {
        "Cidr": _checked(ctx, subnet, request["Cidr"]),
        "OwnerId": ctx.account,
        "ReservationType": request["ReservationType"],
        "SubnetId": subnet["SubnetId"],
        **({"Description": request["Description"]} if "Description" in request else {}),
    }
    return {"SubnetCidrReservation": {"Tags": [], **items.add(ctx, SUBNET_RESERVATION, request, members)}}


def _checked(ctx: Context, subnet: Json, text: str) -> str:
    """Inside the subnet, beside its other reservations. Raises InvalidParameterValue."""
    network = cidr.parsed(text)
    if network is None:
        raise cidr.invalid(text, "cidr")
    blocks = [one["Ipv6CidrBlock"] for one in subnet["Ipv6CidrBlockAssociationSet"]]
    if network.version == 4:
        blocks = [subnet["CidrBlock"]] if "CidrBlock" in subnet else []
    if not any(network.subnet_of(ip_network(block)) for block in blocks):  # type: ignore[arg-type]
        message = f"Reservation CIDR should be within subnet CIDR block ({', '.join(blocks)})"
        raise AwsError("InvalidParameterValue", message)
    for other in items.every(ctx, SUBNET_RESERVATION, SubnetId=subnet["SubnetId"]):
        if network.overlaps(ip_network(other["Cidr"])):
            message = f"Reservation CIDR {network} has overlap with existing reserved CIDR block"
            raise AwsError("InvalidParameterValue", message)
    return str(network)


def get_subnet_cidr_reservations(ctx: Context, request: Json) -> Json:
    subnet = items.get(ctx, SUBNET, request["SubnetId"])
    known = items.every(ctx, SUBNET_RESERVATION, SubnetId=subnet["SubnetId"])
    found = filters.select(known, request.get("Filters", ()), SUBNET_RESERVATION.filters)
    shown, token = items.page([{"Tags": [], **one} for one in found], request)
    return {
        "SubnetIpv4CidrReservations": [one for one in shown if ":" not in one["Cidr"]],
        "SubnetIpv6CidrReservations": [one for one in shown if ":" in one["Cidr"]],
        **token,
    }


def delete_subnet_cidr_reservation(ctx: Context, request: Json) -> Json:
    reservation = items.get(ctx, SUBNET_RESERVATION, request["SubnetCidrReservationId"])
    items.remove(ctx, SUBNET_RESERVATION, reservation)
    return {"DeletedSubnetCidrReservation": {"Tags": [], **reservation}}


def forget_subnet(ctx: Context, subnet: Json) -> None:
    for reservation in items.every(ctx, SUBNET_RESERVATION, SubnetId=subnet["SubnetId"]):
        items.remove(ctx, SUBNET_RESERVATION, reservation)
