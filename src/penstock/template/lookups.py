"""What a CDK app looks up in an AWS account, and gets here: VPCs (`Vpc.from_lookup`) and availability zones. Pure.

Rule: a VPC that cdk.context.json knows is made on this machine under the ids that it has there; one that nobody has
looked up yet is made up, the same for the same question. Anything else must be in cdk.context.json.
Source: https://docs.aws.amazon.com/cdk/v2/guide/context.html
"""

import hashlib
import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from penstock.template.functions import ZONES

_VPC, _ZONES = "vpc-provider", "availability-zones"
_BLOCK, _DEFAULT_BLOCK = "10.0.0.0/16", "172.31.0.0/16"
_KINDS = ("Public", "Private", "Isolated")


@dataclass(frozen=True, slots=True)
class Subnet:
    id: str
    cidr: str
    zone: str
    route_table: str
    is_public: bool


@dataclass(frozen=True, slots=True)
class Network:
    """A VPC as an app was told of it."""

    id: str
    cidr: str
    account: str
    region: str
    subnets: tuple[Subnet, ...]
    made_up: bool

    @property
    def ids(self) -> tuple[str, ...]:
        return (self.id, *(subnet.id for subnet in self.subnets))


def zones(account: str, region: str) -> tuple[str, list[str]]:
    return f"{_ZONES}:account={account}:region={region}", [region + zone for zone in ZONES]


def answers(missing: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Context for what an app has not found in its own. LookupError with the key of what cannot be made up."""
    found: dict[str, Any] = {}
    for item in missing:
        props = item["props"]
        if item["provider"] == _ZONES:
            found |= dict([zones(props["account"], props["region"])])
        elif item["provider"] == _VPC:
            found[item["key"]] = _vpc(props["account"], props["region"], props.get("filter", {}))
        else:
            raise LookupError(item["key"])
    return found


def networks(context: Mapping[str, Any], made_up: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What to remember of the VPCs in an app's context: see `network`."""
    known = ((key, value, key in made_up) for key, value in {**context, **made_up}.items())
    return [
        {"key": key, "value": value, "madeUp": made} for key, value, made in known if key.startswith(f"{_VPC}:account=")
    ]


def network(remembered: Mapping[str, Any]) -> Network:
    key, value = remembered["key"], remembered["value"]
    said = dict(part.split("=", 1) for part in key.split(":") if "=" in part)
    subnets = tuple(
        Subnet(each["subnetId"], each.get("cidr", ""), each["availabilityZone"], each["routeTableId"], is_public)
        for group in value.get("subnetGroups", ())
        for is_public in [group["type"] == "Public"]
        for each in group["subnets"]
    )
    block = value.get("vpcCidrBlock", _BLOCK)
    return Network(value["vpcId"], block, said["account"], said["region"], subnets, remembered["madeUp"])


def _vpc(account: str, region: str, asked: Mapping[str, str]) -> dict[str, Any]:
    """A VPC that answers the question: public subnets for the default one, subnets of each kind for any other."""
    seed = f"{account}/{region}/{sorted(asked.items())}"
    is_default = asked.get("isDefault") == "true"
    block = _DEFAULT_BLOCK if is_default else _BLOCK
    blocks = ipaddress.ip_network(block).subnets(new_prefix=20)
    return {
        "vpcId": asked.get("vpc-id") or _id("vpc", seed),
        "vpcCidrBlock": block,
        "ownerAccountId": account,
        "availabilityZones": [],
        "subnetGroups": [
            {
                "name": kind,
                "type": kind,
                "subnets": [
                    {
                        "subnetId": _id("subnet", f"{seed}/{kind}/{zone}"),
                        "cidr": str(next(blocks)),
                        "availabilityZone": f"{region}{zone}",
                        "routeTableId": _id("rtb", f"{seed}/{kind}/{zone}"),
                    }
                    for zone in ZONES
                ],
            }
            for kind in (_KINDS[:1] if is_default else _KINDS)
        ],
    }


def _id(prefix: str, seed: str) -> str:
    return f"{prefix}-{hashlib.sha256(f'{prefix}/{seed}'.encode()).hexdigest()[:17]}"
