"""A task's places in target groups and in Cloud Map.

A task is entered when its containers answer, and taken out before they are stopped: Cloud Map at once, a target group
with time to drain. What was entered stands in the task's row, so that a runtime that was killed can take it out later.
Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-discovery.html
"""

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.ecs import connect, names, notices
from penstock.services.ecs.running import network
from penstock.wire.model import Json

_DRAINED = "unused"


def enter(ctx: Context, service: Json, task: Json, definition: Json) -> list[Json]:
    """Registers the task wherever its service says; what was registered. Raises AwsError."""
    address = network.address_of(task)
    entered: list[Json] = []
    for balancer in service.get("loadBalancers", ()):
        target = {"Id": address, "Port": balancer["containerPort"]}
        group = balancer["targetGroupArn"]
        ctx.call_now("elbv2", "RegisterTargets", {"TargetGroupArn": group, "Targets": [target]})
        notices.say(ctx, service["serviceArn"], f"registered 1 targets in (target-group {group})")
        entered.append({"group": group, "target": target})
    for registry in (*service.get("serviceRegistries", ()), *connect.registries(service, definition)):
        id = names.last(registry["registryArn"])
        attributes = _attributes(ctx, service, registry, task, definition)
        request = {"ServiceId": id, "InstanceId": names.last(task["taskArn"]), "Attributes": attributes}
        ctx.call_now("servicediscovery", "RegisterInstance", request)
        entered.append({"service": id, "instance": names.last(task["taskArn"])})
    return entered


def _attributes(ctx: Context, service: Json, registry: Json, task: Json, definition: Json) -> dict[str, str]:
    port = registry.get("containerPort") or registry.get("port")
    attributes = {
        "AVAILABILITY_ZONE": task["availabilityZone"],
        "AWS_INSTANCE_IPV4": network.address_of(task),
        "ECS_CLUSTER_NAME": names.last(service["clusterArn"]),
        "ECS_SERVICE_NAME": service["serviceName"],
        "ECS_TASK_DEFINITION_FAMILY": definition["family"],
        "REGION": ctx.region,
    }
    return attributes | ({"AWS_INSTANCE_PORT": str(port)} if port else {})


def leave(ctx: Context, service_arn: str, entered: list[Json]) -> list[Json]:
    """Takes the task out again; the targets that now drain."""
    draining: list[Json] = []
    for item in entered:
        if "service" in item:
            _attempt(
                ctx,
                "servicediscovery",
                "DeregisterInstance",
                {"ServiceId": item["service"], "InstanceId": item["instance"]},
            )
        elif _attempt(ctx, "elbv2", "DeregisterTargets", _target(item)):
            notices.say(ctx, service_arn, f"deregistered 1 targets in (target-group {item['group']})")
            draining.append(item)
    return draining


def _attempt(ctx: Context, service: str, operation: str, request: Json) -> bool:
    """Whether it could be done: what is gone already need not be taken out."""
    try:
        ctx.call_now(service, operation, request)
    except AwsError:
        return False
    return True


def _target(item: Json) -> Json:
    return {"TargetGroupArn": item["group"], "Targets": [item["target"]]}


async def drained(ctx: Context, draining: list[Json]) -> None:
    """Waits until no load balancer has anything to do with the targets any more."""
    for item in draining:
        while (await health(ctx, item["group"])).get(key(item), _DRAINED) != _DRAINED:
            await ctx.signals.wait(("elbv2", item["group"]))


async def health(ctx: Context, group: str) -> dict[tuple[str, int], Json]:
    """`TargetHealth` (State, and Description where it is not healthy) of a group's targets; {} where it is gone."""
    try:
        found = await ctx.call("elbv2", "DescribeTargetHealth", {"TargetGroupArn": group})
    except AwsError:
        return {}
    described = found["TargetHealthDescriptions"]
    return {(each["Target"]["Id"], each["Target"]["Port"]): each["TargetHealth"] for each in described}


def key(item: Json) -> tuple[str, int]:
    """What a registered target is in `health`."""
    return item["target"]["Id"], item["target"]["Port"]
