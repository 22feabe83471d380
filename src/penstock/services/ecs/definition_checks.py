"""What a task definition may say: AWS's checks, in its order and words. Pure.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html
"""

import re
from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter

from penstock.services.ecs import sizes
from penstock.services.ecs.errors import client, unsupported
from penstock.wire.model import Json

MAX_CONTAINERS = 10
MAX_FILES = 10
MAX_IGNORED = 50
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,255}")
_ROLE = "Fargate requires task definition to have execution role ARN to support"
_ECR = re.compile(r"\d{12}\.dkr\.ecr\.[\w-]+\.amazonaws\.com(?:\.cn)?/.+")
_FARGATE_DRIVERS = ("awslogs", "splunk", "awsfirelens")
_HEALTH = {"interval": (5, 300), "timeout": (2, 120), "retries": (1, 10), "startPeriod": (0, 300)}
_RESTART_PERIOD = (60, 1800)  # seconds
_FILE = re.compile(r"arn:aws[\w-]*:s3:::[^/]+/.+\.env")
_PORT_NAME = re.compile(r"[a-z0-9_][a-z0-9_-]{0,63}")
_NO_TASK_MEMORY = (
    "Invalid setting for container '{}'. At least one of 'memory' or 'memoryReservation' must be specified."
)


def check(request: Json) -> None:
    """Raises ClientException."""
    _check_family(request["family"])
    containers = request["containerDefinitions"]
    _check_containers(containers)
    if "cpu" in request:
        sizes.cpu(request["cpu"])
    if "memory" in request:
        sizes.memory(request["memory"])
    _check_memory(request, containers)
    if "FARGATE" in request.get("requiresCompatibilities", ()):
        _check_fargate(request, containers)
    for container in containers:
        _check_ports(container, request.get("networkMode"))
        _check_mounts(container, request.get("volumes", ()))
        _check_health(container)
        _check_restart(container)
        check_files(container)
    _check_names_of_ports(containers)
    _check_dependencies(containers)


def _check_family(family: str) -> None:
    if not family:
        raise client("Family should not be null or empty.")
    if len(family) > 255:
        raise client("Family cannot be longer than 255 characters.")
    if not _NAME.fullmatch(family):
        raise client("Family contains invalid characters.")


def _check_containers(containers: list[Json]) -> None:
    if not containers:
        raise client("Container list cannot be empty.")
    if len(containers) > MAX_CONTAINERS:
        raise client(f"Container list cannot have more than {MAX_CONTAINERS} containers.")
    for container in containers:
        for member in ("name", "image"):
            if not container.get(member):
                raise client(f"Container.{member} should not be null or empty.")
        if not _NAME.fullmatch(container["name"]):
            raise client("Container.name contains invalid characters.")
    every = [container["name"] for container in containers]
    twice = next((name for name in every if every.count(name) > 1), None)
    if twice is not None:
        raise client(f"Container names should be unique within a task definition. Duplicate name: {twice}.")
    if not any(container.get("essential", True) for container in containers):
        raise client("At least one container should be essential in a task definition.")


def _check_memory(request: Json, containers: list[Json]) -> None:
    limit = sizes.memory(request["memory"]) if "memory" in request else None
    for container in containers:
        hard, soft = container.get("memory"), container.get("memoryReservation")
        if limit is None and hard is None and soft is None:
            raise client(_NO_TASK_MEMORY.format(container["name"]))
        if hard is not None and hard < 4:
            name = container["name"]
            raise client(f"Invalid setting for container '{name}'. 'memory' should not be less than 4 MB.")
        if hard is not None and soft is not None and hard <= soft:
            name = container["name"]
            raise client(
                f"Invalid setting for container '{name}'. 'memory' should be greater than 'memoryReservation'."
            )
        if limit is not None and max(hard or 0, soft or 0) > limit:
            name = container["name"]
            raise client(
                f"Invalid setting for container '{name}'. The memory of the container exceeds that of the task."
            )
    if "cpu" in request and sum(container.get("cpu", 0) for container in containers) > sizes.cpu(request["cpu"]):
        raise client("The total cpu of the containers of a task definition cannot exceed the cpu of the task.")


def _check_fargate(request: Json, containers: list[Json]) -> None:
    for member in ("cpu", "memory"):
        if member not in request:
            raise client(f"Fargate requires that '{member}' be defined at the task level.")
    cpu, memory = sizes.cpu(request["cpu"]), sizes.memory(request["memory"])
    if request.get("networkMode") != "awsvpc":
        raise client("Fargate only supports network mode ‘awsvpc’.")
    if not sizes.fits_fargate(cpu, memory):
        raise client(
            f"No Fargate configuration exists for given values: {cpu} CPU, {memory} memory. See the Amazon ECS "
            "documentation for the valid values."
        )
    pid = request.get("pidMode", "task")
    if pid != "task":
        raise client(
            f"Tasks using the Fargate launch type do not support pidMode '{pid}'. The supported value for pidMode is "
            "'task'."
        )
    if "ipcMode" in request:
        raise client("Tasks using the Fargate launch type do not support ipcMode.")
    if request.get("placementConstraints"):
        raise client("Fargate compatible task definitions do not support placement constraints.")
    storage = request.get("ephemeralStorage", {"sizeInGiB": 21})["sizeInGiB"]
    if not 21 <= storage <= 200:
        raise client("Ephemeral storage should be between 21 GiB and 200 GiB.")
    for container in containers:
        _check_fargate_container(container, "executionRoleArn" in request)


def _check_fargate_container(container: Json, has_role: bool) -> None:
    if container.get("privileged"):
        raise client("Fargate compatible task definitions do not support privileged containers.")
    if container.get("links"):
        raise client("Fargate compatible task definitions do not support links.")
    driver = container.get("logConfiguration", {}).get("logDriver")
    if driver is not None and driver not in _FARGATE_DRIVERS:
        raise client(f"Fargate compatible task definitions do not support the log driver {driver}.")
    needs = {
        "log driver awslogs": driver == "awslogs",
        "ECR images": bool(_ECR.fullmatch(container["image"])),
        "container secrets": bool(container.get("secrets")),
    }
    for what, needed in needs.items():
        if needed and not has_role:
            raise client(f"{_ROLE} {what}.")


def _check_ports(container: Json, mode: str | None) -> None:
    if mode == "awsvpc" and container.get("links"):
        raise client("Links are not supported when networkMode=awsvpc.")
    for mapping in container.get("portMappings", ()):
        port, host = mapping.get("containerPort"), mapping.get("hostPort")
        if port is None and "containerPortRange" not in mapping:
            raise client("The portMappings of a container should have a containerPort or a containerPortRange.")
        if port is not None and not 0 <= port <= 65535:
            raise client("Port should be between 0 and 65535.")
        if mode in ("awsvpc", "host") and host not in (None, 0, port):
            raise client(f"When networkMode={mode}, the host ports and container ports in port mappings must match.")


def _check_mounts(container: Json, volumes: Iterable[Json]) -> None:
    known = {volume.get("name") for volume in volumes}
    for mount in container.get("mountPoints", ()):
        if mount.get("sourceVolume") not in known:
            raise client(f"Unknown volume '{mount.get('sourceVolume')}'.")


def _check_health(container: Json) -> None:
    check = container.get("healthCheck")
    if check is None:
        return
    if not check["command"] or check["command"][0] not in ("CMD", "CMD-SHELL", "NONE"):
        raise client("The health check command should begin with CMD or CMD-SHELL.")
    for member, (least, most) in _HEALTH.items():
        if member in check and not least <= check[member] <= most:
            raise client(f"Health check {member} should be between {least} and {most}.")


def _check_restart(container: Json) -> None:
    policy = container.get("restartPolicy", {})
    if len(policy.get("ignoredExitCodes", ())) > MAX_IGNORED:
        raise client(f"Container.restartPolicy.ignoredExitCodes can have at most {MAX_IGNORED} items.")
    least, most = _RESTART_PERIOD
    if not least <= policy.get("restartAttemptPeriod", most) <= most:
        raise client(f"Container.restartPolicy.restartAttemptPeriod should be between {least} and {most}.")


def check_files(container: Json) -> None:
    """Of a container or an override. Raises ClientException."""
    files = container.get("environmentFiles", ())
    if len(files) > MAX_FILES:
        raise client(f"environmentFiles can have at most {MAX_FILES} items.")
    for file in files:
        if not _FILE.fullmatch(file["value"]):
            raise client(f"The environment file {file['value']} should be the ARN of an S3 object that ends with .env.")


def _check_names_of_ports(containers: Iterable[Json]) -> None:
    """Service Connect calls ports by their names, which are unique in a definition."""
    known: set[str] = set()
    for mapping in (mapping for container in containers for mapping in container.get("portMappings", ())):
        name = mapping.get("name")
        if name is None:
            continue
        if not _PORT_NAME.fullmatch(name):
            raise client("Port mapping name contains invalid characters.")
        if name in known:
            raise client(f"Port mapping names should be unique within a task definition. Duplicate name: {name}.")
        known.add(name)


def _check_dependencies(containers: list[Json]) -> None:
    by_name = {container["name"]: container for container in containers}
    graph: dict[str, list[str]] = {}
    for name, container in by_name.items():
        graph[name] = [item["containerName"] for item in container.get("dependsOn", ())]
        for item in container.get("dependsOn", ()):
            target = by_name.get(item["containerName"])
            if target is None:
                raise client(f"Container '{name}' depends on the unknown container '{item['containerName']}'.")
            if item["condition"] in ("COMPLETE", "SUCCESS") and target.get("essential", True):
                raise client(f"The condition {item['condition']} cannot be set for an essential container.")
            if item["condition"] == "HEALTHY" and "healthCheck" not in target:
                raise client(f"The condition HEALTHY needs a health check of container '{item['containerName']}'.")
    try:
        TopologicalSorter(graph).prepare()
    except CycleError:
        raise client("There is a circular dependency between the containers of the task definition.") from None


def check_supported(definition: Json) -> None:
    """What AWS runs and this machine does not: it can be registered. Raises UnsupportedFeatureException."""
    for container in definition["containerDefinitions"]:
        if container.get("firelensConfiguration"):
            raise unsupported("FireLens")
        if container.get("volumesFrom"):
            raise unsupported("volumesFrom: give both containers a mount point of the same volume")
        if "containerPortRange" in str(container.get("portMappings", "")):
            raise unsupported("containerPortRange: name the ports")
    for volume in definition["volumes"]:
        if volume.get("configuredAtLaunch"):
            raise unsupported(f"volumes that are configured at launch ('{volume.get('name')}')")
    if "proxyConfiguration" in definition:
        raise unsupported("proxyConfiguration")
