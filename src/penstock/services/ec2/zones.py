"""Regions and availability zones.

Every region has the three zones that `Fn::GetAZs` gives.
Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAvailabilityZones.html
"""

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.ec2 import filters
from penstock.wire.model import Json

ZONES = ("a", "b", "c")
# Zone ids shorten the parts of a region's name: eu-southeast-1 -> euse1.
_SHORT = {
    "central": "c",
    "east": "e",
    "gov": "g",
    "north": "n",
    "northeast": "ne",
    "northwest": "nw",
    "south": "s",
    "southeast": "se",
    "southwest": "sw",
    "west": "w",
}
_OPT_IN = (
    "af-south-1", "ap-east-1", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ca-west-1", "eu-central-2",
    "eu-south-1", "eu-south-2", "il-central-1", "me-central-1", "me-south-1",
)  # fmt: skip
_OPTED_IN = (
    "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
    "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1",
    "us-east-2", "us-west-1", "us-west-2",
)  # fmt: skip
_ZONE_FILTERS = {
    "group-name": "GroupName",
    "message": "Messages.Message",
    "opt-in-status": "OptInStatus",
    "region-name": "RegionName",
    "state": "State",
    "zone-id": "ZoneId",
    "zone-name": "ZoneName",
    "zone-type": "ZoneType",
}
_REGION_FILTERS = {"endpoint": "Endpoint", "opt-in-status": "OptInStatus", "region-name": "RegionName"}


def zone_id(zone: str) -> str:
    """`us-east-1a` -> `use1-az1`."""
    *parts, number = zone[:-1].split("-")
    return parts[0] + "".join(_SHORT.get(part, part) for part in parts[1:]) + f"{number}-az{ord(zone[-1]) - 96}"


def of_region(region: str) -> list[str]:
    return [region + letter for letter in ZONES]


def chosen(region: str, request: Json) -> str:
    """The zone that a request names, by name or id; the first one where it does not. Raises InvalidParameterValue."""
    known = of_region(region)
    if (name := request.get("AvailabilityZone")) is not None:
        wanted, parameter = name, "availabilityZone"
    elif (by_id := request.get("AvailabilityZoneId")) is not None:
        wanted = next((zone for zone in known if zone_id(zone) == by_id), by_id)
        parameter = "availabilityZoneId"
    else:
        return known[0]
    if wanted not in known:
        message = (
            f"Value ({wanted}) for parameter {parameter} is invalid. Subnets can currently only be created in the "
            f"following availability zones: {', '.join(known)}."
        )
        raise AwsError("InvalidParameterValue", message)
    return str(wanted)


def describe_availability_zones(ctx: Context, request: Json) -> Json:
    zones = [_zone(ctx.region, name) for name in of_region(ctx.region)]
    for member, key in (("ZoneNames", "ZoneName"), ("ZoneIds", "ZoneId")):
        zones = _named(zones, request.get(member), key, "availability zone")
    return {"AvailabilityZones": filters.select(zones, request.get("Filters", ()), _ZONE_FILTERS)}


def _zone(region: str, name: str) -> Json:
    return {
        "GroupLongName": name[:-1],
        "GroupName": f"{region}-zg-1",
        "Messages": [],
        "NetworkBorderGroup": region,
        "OptInStatus": "opt-in-not-required",
        "RegionName": region,
        "State": "available",
        "ZoneId": zone_id(name),
        "ZoneName": name,
        "ZoneType": "availability-zone",
    }


def _named(items: list[Json], wanted: list[str] | None, key: str, noun: str) -> list[Json]:
    """Raises InvalidParameterValue."""
    if not wanted:
        return items
    known = {item[key] for item in items}
    if unknown := next((name for name in wanted if name not in known), None):
        raise AwsError("InvalidParameterValue", f"Invalid {noun}: [{unknown}]")
    return [item for item in items if item[key] in wanted]


def describe_regions(ctx: Context, request: Json) -> Json:
    everywhere = request.get("AllRegions") or request.get("RegionNames")
    names = sorted({*_OPTED_IN, ctx.region, *(_OPT_IN if everywhere else ())})
    regions = [_region(name, ctx.region) for name in names]
    regions = _named(regions, request.get("RegionNames"), "RegionName", "region")
    return {"Regions": filters.select(regions, request.get("Filters", ()), _REGION_FILTERS)}


def _region(name: str, here: str) -> Json:
    closed = name in _OPT_IN and name != here
    return {
        "Endpoint": f"ec2.{name}.amazonaws.com",
        "OptInStatus": "not-opted-in" if closed else "opt-in-not-required",
        "RegionName": name,
    }
