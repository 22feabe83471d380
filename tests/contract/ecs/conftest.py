"""A cluster of its own, tasks that are real Python processes, and what tests ask of them again and again."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from penstock.testing import TestRuntime

HTTP = (
    "import http.server, os\n"
    "class H(http.server.BaseHTTPRequestHandler):\n"
    "    def do_GET(self):\n"
    "        body = os.environ.get('BODY', 'ok').encode()\n"
    "        self.send_response(200); self.send_header('Content-Length', str(len(body))); self.end_headers()\n"
    "        self.wfile.write(body)\n"
    "    def log_message(self, *args): pass\n"
    "http.server.ThreadingHTTPServer(('0.0.0.0', 8080), H).serve_forever()\n"
)
SLEEP = "import signal, sys; signal.signal(15, lambda *a: sys.exit(0)); print('up', flush=True); signal.pause()"


class Ecs:
    """The client with shorthands; its cluster is the test's own."""

    def __init__(self, penstock: TestRuntime, client: Callable[..., Any], name: str) -> None:
        self.penstock = penstock
        self.client = client("ecs")
        self.ec2 = client("ec2")
        self.name = name
        self.cluster_arn = self.client.create_cluster(clusterName=name)["cluster"]["clusterArn"]
        self._vpc = ""
        self._subnets: list[str] = []

    @property
    def subnets(self) -> list[str]:
        if not self._subnets:
            vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
            made = [
                self.ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{zone}")
                for n, zone in enumerate("ab")
            ]
            self._subnets = [each["Subnet"]["SubnetId"] for each in made]
            self._vpc = vpc
        return self._subnets

    @property
    def vpc(self) -> str:
        """That of the subnets."""
        return self._vpc if self.subnets else ""

    @property
    def network(self) -> dict[str, Any]:
        return {"networkConfiguration": {"awsvpcConfiguration": {"subnets": self.subnets}}}

    def define(self, script: str = SLEEP, port: int = 0, fargate: bool = True, **members: Any) -> str:
        """Registers a definition with one container `app`; members go to the container, or by `task_` to the task."""
        task = {key.removeprefix("task_"): members.pop(key) for key in list(members) if key.startswith("task_")}
        container = {"name": "app", "image": "python:3", "entryPoint": ["python3", "-c", script], **members}
        if port:
            container["portMappings"] = [{"containerPort": port}]
        if fargate:
            sizes = {"cpu": "256", "memory": "512", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"]}
            task = sizes | task
        else:
            container.setdefault("memory", 128)
        made = self.client.register_task_definition(
            **({"family": self.name, "containerDefinitions": [container]} | task)
        )
        return made["taskDefinition"]["taskDefinitionArn"]

    def run(self, definition: str, **members: Any) -> dict[str, Any]:
        """One Fargate task."""
        given = {"launchType": "FARGATE", **self.network, **members}
        return self.client.run_task(cluster=self.name, taskDefinition=definition, **given)["tasks"][0]

    def task(self, task: str) -> dict[str, Any]:
        return self.client.describe_tasks(cluster=self.name, tasks=[task], include=["TAGS"])["tasks"][0]

    def until(self, task: str, status: str) -> dict[str, Any]:
        """The task when its last status is `status`."""
        return self._when(("ecs", task), lambda: self.task(task), lambda found: found["lastStatus"] == status)

    def service(self, name: str = "web") -> dict[str, Any]:
        return self.client.describe_services(cluster=self.name, services=[name], include=["TAGS"])["services"][0]

    def service_when(self, holds: Callable[[dict[str, Any]], bool], name: str = "web") -> dict[str, Any]:
        arn = self.cluster_arn.replace(":cluster/", ":service/") + f"/{name}"
        return self._when(("ecs", arn), lambda: self.service(name), holds)

    def steady(self, name: str = "web") -> dict[str, Any]:
        """The service when its deployment is done."""
        return self.service_when(
            lambda found: (
                len(found["deployments"]) == 1
                and found["deployments"][0]["rolloutState"] == "COMPLETED"
                and found["runningCount"] == found["desiredCount"]
            ),
            name,
        )

    def _when(self, key: tuple[str, str], look: Callable[[], Any], holds: Callable[[Any], bool]) -> Any:
        """What `look` sees as soon as it holds; it looks again whenever the runtime says that something changed."""
        for _ in range(500):
            waiting = self.penstock.run(self._listen(key))
            found = look()
            if holds(found):
                return found
            assert self.penstock.run(_heard(waiting)), f"nothing more happens: {found}"
        raise AssertionError(f"it never holds: {found}")

    async def _listen(self, key: tuple[str, str]) -> asyncio.Task[bool]:
        """Waits from now on."""
        waiting = asyncio.ensure_future(self.penstock.runtime.kernel.signals.wait(key))
        await asyncio.sleep(0)
        return waiting

    def create(self, definition: str, count: int = 1, name: str = "web", **members: Any) -> dict[str, Any]:
        given = {"launchType": "FARGATE", **self.network, **members}
        return self.client.create_service(
            cluster=self.name, serviceName=name, taskDefinition=definition, desiredCount=count, **given
        )["service"]

    def tasks(self, name: str = "web", status: str = "RUNNING") -> list[dict[str, Any]]:
        arns = self.client.list_tasks(cluster=self.name, serviceName=name, desiredStatus=status)["taskArns"]
        return self.client.describe_tasks(cluster=self.name, tasks=arns)["tasks"] if arns else []

    def messages(self, name: str = "web") -> list[str]:
        """The service's events, the first one first."""
        return [event["message"] for event in reversed(self.service(name)["events"])]

    def remove(self) -> None:
        for arn in self.client.list_services(cluster=self.name)["serviceArns"]:
            self.client.delete_service(cluster=self.name, service=arn, force=True)
        for arn in self.client.list_tasks(cluster=self.name)["taskArns"]:
            self.client.stop_task(cluster=self.name, task=arn)


async def _heard(waiting: asyncio.Task[bool]) -> bool:
    done, _ = await asyncio.wait([waiting], timeout=60)
    return bool(done)


@pytest.fixture
def ecs(penstock: TestRuntime, client: Callable[..., Any], unique: str) -> Iterator[Ecs]:
    made = Ecs(penstock, client, unique)
    yield made
    made.remove()


@pytest.fixture
def refused() -> Callable[..., tuple[str, str]]:
    """`refused(operation, **members)`: code and message of the error that it is answered with."""

    def call(operation: Callable[..., Any], **members: Any) -> tuple[str, str]:
        with pytest.raises(ClientError) as error:
            operation(**members)
        found = error.value.response["Error"]
        return found["Code"], found["Message"]

    return call
