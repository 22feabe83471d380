"""CloudFormation types of ECS. Their properties are the members of the operations, with a capital first letter.

A service is made, and updated, when it is steady, as CloudFormation waits for it; a deployment that fails is a resource
that fails, with the reason of the task that was stopped last.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ECS.html
"""

from collections.abc import Iterator
from typing import Any

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.ecs import names, rollout, service_checks, store
from penstock.services.ecs.running import specs
from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType, Unstable
from penstock.wire.model import Json

_MAPS = frozenset({"DockerLabels", "Options", "DriverOpts", "Labels"})  # whose keys are the user's own
_SPELLED = {"EFSVolumeConfiguration": "efsVolumeConfiguration", "EfsVolumeConfiguration": "efsVolumeConfiguration"}
_RENAMED = {
    "clusterSettings": "settings",
    "placementStrategies": "placementStrategy",
}
_UNLIMITED = "CPU and memory are recorded; processes are not limited"
_ONE_MACHINE = "there is one machine, on which every task runs"
_NO_BOX = "containers are processes of this machine's user"


def _members(node: Any) -> Any:
    """Properties as the API's members: `AwsvpcConfiguration` -> `awsvpcConfiguration`, at every depth."""
    if isinstance(node, list):
        return [_members(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        _SPELLED.get(name, name[:1].lower() + name[1:]): value if name in _MAPS else _members(value)
        for name, value in node.items()
    }


def _request(rc: ResourceContext, given: Properties) -> Json:
    members: Json = _members({name: value for name, value in given.items() if name != "Tags"})
    tags = [{"key": key, "value": value} for key, value in rc.tag_map(given).items()]
    return {_RENAMED.get(name, name): value for name, value in members.items()} | {"tags": tags}


def _context(rc: ResourceContext) -> Context:
    context: Context = rc.engine.ctx
    context.kernel.service("ecs")  # its tables: this may be the first that anybody wants of it
    return context


# -- AWS::ECS::Cluster ---------------------------------------------------------------------------------


async def _create_cluster(rc: ResourceContext, given: Properties) -> Resource:
    name = given.get("ClusterName") or rc.physical_name(255)
    made = await rc.call("ecs", "CreateCluster", {**_request(rc, given), "clusterName": name})
    return Resource(name, {"Arn": made["cluster"]["clusterArn"]})


async def _update_cluster(rc: ResourceContext, resource: Resource, given: Properties) -> Resource:
    cluster, request = resource.physical_id, _request(rc, given)
    await rc.call("ecs", "UpdateCluster", {"settings": [], **request, "cluster": cluster})
    providers = request.get("capacityProviders", [])
    strategy = request.get("defaultCapacityProviderStrategy", [])
    if "CapacityProviders" in given or "CapacityProviders" in resource.properties:
        asked = {"cluster": cluster, "capacityProviders": providers, "defaultCapacityProviderStrategy": strategy}
        await rc.call("ecs", "PutClusterCapacityProviders", asked)
    await _tag(rc, resource.attributes["Arn"], request["tags"])
    return resource


async def _tag(rc: ResourceContext, arn: str, tags: list[Json]) -> None:
    known = (await rc.call("ecs", "ListTagsForResource", {"resourceArn": arn}))["tags"]
    gone = [tag["key"] for tag in known if tag["key"] not in {each["key"] for each in tags}]
    if gone:
        await rc.call("ecs", "UntagResource", {"resourceArn": arn, "tagKeys": gone})
    if tags:
        await rc.call("ecs", "TagResource", {"resourceArn": arn, "tags": tags})


async def _delete_cluster(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("ecs", "DeleteCluster", {"cluster": resource.physical_id})


# -- AWS::ECS::CapacityProvider and its association ------------------------------------------------------


async def _create_provider(rc: ResourceContext, given: Properties) -> Resource:
    name = given.get("Name") or rc.physical_name(255)
    await rc.call("ecs", "CreateCapacityProvider", {**_request(rc, given), "name": name})
    return Resource(name)


async def _update_provider(rc: ResourceContext, resource: Resource, given: Properties) -> Resource:
    await rc.call("ecs", "UpdateCapacityProvider", {**_request(rc, given), "name": resource.physical_id})
    return resource


async def _delete_provider(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("ecs", "DeleteCapacityProvider", {"capacityProvider": resource.physical_id})


async def _associate(rc: ResourceContext, given: Properties) -> Resource:
    await rc.call("ecs", "PutClusterCapacityProviders", _request(rc, given))
    return Resource(str(given["Cluster"]))


async def _reassociate(rc: ResourceContext, resource: Resource, given: Properties) -> Resource:
    return await _associate(rc, given)


async def _dissociate(rc: ResourceContext, resource: Resource) -> None:
    empty: Json = {"capacityProviders": [], "defaultCapacityProviderStrategy": []}
    await rc.call("ecs", "PutClusterCapacityProviders", {"cluster": resource.physical_id, **empty})


# -- AWS::ECS::TaskDefinition ----------------------------------------------------------------------------


async def _create_definition(rc: ResourceContext, given: Properties) -> Resource:
    request = _request(rc, given)
    request.setdefault("family", rc.physical_name(255))
    for container in request.get("containerDefinitions", ()):
        _remember(rc, container.get("image", ""))
    made = await rc.call("ecs", "RegisterTaskDefinition", request)
    arn = made["taskDefinition"]["taskDefinitionArn"]
    return Resource(arn, {"TaskDefinitionArn": arn})


def _remember(rc: ResourceContext, image: str) -> None:
    """An image asset has to be found again when the template is not at hand."""
    asset = rc.image(image)
    if asset is not None:
        source = {
            "directory": str(asset.directory),
            "dockerfile": asset.dockerfile,
            "buildArgs": dict(asset.build_args),
            "target": asset.target,
        }
        specs.remember_image(_context(rc), image, source)


async def _delete_definition(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("ecs", "DeregisterTaskDefinition", {"taskDefinition": resource.physical_id})


def _definition_problems(given: Properties) -> Iterator[tuple[str, str]]:
    for container in given.get("ContainerDefinitions") or ():
        if not isinstance(container, dict):
            continue
        driver = (container.get("LogConfiguration") or {}).get("LogDriver", "awslogs")
        if driver != "awslogs":
            yield "ContainerDefinitions.LogConfiguration.LogDriver", f"lines of the log driver {driver} go nowhere"
        for option in container.get("LogConfiguration", {}).get("Options") or ():
            if option in ("awslogs-datetime-format", "awslogs-multiline-pattern"):
                yield "ContainerDefinitions.LogConfiguration.Options", "each line is an event of its own"
        if container.get("FirelensConfiguration"):
            yield "ContainerDefinitions.FirelensConfiguration", "FireLens is not supported"
        if container.get("VolumesFrom"):
            yield "ContainerDefinitions.VolumesFrom", "give both containers a mount point of the same volume"
    for volume in given.get("Volumes") or ():
        outside = [name for name in volume if name.endswith("VolumeConfiguration") and not name.startswith("Docker")]
        if outside or (volume.get("Host") or {}).get("SourcePath"):
            yield "Volumes", "a volume is a directory of its task; what lies elsewhere is not mounted"


# -- AWS::ECS::Service -----------------------------------------------------------------------------------


async def _create_service(rc: ResourceContext, given: Properties) -> Resource:
    request = _request(rc, given) | {"serviceName": given.get("ServiceName") or rc.physical_name(255)}
    request.setdefault("desiredCount", 1)
    known = await _existing(rc, request) if rc.resumed else None
    if known is not None:
        made = await rc.call("ecs", "UpdateService", {**request, "service": known})
    else:
        made = await rc.call("ecs", "CreateService", request)
    await _steady(rc, made["service"])
    return _service(made["service"])


async def _existing(rc: ResourceContext, request: Json) -> str | None:
    asked = {"cluster": request.get("cluster"), "services": [request["serviceName"]]}
    found = (await rc.call("ecs", "DescribeServices", asked))["services"]
    return found[0]["serviceArn"] if found and found[0]["status"] == "ACTIVE" else None


async def _update_service(rc: ResourceContext, resource: Resource, given: Properties) -> Resource:
    request = _request(rc, given)
    if "DesiredCount" not in given:
        request.pop("desiredCount", None)
    for member in ("LoadBalancers", "ServiceRegistries", "CapacityProviderStrategy"):
        if member in resource.properties and member not in given:
            request[member[:1].lower() + member[1:]] = []
    made = await rc.call("ecs", "UpdateService", {**request, "service": resource.physical_id})
    await _tag(rc, resource.physical_id, request["tags"])
    await _steady(rc, made["service"])
    return _service(made["service"])


def _service(service: Json) -> Resource:
    return Resource(service["serviceArn"], {"Name": service["serviceName"], "ServiceArn": service["serviceArn"]})


async def _delete_service(rc: ResourceContext, resource: Resource) -> None:
    arn = resource.physical_id
    cluster = names.cluster_of(arn)
    await rc.call("ecs", "DeleteService", {"cluster": cluster, "service": arn, "force": True})
    while True:
        found = (await rc.call("ecs", "DescribeServices", {"cluster": cluster, "services": [arn]}))["services"]
        if not found or found[0]["status"] == "INACTIVE":
            return
        await _context(rc).signals.wait(("ecs", arn))


async def _steady(rc: ResourceContext, service: Json) -> None:
    """Waits for the end of the service's deployment. Raises Unstable where it fails."""
    arn, wanted = service["serviceArn"], service["deployments"][0]["id"]
    asked = {"cluster": names.cluster_of(arn), "services": [arn]}
    while True:
        found = (await rc.call("ecs", "DescribeServices", asked))["services"][0]
        primary = next(iter(found["deployments"]), None)
        if primary is None or primary["id"] != wanted or primary["rolloutState"] == "FAILED":
            why = "Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'."
            raise Unstable(_service(found), "GeneralServiceException", f"{why} {await _last_reason(rc, arn)}".strip())
        if primary["rolloutState"] == "COMPLETED" and found["runningCount"] == found["desiredCount"]:
            return
        breaker = found["deploymentConfiguration"]["deploymentCircuitBreaker"]
        if not breaker["enable"] and primary["failedTasks"] >= rollout.threshold(found["desiredCount"], {}):
            reason = f"The service {found['serviceName']} did not stabilize. {await _last_reason(rc, arn)}"
            raise Unstable(_service(found), "NotStabilized", reason.strip())
        await _context(rc).signals.wait(("ecs", arn))


async def _last_reason(rc: ResourceContext, arn: str) -> str:
    """Why the service's last task was stopped, and what its containers said at the end."""
    cluster = names.cluster_of(arn)
    asked = {"cluster": cluster, "serviceName": arn, "desiredStatus": "STOPPED"}
    stopped = (await rc.call("ecs", "ListTasks", asked))["taskArns"]
    if not stopped:
        return ""
    task = (await rc.call("ecs", "DescribeTasks", {"cluster": cluster, "tasks": stopped[-1:]}))["tasks"][0]
    row = store.get(_context(rc).store, store.GET_TASK, task["taskArn"]) or {}
    why = task.get("stoppedReason", "")
    details = [
        _ended(item, row.get("_said", {}).get(item["name"], ""))
        for item in task["containers"]
        if item.get("reason", "") not in ("", why) or item.get("exitCode")
    ]
    text = f"Task {names.last(task['taskArn'])}: {why}"
    if "ELB health checks" in why:
        return f"{text}. {await _unhealthy(rc, cluster, arn)}".removesuffix(". ")
    return f"{text} ({'; '.join(details)})" if details else text


async def _unhealthy(rc: ResourceContext, cluster: str, arn: str) -> str:
    """The service's last event of a target that did not pass: with the port, and what was the matter."""
    [service] = (await rc.call("ecs", "DescribeServices", {"cluster": cluster, "services": [arn]}))["services"]
    said = (event["message"] for event in service["events"])
    return next((text for text in said if " is unhealthy in " in text), "")


def _ended(container: Json, said: str) -> str:
    why = container.get("reason") or f"exit code {container['exitCode']}"
    return f"{container['name']}: {why}, after it said: {said}" if said else f"{container['name']}: {why}"


def _service_problems(given: Properties) -> Iterator[tuple[str, str]]:
    members = _members(dict(given))
    for name, value in members.items():
        try:
            service_checks.check_supported({name: value})
        except AwsError as error:
            yield name[:1].upper() + name[1:], error.message.removeprefix("Penstock does not support ")
        except (AttributeError, TypeError):  # an intrinsic whose value is not known yet
            continue
    yield from _connect_problems(given.get("ServiceConnectConfiguration"))


def _connect_problems(given: Any) -> Iterator[tuple[str, str]]:
    """What its proxies would do on AWS."""
    if not isinstance(given, dict):
        return
    for member in ("LogConfiguration", "AccessLogConfiguration"):
        if member in given:
            yield f"ServiceConnectConfiguration.{member}", "there is no proxy that would log"
    for entry in given.get("Services") or ():
        for member in ("Timeout", "IngressPortOverride"):
            if isinstance(entry, dict) and member in entry:
                text = "connections are handed to the tasks as they are, without time-outs"
                yield f"ServiceConnectConfiguration.Services.{member}", text


_DEFINITION = (
    "ContainerDefinitions Cpu EnableFaultInjection EphemeralStorage ExecutionRoleArn Family IpcMode Memory NetworkMode "
    "PidMode PlacementConstraints RequiresCompatibilities RuntimePlatform Tags TaskRoleArn Volumes"
)
_SERVICE = (
    "CapacityProviderStrategy Cluster DeploymentConfiguration DeploymentController DesiredCount EnableECSManagedTags "
    "EnableExecuteCommand HealthCheckGracePeriodSeconds LaunchType LoadBalancers NetworkConfiguration "
    "PlacementConstraints PlacementStrategies PlatformVersion PropagateTags Role SchedulingStrategy ServiceName "
    "ServiceRegistries Tags TaskDefinition AvailabilityZoneRebalancing ForceNewDeployment ServiceConnectConfiguration"
)

TABLE = (
    ResourceType(
        name="AWS::ECS::CapacityProvider",
        create=_create_provider,
        update=_update_provider,
        delete=_delete_provider,
        properties=frozenset({"AutoScalingGroupProvider", "Name", "Tags"}),
        replace_on=frozenset({"Name"}),
        inert={"AutoScalingGroupProvider": _ONE_MACHINE},
    ),
    ResourceType(
        name="AWS::ECS::Cluster",
        create=_create_cluster,
        update=_update_cluster,
        delete=_delete_cluster,
        properties=frozenset({"CapacityProviders", "ClusterName", "DefaultCapacityProviderStrategy", "Tags"})
        | {"ClusterSettings", "Configuration", "ServiceConnectDefaults"},
        replace_on=frozenset({"ClusterName"}),
        inert={
            "ClusterSettings": "metrics of Container Insights are not recorded",
            "Configuration": "ExecuteCommand and managed storage do not exist here",
        },
    ),
    ResourceType(
        name="AWS::ECS::ClusterCapacityProviderAssociations",
        create=_associate,
        update=_reassociate,
        delete=_dissociate,
        properties=frozenset({"CapacityProviders", "Cluster", "DefaultCapacityProviderStrategy"}),
        replace_on=frozenset({"Cluster"}),
    ),
    ResourceType(
        name="AWS::ECS::Service",
        create=_create_service,
        update=_update_service,
        delete=_delete_service,
        properties=frozenset(_SERVICE.split()),
        replace_on=frozenset({"Cluster", "LaunchType", "Role", "SchedulingStrategy", "ServiceName"}),
        inert={
            "AvailabilityZoneRebalancing": _ONE_MACHINE,
            "EnableExecuteCommand": "ExecuteCommand does not exist here",
            "PlacementConstraints": _ONE_MACHINE,
            "PlacementStrategies": _ONE_MACHINE,
            "PlatformVersion": _ONE_MACHINE,
        },
        problems=_service_problems,
    ),
    ResourceType(
        name="AWS::ECS::TaskDefinition",
        create=_create_definition,
        delete=_delete_definition,
        properties=frozenset(_DEFINITION.split()),
        inert={
            "ContainerDefinitions.Cpu": _UNLIMITED,
            "ContainerDefinitions.ExtraHosts": "names are resolved by the runtime and by this machine",
            "ContainerDefinitions.Hostname": _NO_BOX,
            "ContainerDefinitions.LinuxParameters": _NO_BOX,
            "ContainerDefinitions.Memory": _UNLIMITED,
            "ContainerDefinitions.MemoryReservation": _UNLIMITED,
            "ContainerDefinitions.Privileged": _NO_BOX,
            "ContainerDefinitions.ReadonlyRootFilesystem": _NO_BOX,
            "ContainerDefinitions.Ulimits": _NO_BOX,
            "ContainerDefinitions.User": _NO_BOX,
            "Cpu": _UNLIMITED,
            "EphemeralStorage": _UNLIMITED,
            "IpcMode": _NO_BOX,
            "Memory": _UNLIMITED,
            "PidMode": _NO_BOX,
            "PlacementConstraints": _ONE_MACHINE,
            "RuntimePlatform": _ONE_MACHINE,
        },
        problems=_definition_problems,
    ),
)
