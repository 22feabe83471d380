"""From a task's row and its definition to what the containers are told. Reads secrets, makes log streams.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
"""

from dataclasses import dataclass
from pathlib import Path

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.compute.containers.model import (
    Condition,
    ContainerSpec,
    HealthCheck,
    ImageSource,
    Mount,
    RestartPolicy,
    TaskSpec,
)
from penstock.compute.log_delivery import make_group, make_stream
from penstock.services.ecs import names
from penstock.services.ecs.engine import Engine
from penstock.services.ecs.running import environment_files, network, secrets
from penstock.services.ecs.running.secrets import Unavailable
from penstock.services.ecs.store import DOCUMENTS
from penstock.wire.model import Json

_HEALTH_TIMES = {"interval": "interval", "timeout": "timeout", "retries": "retries", "startPeriod": "start_period"}
_STOP, _START, _RAN = 30.0, 180.0, 300.0
_ELSEWHERE = ("efsVolumeConfiguration", "fsxWindowsFileServerVolumeConfiguration", "s3filesVolumeConfiguration")


@dataclass(frozen=True, slots=True)
class Log:
    """Where a container's lines go."""

    group: str
    stream: str
    writer: Context


def executor(engine: Engine, ctx: Context, task: Json, definition: Json) -> Context:
    """Who reads secrets and writes logs for the task: its execution role, else ECS itself."""
    role = task["overrides"].get("executionRoleArn") or definition.get("executionRoleArn")
    return ctx.at(principal=engine.sessions.principal(role, names.last(task["taskArn"]))) if role else ctx


async def spec(engine: Engine, ctx: Context, task: Json, definition: Json) -> TaskSpec:
    """Raises secrets.Unavailable."""
    _check_volumes(definition)
    overrides, reader = task["overrides"], executor(engine, ctx, task, definition)
    containers = []
    for own in definition["containerDefinitions"]:
        override = next(item for item in overrides["containerOverrides"] if item["name"] == own["name"])
        values = await secrets.resolve(reader, own)
        from_files = await environment_files.read(reader, _files(own, override))
        containers.append(_container(ctx, own, override, values, from_files))
    return TaskSpec(arn=task["taskArn"], address=network.address_of(task), containers=tuple(containers))


def _files(own: Json, override: Json) -> list[Json]:
    files: list[Json] = override.get("environmentFiles") or own.get("environmentFiles", [])
    return files


def _container(
    ctx: Context, own: Json, override: Json, values: dict[str, str], from_files: dict[str, str]
) -> ContainerSpec:
    given = {item["name"]: item["value"] for item in (*own["environment"], *override.get("environment", ()))}
    environment, command = from_files | given, override.get("command") or own.get("command") or ()
    return ContainerSpec(
        name=own["name"],
        image=image(ctx, own["image"]),
        entry_point=tuple(own["entryPoint"]) if own.get("entryPoint") else None,
        command=tuple(command) or None,
        working_directory=own.get("workingDirectory", ""),
        environment=environment,
        secrets={name: value for name, value in values.items() if name not in environment},
        essential=own["essential"],
        depends_on=tuple((item["containerName"], Condition(item["condition"])) for item in own.get("dependsOn", ())),
        health_check=_health(own.get("healthCheck")),
        mounts=tuple(Mount(item["sourceVolume"], item["containerPath"]) for item in _mounts(own)),
        start_timeout=float(own.get("startTimeout", _START)),
        stop_timeout=float(own.get("stopTimeout", _STOP)),
        restart=_restart(own.get("restartPolicy", {})),
    )


def _restart(given: Json) -> RestartPolicy | None:
    if not given.get("enabled"):
        return None
    return RestartPolicy(frozenset(given.get("ignoredExitCodes", ())), float(given.get("restartAttemptPeriod", _RAN)))


def _check_volumes(definition: Json) -> None:
    """A volume is a directory of the task; what lies elsewhere is not there."""
    for volume in definition["volumes"]:
        outside = [kind for kind in _ELSEWHERE if volume.get(kind)]
        if outside or volume.get("host", {}).get("sourcePath"):
            what = outside[0] if outside else "host.sourcePath"
            raise Unavailable(f"ResourceInitializationError: Penstock does not mount {what} (volume {volume['name']})")


def _mounts(own: Json) -> list[Json]:
    mounts: list[Json] = [item for item in own["mountPoints"] if "containerPath" in item]
    return mounts


def _health(given: Json | None) -> HealthCheck | None:
    if given is None or given["command"] == ["NONE"]:
        return None
    times = {member: given[name] for name, member in _HEALTH_TIMES.items() if name in given}
    return HealthCheck(command=tuple(given["command"]), **times)


# -- images: a template's image assets, remembered beyond its deployment --------------------------------


def image(ctx: Context, name: str) -> ImageSource:
    """What stands behind an image's name: its build context, where an app's template came with one."""
    known = DOCUMENTS.get(ctx.store, "", "image", name)
    if known is None:
        return ImageSource(name=name)
    return ImageSource(
        name=name,
        directory=Path(known["directory"]),
        dockerfile=known["dockerfile"],
        build_args=known["buildArgs"],
        target=known["target"],
    )


def remember_image(ctx: Context, name: str, source: Json) -> None:
    """`source`: directory, dockerfile, buildArgs, target."""
    DOCUMENTS.put(ctx.store, "", "image", name, source)


# -- logs ----------------------------------------------------------------------------------------------


def logs(engine: Engine, ctx: Context, task: Json, definition: Json) -> dict[str, Log]:
    """The log streams of the containers that have one, made if need be. Raises secrets.Unavailable."""
    found, ctx = {}, executor(engine, ctx, task, definition)
    for own in definition["containerDefinitions"]:
        configuration = own.get("logConfiguration", {})
        driver = configuration.get("logDriver", "")
        if driver == "awslogs":
            found[own["name"]] = _stream(ctx, task, own["name"], configuration.get("options", {}))
        elif driver:
            engine.host.say(
                f"{definition['family']}/{own['name']}: there is no log driver {driver} here, its lines are lost"
            )
    return found


def stream_name(task: Json, container: str, options: Json) -> str:
    prefix, id = options.get("awslogs-stream-prefix"), names.last(task["taskArn"])
    return f"{prefix}/{container}/{id}" if prefix else f"{container}/{id}"


def _stream(ctx: Context, task: Json, container: str, options: Json) -> Log:
    group, where = options.get("awslogs-group", ""), ctx.at(region=options.get("awslogs-region") or ctx.region)
    log = Log(group, stream_name(task, container, options), where)
    try:
        if options.get("awslogs-create-group", "").lower() == "true":
            make_group(where, group)
        make_stream(where, group, log.stream)
    except AwsError as error:
        raise Unavailable(
            "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
            f"failed to create Cloudwatch log stream: {error.code}: {error.message} : exit status 1"
        ) from error
    return log
