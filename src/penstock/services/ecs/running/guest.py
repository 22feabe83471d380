"""What ECS puts into a container beside its own variables, and what it answers there: credentials and metadata.

The URIs in the variables hold a secret of the container, so that no other can ask for its credentials.
Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate.html
"""

from collections.abc import Iterable
from datetime import UTC, datetime

import orjson

from penstock.base import ids
from penstock.compute.containers.model import ContainerStatus
from penstock.compute.functions.environ import SEALED
from penstock.services.ecs import names
from penstock.services.ecs.engine import Engine
from penstock.services.ecs.running import network, specs
from penstock.services.ecs.running.stats import Stats
from penstock.web.http import Reply
from penstock.web.site import Place
from penstock.wire.message import Request, Response
from penstock.wire.model import Json

LABEL = "ecs"
_CREDENTIALS_LIVE = 6 * 3600.0


class Guest:
    """One task's containers as guests of the runtime."""

    def __init__(self, engine: Engine, task: Json, definition: Json) -> None:
        self._engine = engine
        self._arn: str = task["taskArn"]
        self._definition = definition
        self._role = task["overrides"].get("taskRoleArn") or definition.get("taskRoleArn", "")
        self._session = names.last(self._arn)
        self._secrets = {own["name"]: ids.token() for own in definition["containerDefinitions"]}
        self._stats = {name: Stats() for name in self._secrets}
        for name, secret in self._secrets.items():
            engine.doors[secret] = (self._arn, name)

    def close(self) -> None:
        for secret in self._secrets.values():
            self._engine.doors.pop(secret, None)
        if self._role:
            self._engine.sessions.forget(self._role, self._session)

    # -- variables -------------------------------------------------------------------------------------

    def environment(self, task: Json, container: str) -> dict[str, str]:
        endpoint, region = self._engine.kernel.config.endpoint, self._engine.context(self._arn).region
        door = f"{endpoint}/_aws/{LABEL}/{self._secrets[container]}"
        launch = "FARGATE" if task.get("launchType") == "FARGATE" else "EC2"
        variables = {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_EXECUTION_ENV": f"AWS_ECS_{launch}",
            "ECS_CONTAINER_METADATA_URI": f"{door}/v3",
            "ECS_CONTAINER_METADATA_URI_V4": f"{door}/v4",
            **SEALED,
        }
        if self._role:
            variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = f"{door}/credentials"
        address = network.address_of(task)
        private = self._definition["networkMode"] == "awsvpc" and not task.get("_public")
        return self._engine.network.guest(variables, address, "task" if private else "public-task")

    # -- answers ---------------------------------------------------------------------------------------

    def metadata(self, task: Json, statuses: Iterable[ContainerStatus], container: str, what: str) -> Json | None:
        """What stands behind a path of the container; None for a path that there is not."""
        if what == "/credentials":
            return self._credentials() if self._role else None
        known = {status.name: status for status in statuses}
        version, _, rest = what.removeprefix("/").partition("/")
        if version not in ("v3", "v4"):
            return None
        if rest == "stats":
            return self._measured(task, known[container])
        if rest == "task/stats":
            return {status.runtime_id: self._measured(task, status) for status in known.values()}
        if rest in ("task", "taskWithTags"):
            return self._task(task, known, tags=rest == "taskWithTags")
        return self._container(task, known[container]) if rest == "" else None

    def _measured(self, task: Json, status: ContainerStatus) -> Json:
        limit = int(task["memory"]) << 20 if "memory" in task else None
        return self._stats[status.name].answer(status, self._engine.kernel.clock.now(), limit)

    def _credentials(self) -> Json:
        """The form of https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html"""
        found = self._engine.sessions.credentials(self._role, self._session)
        real_now = self._engine.kernel.clock.now() - self._engine.kernel.clock.offset
        return {
            "RoleArn": self._role,
            "AccessKeyId": found.access_key_id,
            "SecretAccessKey": found.secret_access_key,
            "Token": found.session_token,
            "Expiration": _time(real_now + _CREDENTIALS_LIVE),
        }

    def _task(self, task: Json, known: dict[str, ContainerStatus], *, tags: bool) -> Json:
        document = {
            "Cluster": task["clusterArn"],
            "TaskARN": task["taskArn"],
            "Family": self._definition["family"],
            "Revision": str(self._definition["revision"]),
            "ServiceName": names.last(task["_service"]) or None,
            "DesiredStatus": task["desiredStatus"],
            "KnownStatus": task["lastStatus"],
            "Limits": self._limits(task),
            "PullStartedAt": _time(task.get("pullStartedAt")),
            "PullStoppedAt": _time(task.get("pullStoppedAt")),
            "AvailabilityZone": task["availabilityZone"],
            "LaunchType": task["launchType"],
            "Containers": [self._container(task, status) for status in known.values()],
            "TaskTags": {tag["key"]: tag["value"] for tag in task["tags"]} if tags else None,
        }
        return {name: value for name, value in document.items() if value is not None}

    def _limits(self, task: Json) -> Json | None:
        found: Json = {}
        if "cpu" in task:
            found["CPU"] = int(task["cpu"]) / 1024
        if "memory" in task:
            found["Memory"] = int(task["memory"])
        return found or None

    def _container(self, task: Json, status: ContainerStatus) -> Json:
        shown = next(item for item in task["containers"] if item["name"] == status.name)
        own = next(item for item in self._definition["containerDefinitions"] if item["name"] == status.name)
        document = {
            "DockerId": status.runtime_id,
            "Name": status.name,
            "DockerName": status.name,
            "Image": shown["image"],
            "ImageID": status.image_digest,
            "Labels": self._labels(task, status.name) | own.get("dockerLabels", {}),
            "DesiredStatus": task["desiredStatus"],
            "KnownStatus": str(status.state),
            "ExitCode": status.exit_code,
            "RestartCount": status.restarts if own.get("restartPolicy", {}).get("enabled") else None,
            "Limits": {"CPU": int(shown["cpu"])} | ({"Memory": int(shown["memory"])} if "memory" in shown else {}),
            "CreatedAt": _time(status.created_at),
            "StartedAt": _time(status.started_at),
            "FinishedAt": _time(status.finished_at),
            "Type": "NORMAL",
            "LogDriver": own.get("logConfiguration", {}).get("logDriver"),
            "LogOptions": _log_options(task, own),
            "ContainerARN": shown["containerArn"],
            "Health": _health(status) if own.get("healthCheck") else None,
            "Ports": _ports(shown) or None,
            "Networks": [self._network(task)],
        }
        return {name: value for name, value in document.items() if value is not None}

    def _labels(self, task: Json, container: str) -> dict[str, str]:
        prefix = "com.amazonaws.ecs"
        return {
            f"{prefix}.cluster": task["clusterArn"],
            f"{prefix}.container-name": container,
            f"{prefix}.task-arn": task["taskArn"],
            f"{prefix}.task-definition-family": self._definition["family"],
            f"{prefix}.task-definition-version": str(self._definition["revision"]),
        }

    def _network(self, task: Json) -> Json:
        address, gateway = network.address_of(task), self._engine.network.gateway
        found: Json = {"NetworkMode": self._definition["networkMode"], "IPv4Addresses": [address] if address else []}
        details = {item["name"]: item["value"] for attached in task["attachments"] for item in attached["details"]}
        if details:
            block = ".".join(gateway.split(".")[:2])
            found |= {"AttachmentIndex": 0, "MACAddress": details.get("macAddress", "")}
            found |= {"IPv4SubnetCIDRBlock": f"{block}.0.0/16", "SubnetGatewayIpv4Address": f"{gateway}/16"}
            found |= {"PrivateDNSName": details.get("privateDnsName", ""), "DomainNameServers": []}
        return found


def _log_options(task: Json, own: Json) -> Json | None:
    configuration = own.get("logConfiguration", {})
    options: Json | None = configuration.get("options")
    if configuration.get("logDriver") != "awslogs" or options is None:
        return options
    return options | {"awslogs-stream": specs.stream_name(task, own["name"], options)}


def _health(status: ContainerStatus) -> Json:
    found = {"status": str(status.health), "statusSince": _time(status.health_since), "output": status.health_output}
    return {name: value for name, value in found.items() if value}


def _ports(shown: Json) -> list[Json]:
    """Those of the host, where a container is in bridge mode."""
    return [
        {"ContainerPort": item["containerPort"], "HostPort": item["hostPort"], "Protocol": item["protocol"]}
        for item in shown["networkBindings"]
    ]


def _time(at: float | None) -> str | None:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z") if at is not None else None


def place(engine: Engine) -> Place:
    """`/_aws/ecs/<secret>/...`: answers the container whose secret it is."""

    def answer(request: Request, reply: Reply, secret: str, path: str) -> bool:
        door = engine.doors.get(secret)
        live = engine.live.get(door[0]) if door else None
        if door is None or live is None:
            return False
        found = live.metadata(door[1], path.rstrip("/"))
        status = 404 if found is None else 200
        body = orjson.dumps(found if found is not None else {"message": "not found"})
        reply(Response(status, [("Content-Type", "application/json")], body))
        return True

    return answer
