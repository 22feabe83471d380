"""What tests of several services share.

`error` is how an operation fails, `deploy` the test's own stack; `functions` a runtime whose Lambda functions are
Python callables, for tests of what stands before a function; `backend` a little HTTP server, for tests of what stands
before one.
"""

import contextlib
import http.server
import inspect
import json
import socket
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from penstock.base.errors import AwsError
from penstock.call import Context, Service
from penstock.services import SERVICES
from penstock.testing import TestRuntime, running

Handler = Callable[[Any], Any]
HANDLERS: dict[str, Handler] = {}
EVENTS: dict[str, list[Any]] = {}


async def invoke(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Lambda's Invoke: the callable's result, or the error it raised as a function error."""
    name = request["FunctionName"].rpartition(":")[2]
    if name not in HANDLERS:
        raise AwsError("ResourceNotFoundException", f"Function not found: {request['FunctionName']}")
    event = json.loads(request["Payload"])
    EVENTS[name].append(event)
    try:
        result = HANDLERS[name](event)
        if inspect.isawaitable(result):
            result = await result
    except Exception as error:
        failure = {"errorMessage": str(error), "errorType": type(error).__name__}
        return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": json.dumps(failure).encode()}
    payload = result if isinstance(result, bytes) else json.dumps(result).encode()
    return {"StatusCode": 200, "Payload": payload}


class Functions:
    """The runtime, and `make(handler)`: a function whose ARN it gives. `events(arn)` are those it was called with."""

    def __init__(self, runtime: TestRuntime) -> None:
        self.runtime = runtime
        self.client = runtime.client

    def make(self, handler: Handler) -> str:
        name = f"f-{uuid.uuid4().hex[:8]}"
        HANDLERS[name], EVENTS[name] = handler, []
        return f"arn:aws:lambda:us-east-1:000000000000:function:{name}"

    def events(self, arn: str) -> list[Any]:
        return EVENTS[arn.rpartition(":")[2]]

    def uri(self, arn: str) -> str:
        return f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"


@pytest.fixture(scope="session")
def functions() -> Iterator[Functions]:
    stub = Service(name="lambda", operations=(sys.modules[__name__],))
    others = tuple(service for service in SERVICES if service.name != "lambda")
    with running(services=(*others, stub)) as runtime:
        yield Functions(runtime)


class Backend(http.server.ThreadingHTTPServer):
    """Answers with what it was asked, as JSON; `/stream`, `/silent`, `/gone`, `/bytes/<n>` and `/status/<n>` otherwise.

    `/stream` sends a part, waits for `go`, and sends the rest; `left` is set when its client has gone meanwhile.
    """

    daemon_threads = True

    def __init__(self, host: str = "127.0.0.1", name: str = "") -> None:
        super().__init__((host, 0), _BackendHandler)
        self.name = name
        self.url = f"http://{host}:{self.server_port}"
        self.go, self.left, self.asked = threading.Event(), threading.Event(), threading.Event()
        self._connections: list[socket.socket] = []
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, peer = super().get_request()
        self._connections.append(connection)
        return connection, peer

    def kill(self) -> None:
        """As a process that dies: its socket and its connections end."""
        self.shutdown()
        self.server_close()
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections that somebody ends are no news."""


class _BackendHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Backend

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.set()
        _, place, *rest = [*self.path.partition("?")[0].split("/"), ""]
        special = getattr(self, f"_{place}", None)
        if special is not None:
            special(rest[0])
            return
        seen = {"method": self.command, "path": self.path, "body": body.decode("latin-1"), "server": self.server.name}
        headers = {name.lower(): self.headers[name] for name in self.headers}
        self._reply(200, json.dumps({**seen, "headers": headers}).encode())

    do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_GET

    def _reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Backend", "yes")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _status(self, status: str) -> None:
        self._reply(int(status), b'{"error": {"code": 7}}')

    def _bytes(self, count: str) -> None:
        self._reply(200, bytes(int(count)))

    def _gone(self, _: str) -> None:
        self.close_connection = True

    def _silent(self, _: str) -> None:
        """Until the client leaves: only then is there something to read."""
        if not self.rfile.read(1):
            self.server.left.set()
        self.close_connection = True

    def _stream(self, _: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self._chunk(b"data: one\n\n")
        try:
            while not self.server.go.wait(0.01):
                self._chunk(b": still here\n\n")
            self._chunk(b"data: two\n\n")
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.server.left.set()
        self.close_connection = True

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
        self.wfile.flush()

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def backend() -> Iterator[Backend]:
    made = Backend()
    yield made
    made.go.set()
    made.kill()


@pytest.fixture
def make_backend() -> Iterator[Callable[..., Backend]]:
    """`make_backend(host, name)`: further ones."""
    made: list[Backend] = []

    def make(host: str = "127.0.0.1", name: str = "") -> Backend:
        made.append(Backend(host, name))
        return made[-1]

    yield make
    for server in made:
        server.kill()


class Balanced:
    """A load balancer in the default VPC, its listener and the target group behind it."""

    def __init__(self, functions: Functions, name: str, kind: str, port: int, scheme: str) -> None:
        self.client = functions.client("elbv2")
        subnets = functions.client("ec2").describe_subnets()["Subnets"]
        vpc = subnets[0]["VpcId"]
        protocol = "HTTP" if kind == "application" else "TCP"
        [made] = self.client.create_load_balancer(
            Name=name, Type=kind, Scheme=scheme, Subnets=[subnet["SubnetId"] for subnet in subnets[:2]]
        )["LoadBalancers"]
        self.arn, self.name = made["LoadBalancerArn"], made["DNSName"]
        [group] = self.client.create_target_group(
            Name=name, Protocol=protocol, Port=80, VpcId=vpc, TargetType="ip", HealthCheckProtocol="HTTP"
        )["TargetGroups"]
        self.group = group["TargetGroupArn"]
        self.listener = self.listen(port, protocol)

    def listen(self, port: int, protocol: str) -> str:
        action = {"Type": "forward", "TargetGroupArn": self.group}
        made = self.client.create_listener(
            LoadBalancerArn=self.arn, Port=port, Protocol=protocol, DefaultActions=[action]
        )
        return str(made["Listeners"][0]["ListenerArn"])

    def register(self, *backends: Backend) -> None:
        """Until they are healthy; a new target is probed in real time."""
        targets = [{"Id": host, "Port": port} for host, port in (backend.server_address for backend in backends)]
        self.client.register_targets(TargetGroupArn=self.group, Targets=targets)
        pause, give_up = threading.Event(), time.monotonic() + 10
        while self._states() != {"healthy"}:
            assert time.monotonic() < give_up, self._states()
            pause.wait(0.01)

    def _states(self) -> set[str]:
        found = self.client.describe_target_health(TargetGroupArn=self.group)["TargetHealthDescriptions"]
        return {each["TargetHealth"]["State"] for each in found}


@pytest.fixture
def balanced(functions: Functions, unique: str) -> Callable[..., Balanced]:
    """`balanced("network", port=8080, scheme="internal")`: a load balancer with one listener."""

    def make(kind: str, port: int = 80, scheme: str = "internal") -> Balanced:
        return Balanced(functions, unique, kind, port, scheme)

    return make


@pytest.fixture(scope="session")
def error() -> Callable[..., tuple[str, str]]:
    """`error(iam.get_role, RoleName="x")` -> (code, message)."""

    def of(operation: Callable[..., Any], **request: Any) -> tuple[str, str]:
        with pytest.raises(ClientError) as caught:
            operation(**request)
        found = caught.value.response["Error"]
        return found["Code"], found["Message"]

    return of


class Deployment:
    """The test's stack: called with resources, it is created or updated; its outputs come back."""

    def __init__(self, client: Any, runtime: TestRuntime, name: str) -> None:
        self._client = client
        self._runtime = runtime
        self._name = name
        self._change = client.create_stack

    def __call__(self, resources: dict[str, Any], **outputs: Any) -> dict[str, str]:
        body = {"Resources": resources, "Outputs": {name: {"Value": value} for name, value in outputs.items()}}
        self._change(
            StackName=self._name,
            TemplateBody=json.dumps(body),
            Tags=[{"Key": "stack", "Value": self._name}],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        self._change = self._client.update_stack
        self._runtime.settle()
        [found] = self._client.describe_stacks(StackName=self._name)["Stacks"]
        assert found["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), found
        return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}

    def delete(self) -> None:
        self._client.delete_stack(StackName=self._name)
        self._runtime.settle()


@pytest.fixture
def queue(client: Callable[..., Any], unique: str) -> Callable[..., tuple[str, str]]:
    """`queue("a")`: the URL and the ARN of a queue of the test's own."""

    def make(name: str = "q", **attributes: str) -> tuple[str, str]:
        fifo = ".fifo" if "FifoQueue" in attributes else ""
        url = client("sqs").create_queue(QueueName=f"{unique}-{name}{fifo}", Attributes=attributes)["QueueUrl"]
        return url, f"arn:aws:sqs:us-east-1:000000000000:{unique}-{name}{fifo}"

    return make


@pytest.fixture
def deploy(client: Callable[..., Any], penstock: TestRuntime, unique: str) -> Deployment:
    """`deploy(resources, Name=output)`: creates the test's stack, or updates it; its outputs."""
    return Deployment(client("cloudformation"), penstock, unique)
