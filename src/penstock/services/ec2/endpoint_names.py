"""The names of an interface endpoint. Pure.

Source: https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html#interface-endpoint-dns-hostnames
"""

import zlib

from penstock.wire.model import Json

# Services whose private name is not the last part of their endpoint service's name.
_NAMES = {
    "ecr.api": "api.ecr.{region}.amazonaws.com",
    "ecr.dkr": "*.dkr.ecr.{region}.amazonaws.com",
    "execute-api": "*.execute-api.{region}.amazonaws.com",
}


def private(service: str, region: str) -> str:
    """`com.amazonaws.us-east-1.secretsmanager` -> `secretsmanager.us-east-1.amazonaws.com`."""
    name = _short(service, region)
    return _NAMES.get(name, f"{name}.{{region}}.amazonaws.com").format(region=region)


def entries(endpoint: Json, region: str, zones: list[str]) -> list[Json]:
    """The endpoint's own name, one for each zone, and the service's where private DNS is enabled."""
    service, label = endpoint["ServiceName"], f"{endpoint['VpcEndpointId']}-{endpoint['_Label']}"
    tail = f"{_short(service, region)}.{region}.vpce.amazonaws.com"
    names = [f"{label}.{tail}", *(f"{label}-{zone}.{tail}" for zone in zones)]
    zone_id = _hosted_zone(tail)
    shown = [{"DnsName": name, "HostedZoneId": zone_id} for name in names]
    if endpoint["PrivateDnsEnabled"]:
        name = private(service, region)
        shown.append({"DnsName": name, "HostedZoneId": _hosted_zone(endpoint["VpcId"] + name)})
    return shown


def _short(service: str, region: str) -> str:
    return service.partition(f".{region}.")[2] or service.rpartition(".")[2]


def _hosted_zone(name: str) -> str:
    return f"Z{zlib.crc32(name.encode()):012X}"
