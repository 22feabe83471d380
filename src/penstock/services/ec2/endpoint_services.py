"""The services that VPC endpoints can be made for: AWS's own that applications commonly call.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpointServices.html
"""

import zlib

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.ec2 import endpoint_names, filters, items, zones
from penstock.services.ec2.prefix_lists import GATEWAY_SERVICES
from penstock.wire.model import Json

# https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
_INTERFACES = (
    "cloudformation", "dynamodb", "ec2", "ec2messages", "ecr.api", "ecr.dkr", "ecs", "ecs-agent", "ecs-telemetry",
    "elasticloadbalancing", "events", "execute-api", "kinesis-firehose", "kinesis-streams", "kms", "lambda", "logs",
    "monitoring", "pipes", "s3", "scheduler", "secretsmanager", "servicediscovery", "sns", "sqs", "ssm", "ssmmessages",
    "states", "sts", "xray",
)  # fmt: skip
_FILTERS = {
    "owner": "Owner",
    "service-name": "ServiceName",
    "service-region": "ServiceRegion",
    "service-type": "ServiceType.ServiceType",
    "supported-ip-address-types": "SupportedIpAddressTypes",
}


def describe_vpc_endpoint_services(ctx: Context, request: Json) -> Json:
    services = [_service(ctx.region, name, "Gateway") for name in GATEWAY_SERVICES]
    services += [_service(ctx.region, name, "Interface") for name in _INTERFACES]
    if wanted := request.get("ServiceNames"):
        services = _named(services, wanted)
    found = filters.select(services, request.get("Filters", ()), _FILTERS)
    shown, token = items.page(found, request)
    return {"ServiceNames": sorted({one["ServiceName"] for one in shown}), "ServiceDetails": shown, **token}


def _named(services: list[Json], wanted: list[str]) -> list[Json]:
    """Raises InvalidServiceName."""
    known = {one["ServiceName"] for one in services}
    for name in wanted:
        if name not in known:
            raise AwsError("InvalidServiceName", f"The Vpc Endpoint Service '{name}' does not exist")
    return [one for one in services if one["ServiceName"] in wanted]


def _service(region: str, name: str, kind: str) -> Json:
    service = f"com.amazonaws.{region}.{name}"
    told: Json = {
        "AcceptanceRequired": False,
        "AvailabilityZones": zones.of_region(region),
        "BaseEndpointDnsNames": [f"{name}.{region}.amazonaws.com"],
        "ManagesVpcEndpoints": False,
        "Owner": "amazon",
        "ServiceId": f"vpce-svc-{zlib.crc32(f'{kind}.{service}'.encode()):017x}",
        "ServiceName": service,
        "ServiceRegion": region,
        "ServiceType": [{"ServiceType": kind}],
        "SupportedIpAddressTypes": ["ipv4"],
        "Tags": [],
        "VpcEndpointPolicySupported": True,
    }
    if kind == "Interface":
        private = endpoint_names.private(service, region)
        told["BaseEndpointDnsNames"] = [f"{name}.{region}.vpce.amazonaws.com"]
        told |= {"PrivateDnsName": private, "PrivateDnsNames": [{"PrivateDnsName": private}]}
        told["PrivateDnsNameVerificationState"] = "verified"
    return told
