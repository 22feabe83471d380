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


_MOST_SERVERS = 4
_NODE_TYPES = {"1", "2", "4", "8"}  # RFC 2132, section 8.7


def create_dhcp_options(ctx: Context, request: Json) -> Json:
    for given in request["DhcpConfigurations"]:
        _check(given.get("Key"), given.get("Values", []))
    values = {given["Key"]: given.get("Values", []) for given in request["DhcpConfigurations"]}
    return {"DhcpOptions": {"Tags": [], **_make(ctx, request, values)}}


def _check(key: str | None, values: list[str]) -> None:
    """Raises InvalidParameterValue."""
    if key not in _KEYS:
        raise _invalid(key, "Unknown DHCP option")
    if key.endswith("-servers") and len(values) > _MOST_SERVERS:
        raise _invalid(key, f"At most {_MOST_SERVERS} servers can be specified.")
    if key == "netbios-node-type" and not set(values) <= _NODE_TYPES:
        raise _invalid(", ".join(values), "The NetBIOS node type must be 1, 2, 4 or 8.")


def _invalid(value: str | None, why: str) -> AwsError:
    message = f"Value ({value}) for parameter dhcpConfiguration is invalid. {why}"
    return AwsError("InvalidParameterValue", message)


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
