"""Where a task's network interface lies: its subnet, the VPC of it, its address on loopback.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-networking.html
"""

from collections.abc import Iterable

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.iam.principal import Principal
from penstock.services.ecs.engine import SERVICE
from penstock.services.ecs.errors import invalid
from penstock.wire.model import Json

MAX_SUBNETS = 16
MAX_GROUPS = 5


def check(ctx: Context, configuration: Json | None, mode: str) -> None:
    """Raises InvalidParameterException where a definition's network mode and the configuration do not fit."""
    awsvpc = (configuration or {}).get("awsvpcConfiguration")
    if mode == "awsvpc" and awsvpc is None:
        raise invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
    if mode != "awsvpc" and configuration is not None:
        raise invalid("Network Configuration is not valid for the given networkMode of this task definition.")
    if awsvpc is None:
        return
    if not awsvpc["subnets"]:
        raise invalid("subnets can not be empty.")
    if len(awsvpc["subnets"]) > MAX_SUBNETS:
        raise invalid(f"subnets can have at most {MAX_SUBNETS} items.")
    if len(awsvpc.get("securityGroups", ())) > MAX_GROUPS:
        raise invalid(f"securityGroups can have at most {MAX_GROUPS} items.")
    for subnet in awsvpc["subnets"]:
        _describe(ctx, "subnet", "DescribeSubnets", {"SubnetIds": [subnet]}, subnet)
    for group in awsvpc.get("securityGroups", ()):
        _describe(ctx, "security group", "DescribeSecurityGroups", {"GroupIds": [group]}, group)


def _describe(ctx: Context, what: str, operation: str, request: Json, id: str) -> Json:
    try:  # as ECS itself: a caller need not be allowed to describe networks
        return ctx.call_now("ec2", operation, request, principal=Principal.service(SERVICE, ctx.account))
    except AwsError as error:
        text = f"{error.message} (ErrorCode: {error.code})"
        raise invalid(f"Error retrieving {what} information for [{id}]: {text}") from error


def subnet_of(ctx: Context, subnet: str) -> Json:
    """The subnet as EC2 describes it. Raises InvalidParameterException."""
    found = _describe(ctx, "subnet", "DescribeSubnets", {"SubnetIds": [subnet]}, subnet)
    described: Json = found["Subnets"][0]
    return described


def attachment(subnet: str) -> Json:
    """The interface of a task that is not there yet."""
    details = [{"name": "subnetId", "value": subnet}]
    return {"id": ids.uuid(), "type": "ElasticNetworkInterface", "status": "PRECREATED", "details": details}


def attached(task: Json, address: str) -> tuple[list[Json], list[Json]]:
    """The task's attachments and containers with its interface at `address`."""
    before = task["attachments"][0]
    octets = [int(part) for part in address.split(".")]
    details = [
        *before["details"],
        {"name": "networkInterfaceId", "value": f"eni-{ids.hex_id(17)}"},
        {"name": "macAddress", "value": ":".join(f"{part:02x}" for part in (0x0E, 0, *octets))},
        {"name": "privateDnsName", "value": f"ip-{address.replace('.', '-')}.ec2.internal"},
        {"name": "privateIPv4Address", "value": address},
    ]
    interface = {"attachmentId": before["id"], "privateIpv4Address": address}
    containers = [{**container, "networkInterfaces": [interface]} for container in task["containers"]]
    return [{**before, "status": "ATTACHED", "details": details}], containers


def address_of(task: Json) -> str:
    """The task's address, "" while it has none; in bridge mode it has no interface, but an address of its own."""
    details: Iterable[Json] = (item for found in task["attachments"] for item in found["details"])
    found = next((item["value"] for item in details if item["name"] == "privateIPv4Address"), None)
    return str(found or task.get("_address", ""))


def subnet_id(task: Json) -> str:
    details: Iterable[Json] = (item for found in task["attachments"] for item in found["details"])
    return next((str(item["value"]) for item in details if item["name"] == "subnetId"), "")
