"""Task definitions. Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskDefinition.html"""

from penstock.call import Context
from penstock.services.ecs import names, sizes, store
from penstock.services.ecs.definition_checks import check, check_supported
from penstock.services.ecs.errors import client, failure, invalid
from penstock.services.ecs.tags import check_tags
from penstock.wire.model import Json

MAX_DELETED = 10
_DELETED, _DELETED_FOR = "DELETE_IN_PROGRESS", 60.0  # seconds
_CONTAINER: Json = {
    "cpu": 0,
    "portMappings": [],
    "essential": True,
    "environment": [],
    "mountPoints": [],
    "volumesFrom": [],
    "systemControls": [],
}
_KEPT = (
    "taskRoleArn",
    "executionRoleArn",
    "requiresCompatibilities",
    "inferenceAccelerators",
    "pidMode",
    "ipcMode",
    "ephemeralStorage",
    "proxyConfiguration",
    "runtimePlatform",
    "enableFaultInjection",
)
_MISSING = "Unable to describe task definition."


def register_task_definition(ctx: Context, request: Json) -> Json:
    check(request)
    check_tags(request.get("tags", ()))
    family, owner = request["family"], names.scope(ctx)
    row = ctx.store.one(store.NEXT_REVISION, owner, family)
    assert row is not None
    definition = _document(ctx, request, row[0])
    store.put_definition(ctx.store, owner, {**definition, "tags": request.get("tags", [])})
    return {"taskDefinition": definition, "tags": request.get("tags", [])}


def _document(ctx: Context, request: Json, revision: int) -> Json:
    mode = request.get("networkMode", "bridge")
    definition: Json = {
        "taskDefinitionArn": names.arn_of(ctx, f"task-definition/{request['family']}:{revision}"),
        "containerDefinitions": [_container(item, mode) for item in request["containerDefinitions"]],
        "family": request["family"],
        "networkMode": mode,
        "revision": revision,
        "volumes": [_volume(volume) for volume in request.get("volumes", ())],
        "status": "ACTIVE",
        "requiresAttributes": _attributes(request, mode),
        "placementConstraints": request.get("placementConstraints", []),
        "compatibilities": _compatibilities(request, mode),
        "registeredAt": ctx.clock.now(),
        "registeredBy": ctx.principal.arn,
    }
    for member, parse in (("cpu", sizes.cpu), ("memory", sizes.memory)):
        if member in request:
            definition[member] = str(parse(request[member]))
    return definition | {member: request[member] for member in _KEPT if member in request}


def _container(given: Json, mode: str) -> Json:
    mappings = [_mapping(mapping, mode) for mapping in given.get("portMappings", ())]
    return _CONTAINER | given | {"portMappings": mappings}


def _volume(given: Json) -> Json:
    """A file system is mounted at its root where nothing else is said."""
    efs = given.get("efsVolumeConfiguration")
    return given if efs is None else given | {"efsVolumeConfiguration": {"rootDirectory": "/"} | efs}


def _mapping(given: Json, mode: str) -> Json:
    if "containerPort" not in given:  # a range of them
        return {"protocol": "tcp", **given}
    host = given["containerPort"] if mode in ("awsvpc", "host") else 0
    return {**given, "hostPort": given.get("hostPort") or host, "protocol": given.get("protocol", "tcp")}


def _compatibilities(request: Json, mode: str) -> list[str]:
    """Where tasks of it could run, whatever it requires."""
    if mode != "awsvpc":
        return ["EXTERNAL", "EC2"]
    sized = "cpu" in request and "memory" in request
    if sized and sizes.fits_fargate(sizes.cpu(request["cpu"]), sizes.memory(request["memory"])):
        return ["EC2", "FARGATE"]
    return ["EC2"]


def _attributes(request: Json, mode: str) -> list[Json]:
    """What an instance would have to offer."""
    containers = request["containerDefinitions"]
    drivers = {item.get("logConfiguration", {}).get("logDriver") for item in containers} - {None}
    sources = [secret["valueFrom"] for item in containers for secret in item.get("secrets", ())]
    wanted = {f"com.amazonaws.ecs.capability.logging-driver.{driver}": True for driver in sorted(drivers)} | {
        "ecs.capability.execution-role-awslogs": "awslogs" in drivers and "executionRoleArn" in request,
        "com.amazonaws.ecs.capability.docker-remote-api.1.19": "awslogs" in drivers,
        "com.amazonaws.ecs.capability.task-iam-role": "taskRoleArn" in request,
        "com.amazonaws.ecs.capability.docker-remote-api.1.18": True,
        "ecs.capability.task-eni": mode == "awsvpc",
        "ecs.capability.container-health-check": any("healthCheck" in item for item in containers),
        "ecs.capability.container-ordering": any(item.get("dependsOn") for item in containers),
        "ecs.capability.secrets.asm.environment-variables": any(":secretsmanager:" in source for source in sources),
        "ecs.capability.secrets.ssm.environment-variables": any(":secretsmanager:" not in source for source in sources),
    }
    return [{"name": name} for name, needed in wanted.items() if needed]


def describe_task_definition(ctx: Context, request: Json) -> Json:
    found = lookup(ctx, request["taskDefinition"])
    if found is None:
        raise client(_MISSING)
    tags = found.get("tags", []) if "TAGS" in request.get("include", ()) else []
    return {"taskDefinition": store.public(found, "tags"), "tags": tags}


def list_task_definitions(ctx: Context, request: Json) -> Json:
    owner, status = names.scope(ctx), request.get("status", "ACTIVE")
    if "familyPrefix" in request:
        rows = ctx.store.all(store.FAMILY, owner, status, request["familyPrefix"])
    else:
        rows = ctx.store.all(store.DEFINITIONS, owner, status)
    if request.get("sort") == "DESC":
        rows.reverse()
    arns = [names.arn_of(ctx, f"task-definition/{family}:{revision}") for family, revision in rows]
    return names.page(request, "taskDefinitionArns", arns, str)


def list_task_definition_families(ctx: Context, request: Json) -> Json:
    prefix, status = request.get("familyPrefix", ""), request.get("status", "ALL")
    rows = ctx.store.all(store.FAMILIES, names.scope(ctx), prefix, prefix)
    wanted = [family for family, active in rows if status == "ALL" or (status == "ACTIVE") == bool(active)]
    return names.page(request, "families", wanted, str)


def deregister_task_definition(ctx: Context, request: Json) -> Json:
    """What runs of it goes on, and services may still use it."""
    if not names.ordinal(request["taskDefinition"])[1]:
        raise client("Revision is missing.")
    owner = names.scope(ctx)
    found = lookup(ctx, request["taskDefinition"])
    if found is None:
        raise client(_MISSING)
    if found["status"] == "ACTIVE":
        found.update(status="INACTIVE", deregisteredAt=ctx.clock.now())
        store.put_definition(ctx.store, owner, found)
    return {"taskDefinition": store.public(found, "tags")}


def delete_task_definitions(ctx: Context, request: Json) -> Json:
    wanted = request["taskDefinitions"]
    if not wanted:
        raise invalid("size of TaskDefinition references list must be greater than 0")
    if len(wanted) > MAX_DELETED:
        raise invalid(f"Size of TaskDefinition references list cannot exceed {MAX_DELETED}")
    deleted: list[Json] = []
    failures: list[Json] = []
    for text in wanted:
        outcome = _delete(ctx, text)
        (failures if "reason" in outcome else deleted).append(outcome)
    return {"taskDefinitions": deleted, "failures": failures}


def _delete(ctx: Context, text: str) -> Json:
    """The deleted definition, or the failure, which names it as the request does."""
    if not names.last(text).partition(":")[2].isdigit():
        why = "The specified task definition identifier is invalid. Specify a valid name or ARN and try again."
        return failure(text, why)
    owner = names.scope(ctx)
    found = lookup(ctx, text)
    if found is None:
        why = "The specified task definition does not exist. Specify a valid account, family, revision and try again."
        return failure(text, why)
    if found["status"] == "ACTIVE":
        why = "The specified task definition is still in ACTIVE status. Please deregister the target and try again."
        return failure(text, why)
    if found["status"] == "INACTIVE":
        found |= {"status": _DELETED, "deleteRequestedAt": ctx.clock.now()}
        store.put_definition(ctx.store, owner, found)
    return store.public(found, "tags")


def _is_gone(ctx: Context, definition: Json) -> bool:
    """A deleted definition is there as long as a task or a service is made of it, and a minute at least."""
    if definition["status"] != _DELETED or definition["deleteRequestedAt"] + _DELETED_FOR > ctx.clock.now():
        return False
    arn = definition["taskDefinitionArn"]
    tasks = store.documents(ctx.store, store.UNFINISHED_TASKS)
    services = store.documents(ctx.store, store.ALL_SERVICES)
    used = [deployment for service in services for deployment in service["deployments"]]
    return all(item["taskDefinitionArn"] != arn for item in tasks) and all(
        item["taskDefinition"] != arn for item in used
    )


# -- what other nouns ask ------------------------------------------------------------------------------


def lookup(ctx: Context, text: str) -> Json | None:
    """The definition of `family`, `family:revision` or an ARN; of a family, its latest active one."""
    family, revision = names.ordinal(text)
    if revision:
        found = store.get(ctx.store, store.GET_DEFINITION, names.scope(ctx), family, revision)
        return None if found is None or _is_gone(ctx, found) else found
    return store.get(ctx.store, store.LATEST_DEFINITION, names.scope(ctx), family)


def runnable(ctx: Context, text: str) -> Json:
    """The definition of which a task or service is to be made. Raises ClientException, UnsupportedFeatureException."""
    found = lookup(ctx, text)
    if found is None:
        raise client("TaskDefinition not found.")
    if found["status"] != "ACTIVE":
        raise client("TaskDefinition is inactive")
    check_supported(found)
    return found
