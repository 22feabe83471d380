"""A task as it is made: from what was asked for, its definition and its cluster. No process runs yet.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html
"""

import itertools
from collections import Counter
from dataclasses import dataclass, field, replace

import orjson

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.ecs import capacity, names, store
from penstock.services.ecs.definition_checks import check_files
from penstock.services.ecs.errors import client, invalid, unsupported
from penstock.services.ecs.running import network
from penstock.services.ecs.store import DOCUMENTS
from penstock.services.ecs.tags import as_list, as_map
from penstock.wire.model import Json

MAX_OVERRIDES = 8192  # characters of JSON
_PLATFORMS = frozenset({"LATEST", "1.0.0", "1.1.0", "1.2.0", "1.3.0", "1.4.0"})
_turn = itertools.count()  # subnets are taken in turns


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a task is to be: the members of RunTask, StartTask and of a service that have to do with one task."""

    cluster: Json
    definition: Json
    launch_type: str = ""
    strategy: list[Json] = field(default_factory=list)
    network: Json | None = None
    overrides: Json = field(default_factory=dict)
    group: str = ""
    started_by: str = ""
    service: str = ""
    instance: str = ""
    platform: str = ""
    tags: list[Json] = field(default_factory=list)
    managed_tags: bool = False
    command: bool = False


def wanted(ctx: Context, cluster: Json, definition: Json, request: Json) -> Wanted:
    """What RunTask, StartTask and CreateService say alike. Raises InvalidParameterException, ClientException."""
    strategy = request.get("capacityProviderStrategy") or []
    launch_type = request.get("launchType", "")
    if launch_type and strategy:
        raise invalid(
            "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again."
        )
    if not launch_type and not strategy:
        strategy = cluster["defaultCapacityProviderStrategy"]
    if strategy:
        capacity.check_strategy(strategy, cluster["capacityProviders"])
    launch_type = launch_type or (launch_type_of(strategy) if strategy else "EC2")
    if launch_type == "MANAGED_INSTANCES":
        raise unsupported("managed instances")
    if launch_type not in definition["compatibilities"] or not _is_meant_for(definition, launch_type):
        raise client(f"Task definition does not support launch_type {launch_type}.")
    _check_platform(request.get("platformVersion", ""), launch_type)
    network.check(ctx, request.get("networkConfiguration"), definition["networkMode"])
    return Wanted(
        cluster=cluster,
        definition=definition,
        launch_type=launch_type,
        strategy=strategy,
        network=request.get("networkConfiguration"),
        platform=request.get("platformVersion", ""),
        managed_tags=request.get("enableECSManagedTags", False),
        command=request.get("enableExecuteCommand", False),
    )


def _check_platform(version: str, launch_type: str) -> None:
    if version and launch_type != "FARGATE":
        raise invalid(f"The platform version must be null when specifying an {launch_type} launch type.")
    if version and version not in _PLATFORMS:
        raise AwsError("PlatformUnknownException", "The specified platform version does not exist.")


def _is_meant_for(definition: Json, launch_type: str) -> bool:
    required = definition.get("requiresCompatibilities")
    return launch_type != "FARGATE" or not required or "FARGATE" in required


def launch_type_of(strategy: list[Json]) -> str:
    return "FARGATE" if strategy[0]["capacityProvider"] in capacity.FARGATE else "EC2"


def check_overrides(definition: Json, overrides: Json) -> None:
    if len(orjson.dumps(overrides)) > MAX_OVERRIDES:
        raise invalid(f"Container Overrides length must be at most {MAX_OVERRIDES}")
    known = {container["name"] for container in definition["containerDefinitions"]}
    for override in overrides.get("containerOverrides", ()):
        if override.get("name") not in known:
            text = f"Override for container named {override.get('name')} is not a container in the TaskDefinition."
            raise invalid(text)
        check_files(override)


def place(ctx: Context, plan: Wanted) -> Json:
    """The row of a new task. The caller starts it after the commit."""
    task = _task(ctx, plan)
    cluster = task["clusterArn"]
    if plan.launch_type == "EC2" and (instance := plan.instance or _instance(ctx, cluster)):
        task["containerInstanceArn"] = instance
    if plan.strategy:
        task["capacityProviderName"] = capacity.choose(plan.strategy, _running(ctx, plan))
    if plan.network is not None:
        _attach(ctx, task, plan.network["awsvpcConfiguration"])
    if plan.launch_type == "FARGATE":
        task |= _of_fargate(plan)
    store.put_task(ctx.store, task)
    return task


def _task(ctx: Context, plan: Wanted) -> Json:
    """What is known of a task wherever it is placed."""
    definition, overrides, cluster = plan.definition, plan.overrides, plan.cluster["clusterArn"]
    arn = names.below(cluster, "task", ids.hex_id(32))
    task: Json = {
        "attachments": [],
        "attributes": [{"name": "ecs.cpu-architecture", "value": "x86_64"}],
        "availabilityZone": f"{ctx.region}a",
        "clusterArn": cluster,
        "containers": [_container(arn, item, overrides) for item in definition["containerDefinitions"]],
        "createdAt": ctx.clock.now(),
        "desiredStatus": "RUNNING",
        "enableExecuteCommand": plan.command,
        "group": plan.group or f"family:{definition['family']}",
        "healthStatus": "UNKNOWN",
        "lastStatus": "PENDING",
        "launchType": plan.launch_type,
        "overrides": _overrides(definition, overrides),
        "tags": _tags(plan),
        "taskArn": arn,
        "taskDefinitionArn": definition["taskDefinitionArn"],
        "version": 1,
        "_service": plan.service,
        "_registered": [],
    }
    for member in ("cpu", "memory"):
        if (size := overrides.get(member) or definition.get(member)) is not None:
            task[member] = size
    if plan.started_by:
        task["startedBy"] = plan.started_by
    return task


def _of_fargate(plan: Wanted) -> Json:
    size = plan.definition.get("ephemeralStorage", {}).get("sizeInGiB", 20)
    size = plan.overrides.get("ephemeralStorage", {}).get("sizeInGiB", size)
    version = plan.platform if plan.platform not in ("", "LATEST") else "1.4.0"
    storage = {"sizeInGiB": size}
    return {"platformVersion": version, "platformFamily": "Linux"} | {
        "ephemeralStorage": storage,
        "fargateEphemeralStorage": storage,
    }


def _attach(ctx: Context, task: Json, configuration: Json) -> None:
    subnet = configuration["subnets"][next(_turn) % len(configuration["subnets"])]
    described = network.subnet_of(ctx, subnet)
    task["attachments"] = [network.attachment(subnet)]
    task["availabilityZone"] = described.get("AvailabilityZone", task["availabilityZone"])
    task["lastStatus"] = "PROVISIONING"
    task["_vpc"] = described.get("VpcId", "")
    task["_public"] = configuration.get("assignPublicIp") == "ENABLED"


def _instance(ctx: Context, cluster: str) -> str:
    """The active instance with the fewest tasks; "" where none is registered, and the machine itself is enough."""
    instances = DOCUMENTS.all(ctx.store, cluster, "instance")
    active = [str(item["containerInstanceArn"]) for item in instances if item["status"] == "ACTIVE"]
    if not active:
        return ""
    tasks = store.documents(ctx.store, store.CLUSTER_TASKS, cluster, "RUNNING")
    busy = Counter(task.get("containerInstanceArn", "") for task in tasks)
    return min(active, key=lambda arn: busy[arn])


def _running(ctx: Context, plan: Wanted) -> dict[str, int]:
    """How many tasks of the service each capacity provider has; none where the task is nobody's."""
    tasks = store.documents(ctx.store, store.SERVICE_TASKS, plan.service) if plan.service else []
    return Counter(task.get("capacityProviderName", "") for task in tasks)


def _container(task_arn: str, definition: Json, overrides: Json) -> Json:
    name = definition["name"]
    own: Json = next((item for item in overrides.get("containerOverrides", ()) if item.get("name") == name), {})
    container: Json = {
        "containerArn": f"{task_arn.replace(':task/', ':container/')}/{ids.uuid()}",
        "taskArn": task_arn,
        "name": name,
        "image": definition["image"],
        "lastStatus": "PENDING",
        "networkBindings": [],
        "networkInterfaces": [],
        "healthStatus": "UNKNOWN",
        "cpu": str(own.get("cpu", definition["cpu"])),
    }
    for member in ("memory", "memoryReservation"):
        if (size := own.get(member, definition.get(member))) is not None:
            container[member] = str(size)
    return container


def _overrides(definition: Json, given: Json) -> Json:
    """AWS names every container in the overrides, overridden or not."""
    own = {item.get("name"): item for item in given.get("containerOverrides", ())}
    every = [own.get(item["name"], {"name": item["name"]}) for item in definition["containerDefinitions"]]
    return {**given, "containerOverrides": every, "inferenceAcceleratorOverrides": []}


def _tags(plan: Wanted) -> list[Json]:
    managed = {"aws:ecs:clusterName": plan.cluster["clusterName"]} if plan.managed_tags else {}
    if managed and plan.service:
        managed["aws:ecs:serviceName"] = names.last(plan.service)
    return as_list(managed | as_map(plan.tags))


def propagated(plan: Wanted, source: str, own: list[Json], service_tags: list[Json]) -> Wanted:
    """With the tags that `propagateTags` asks for; the task's own ones win."""
    given = {"TASK_DEFINITION": plan.definition.get("tags", []), "SERVICE": service_tags}.get(source, [])
    return replace(plan, tags=as_list(as_map(given) | as_map(own)))
