"""DHCP option sets: recorded, as names resolve by the runtime's own network.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateDhcpOptions.html and its siblings.
"""

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.ec2 import items
from penstock.services.ec2.kinds import DHCP_OPTIONS, VPC
from penstock.wire.model import Json

_KEYS = ("domain-name-servers", "domain-name", "ntp-servers", "netbios-name-servers", "netbios-node-type",
         "ipv6-address-preferred-lease-time")  # fmt: skip


def create_dhcp_options(ctx: Context, request: Json) -> Json:
    for given in request["DhcpConfigurations"]:
        if given.get("Key") not in _KEYS:
            message = f"Value ({given.get('Key')}) for parameter dhcpConfiguration is invalid. Unknown DHCP option"
            raise AwsError("InvalidParameterValue", message)
    values = {given["Key"]: given.get("Values", []) for given in request["DhcpConfigurations"]}
    return {"DhcpOptions": {"Tags": [], **_make(ctx, request, values)}}


def domain(region: str) -> str:
    """Where the private names of addresses are."""
    return "ec2.internal" if region == "us-east-1" else f"{region}.compute.internal"


def make_default(ctx: Context) -> None:
    _make(ctx, {}, {"domain-name": [domain(ctx.region)], "domain-name-servers": ["AmazonProvidedDNS"]}, default=True)


def _make(ctx: Context, request: Json, values: dict[str, list[str]], default: bool = False) -> Json:
    members = {
        "DhcpConfigurations": [
            {"Key": key, "Values": [{"Value": text} for text in texts]} for key, texts in values.items()
        ],
        "OwnerId": ctx.account,
        "_Default": default,
    }
    return items.add(ctx, DHCP_OPTIONS, request, members)


def describe_dhcp_options(ctx: Context, request: Json) -> Json:
    return items.describe(ctx, DHCP_OPTIONS, request)


def associate_dhcp_options(ctx: Context, request: Json) -> Json:
    vpc, wanted = items.get(ctx, VPC, request["VpcId"]), request["DhcpOptionsId"]
    if wanted != "default":
        items.get(ctx, DHCP_OPTIONS, wanted)
    items.put(ctx, VPC, vpc | {"DhcpOptionsId": wanted})
    return {}


def delete_dhcp_options(ctx: Context, request: Json) -> Json:
    options = items.get(ctx, DHCP_OPTIONS, request["DhcpOptionsId"])
    if items.every(ctx, VPC, DhcpOptionsId=options["DhcpOptionsId"]):
        message = f"The dhcpOptions '{options['DhcpOptionsId']}' has dependencies and cannot be deleted."
        raise AwsError("DependencyViolation", message)
    items.remove(ctx, DHCP_OPTIONS, options)
    return {}
