"""The URL shortener from outside: over its ApiUrl, by VPC link and network load balancer. Asserts on what was stored.

Everything this file needs of Penstock's pytest plugin is in the fixture `gateway`.
"""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urljoin

import pytest
import urllib3

ROOT = Path(__file__).parent.parent
STACK = "links-dev"


class Answer(NamedTuple):
    status: int
    body: Any
    headers: Any


class Gateway:
    """`app` has `outputs`, `client(service)` and `settle()`."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.http = urllib3.PoolManager(maxsize=16, retries=False)
        self.url = app.outputs[STACK]["ApiUrl"]
        self.ecs = app.client("ecs")
        resources = app.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
        self.physical = {each["ResourceType"]: each["PhysicalResourceId"] for each in resources}
        self.cluster, self.name = self.physical["AWS::ECS::Cluster"], self.physical["AWS::ECS::Service"]

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        data = json.dumps(body) if body is not None else None
        answer = self.http.request(
            method, self.url + path, body=data, headers={"Content-Type": "application/json"}, redirect=False
        )
        return Answer(answer.status, json.loads(answer.data) if answer.data else None, answer.headers)

    def running(self) -> int:
        count: int = self.ecs.describe_services(cluster=self.cluster, services=[self.name])["services"][0][
            "runningCount"
        ]
        return count

    def tasks(self) -> dict[str, str]:
        """ARN -> address of the running tasks."""
        arns = self.ecs.list_tasks(cluster=self.cluster, serviceName=self.name)["taskArns"]
        tasks = self.ecs.describe_tasks(cluster=self.cluster, tasks=arns)["tasks"] if arns else []
        interfaces = {each["taskArn"]: each["containers"][0].get("networkInterfaces") for each in tasks}
        return {arn: found[0]["privateIpv4Address"] for arn, found in interfaces.items() if found}

    def healthy(self) -> set[str]:
        """Addresses that the load balancer sends requests to."""
        group = self.physical["AWS::ElasticLoadBalancingV2::TargetGroup"]
        found = self.app.client("elbv2").describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return {each["Target"]["Id"] for each in found if each["TargetHealth"]["State"] == "healthy"}

    def clicks(self, code: str) -> int:
        table = self.app.client("ssm").get_parameter(Name="/links/dev/table-name")["Parameter"]["Value"]
        item = self.app.client("dynamodb").get_item(TableName=table, Key={"code": {"S": code}})["Item"]
        return int(item["clicks"]["N"])

    def until(self, holds: Callable[[], bool]) -> None:
        patience = time.monotonic() + 60
        while not holds():
            assert time.monotonic() < patience, "it does not come true"
            self.app.settle()


@pytest.fixture(scope="module")
def gateway(penstock: Any) -> Iterator[Gateway]:
    yield Gateway(penstock.up(ROOT))


def test_a_link_through_the_gateway(gateway: Gateway) -> None:
    created = gateway.call("POST", "links", {"url": "https://example.com/a?b=c"})
    assert created.status == 201
    code = created.body["code"]
    assert urljoin(gateway.url + "links", created.headers["Location"]) == f"{gateway.url}links/{code}"
    for _ in range(3):
        followed = gateway.call("GET", code)
        assert (followed.status, followed.headers["Location"]) == (302, "https://example.com/a?b=c")
    assert gateway.call("GET", f"links/{code}").body == {**created.body, "clicks": 3}
    assert gateway.clicks(code) == 3


def test_problems(gateway: Gateway) -> None:
    wrong = gateway.call("POST", "links", {"url": "nonsense"})
    assert (wrong.status, wrong.headers["Content-Type"]) == (400, "application/problem+json")
    assert [error["field"] for error in wrong.body["errors"]] == ["url"]
    assert gateway.call("GET", "links/none").status == 404
    taken = {"url": "https://example.com", "code": "taken"}
    assert [gateway.call("POST", "links", taken).status for _ in range(2)] == [201, 409]


def test_only_the_gateway_is_public(gateway: Gateway) -> None:
    for address in gateway.tasks().values():
        with pytest.raises(urllib3.exceptions.HTTPError):
            urllib3.request("GET", f"http://{address}:8080/health", retries=False, timeout=3)


def test_the_example_runs(gateway: Gateway) -> None:
    env = {**os.environ, "API_URL": gateway.url}
    done = subprocess.run([str(ROOT / "examples" / "links.sh")], env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("302 https://example.com/a/long/way") == 2
    assert '"clicks":2' in done.stdout.splitlines()[-1]


class Load:
    """Follows one link again and again, from eight threads, until it has been `enough`."""

    def __init__(self, gateway: Gateway, code: str, threads: int = 8) -> None:
        self.gateway, self.code, self.threads = gateway, code, threads
        self.enough = threading.Event()
        self.came: list[tuple[float, object]] = []  # when it was sent, and what came of it: a status or an error

    def follow(self, _: int) -> None:
        while not self.enough.is_set():
            sent = time.monotonic()
            try:
                status: object = self.gateway.call("GET", self.code).status
            except urllib3.exceptions.HTTPError as error:
                status = error
            self.came.append((sent, status))

    @property
    def lost(self) -> list[tuple[float, object]]:
        return [each for each in self.came if each[1] != 302]

    def __enter__(self) -> "Load":
        self.pool = ThreadPoolExecutor(self.threads)
        self.work = self.pool.map(self.follow, range(self.threads))
        return self

    def __exit__(self, *_: object) -> None:
        self.enough.set()
        list(self.work)
        self.pool.shutdown()


def kill(address: str) -> None:
    """kill -9 of the container at this address, as when its machine fails."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment, command = (process / "environ").read_bytes(), (process / "cmdline").read_bytes()
        except OSError:
            continue
        if f" {address}\0".encode() in environment and command.endswith(b"-m\0service\0"):
            os.kill(int(process.name), signal.SIGKILL)
            return
    raise AssertionError(f"no process of the container at {address}")


def test_a_task_that_dies_takes_with_it_what_it_had_in_hand_and_no_more(gateway: Gateway) -> None:
    code = gateway.call("POST", "links", {"url": "https://example.com"}).body["code"]
    gateway.until(lambda: len(gateway.healthy()) == 2)
    before = gateway.tasks()
    (victim, address), *_ = before.items()
    with Load(gateway, code) as load:
        gateway.until(lambda: len(load.came) > 300)
        killed = time.monotonic()
        kill(address)
        gateway.until(lambda: victim not in gateway.tasks())
        gateway.until(lambda: gateway.running() == 2 and len(gateway.healthy()) == 2)
        so_far = len(load.came)
        gateway.until(lambda: len(load.came) > so_far + 300)
    assert [lost for lost in load.lost if lost[0] > killed] == []
    assert len(load.lost) <= load.threads
    followed = len(load.came) - len(load.lost)
    # What the dead task had in hand may have been counted and not answered, or answered by the other task.
    assert followed <= gateway.clicks(code) <= followed + load.threads
    assert len(gateway.tasks()) == 2
