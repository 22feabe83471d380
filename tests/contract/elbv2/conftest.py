"""`elb`: a client with what every test needs: the default VPC's subnets, load balancers and servers behind them."""

import contextlib
import http.client
import http.server
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.config import Config


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def cookies(self) -> dict[str, str]:
        return dict(
            value.split(";")[0].split("=", 1) for value in self.headers.get_all("Set-Cookie") or () if "=" in value
        )


def call(
    address: str,
    path: str = "/",
    method: str = "GET",
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
    source: str = "127.0.0.1",
) -> Answer:
    """One request on a connection of its own. `address` is host:port."""
    connection = http.client.HTTPConnection(address, timeout=10, source_address=(source, 0))
    with contextlib.closing(connection):
        connection.request(method, path, body=body, headers=headers or {})
        return Answer(connection.getresponse())


class Server(http.server.ThreadingHTTPServer):
    """A little server of a test's own: `answer(handler)` says what it does; `seen` are the requests it had."""

    daemon_threads = True

    def __init__(self, answer: Callable[[Any], None]) -> None:
        self.answer = answer
        self.seen: list[Any] = []
        self.open: list[socket.socket] = []
        super().__init__(("127.0.0.1", 0), Handler)
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections that a load balancer ends are no news."""

    def process_request(self, request: Any, client_address: Any) -> None:
        self.open.append(request)
        super().process_request(request, client_address)

    def end(self) -> None:
        """As when a process dies: its connections end with it."""
        self.shutdown()
        self.server_close()
        for connection in self.open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def handle_one(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        self.body = self.rfile.read(length)
        if "HealthChecker" not in self.headers.get("User-Agent", ""):
            self.server.seen.append(self)
        self.server.answer(self)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_OPTIONS = handle_one

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def say(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def until(done: Callable[[], bool], seconds: float = 10.0) -> None:
    """Polls what happens in real time: a process, a socket."""
    give_up = time.monotonic() + seconds
    pause = threading.Event()
    while not done():
        assert time.monotonic() < give_up, "it did not happen"
        pause.wait(0.01)


def fixed(status: int, body: str = "", kind: str = "text/plain") -> Any:
    config = {"StatusCode": str(status), "MessageBody": body, "ContentType": kind}
    return {"Type": "fixed-response", "FixedResponseConfig": config}


def forward(*groups: Any, **stickiness: Any) -> Any:
    """To a target group, or to several by weight: `("arn", weight)`."""
    if len(groups) == 1 and isinstance(groups[0], str):
        return {"Type": "forward", "TargetGroupArn": groups[0]}
    tuples = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in groups]
    config: Any = {"TargetGroups": tuples}
    return {
        "Type": "forward",
        "ForwardConfig": config | ({"TargetGroupStickinessConfig": stickiness} if stickiness else {}),
    }


class Elb:
    call = staticmethod(call)
    fixed = staticmethod(fixed)
    forward = staticmethod(forward)
    until = staticmethod(until)

    def __init__(self, runtime: Any, client: Any, name: str) -> None:
        self.runtime = runtime
        self.client = client
        self.name = name
        self.servers: list[Server] = []
        self.balancers: list[str] = []
        self._made = 0
        subnets = runtime.client("ec2").describe_subnets()["Subnets"]
        self.vpc = subnets[0]["VpcId"]
        self.subnets = [subnet["SubnetId"] for subnet in subnets if subnet["VpcId"] == self.vpc][:2]

    def _name(self, kind: str) -> str:
        self._made += 1
        return f"{self.name}-{kind}{self._made}"

    def balancer(self, kind: str = "application", **more: Any) -> Any:
        settings = {"Name": self._name("lb"), "Subnets": self.subnets, "Type": kind, **more}
        made = self.client.create_load_balancer(**settings)["LoadBalancers"][0]
        self.balancers.append(made["LoadBalancerArn"])
        return made

    def group(
        self, protocol: str = "HTTP", kind: str = "ip", attributes: dict[str, str] | None = None, **more: Any
    ) -> str:
        settings = {"Name": self._name("tg"), "TargetType": kind, **more}
        if kind != "lambda":
            settings = {"Protocol": protocol, "Port": 80, "VpcId": self.vpc, **settings}
        arn = self.client.create_target_group(**settings)["TargetGroups"][0]["TargetGroupArn"]
        if attributes:
            pairs = [{"Key": key, "Value": value} for key, value in attributes.items()]
            self.client.modify_target_group_attributes(TargetGroupArn=arn, Attributes=pairs)
        return str(arn)

    def listener(self, balancer: Any, *actions: Any, port: int = 80, protocol: str = "HTTP", **more: Any) -> str:
        found = self.client.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"],
            Port=port,
            Protocol=protocol,
            DefaultActions=list(actions) or [fixed(404)],
            **more,
        )
        return str(found["Listeners"][0]["ListenerArn"])

    def server(self, answer: Callable[[Any], None] | str) -> Server:
        text = answer
        server = Server((lambda handler: handler.say(text.encode())) if isinstance(text, str) else text)
        self.servers.append(server)
        return server

    def register(self, group: str, *servers: Server | int, healthy: bool = True) -> None:
        ports = [server if isinstance(server, int) else server.port for server in servers]
        targets = [{"Id": "127.0.0.1", "Port": port} for port in ports]
        self.client.register_targets(TargetGroupArn=group, Targets=targets)
        if healthy:
            self.wait(group, {"healthy"})

    def deregister(self, group: str, server: Server) -> None:
        self.client.deregister_targets(TargetGroupArn=group, Targets=[{"Id": "127.0.0.1", "Port": server.port}])

    def health(self, group: str, **more: Any) -> dict[int, str]:
        found = self.client.describe_target_health(TargetGroupArn=group, **more)["TargetHealthDescriptions"]
        return {each["Target"].get("Port", 0): each["TargetHealth"]["State"] for each in found}

    def wait(self, group: str, states: set[str]) -> None:
        """Until all targets are in one of `states`; first checks are made in real time."""
        until(lambda: set(self.health(group).values()) <= states)

    def address(self, balancer: Any, port: int = 80) -> str:
        """host:port where a listener really is."""
        network = self.runtime.runtime.network
        [host] = network.resolve(balancer["DNSName"])
        return f"{host}:{network.port(host, port)}"

    def end(self) -> None:
        off = [{"Key": "deletion_protection.enabled", "Value": "false"}]
        for arn in self.balancers:
            with contextlib.suppress(self.client.exceptions.LoadBalancerNotFoundException):
                self.client.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=off)
            self.client.delete_load_balancer(LoadBalancerArn=arn)
        for server in self.servers:
            server.end()


@pytest.fixture
def make_elb() -> Iterator[Callable[..., Elb]]:
    """`make_elb(runtime, name)`; unless `owned`, somebody else ends it."""
    made: list[Elb] = []

    def make(runtime: Any, name: str, owned: bool = True) -> Elb:
        raw = Config(retries={"total_max_attempts": 1}, parameter_validation=False, read_timeout=60)
        found = Elb(runtime, runtime.client("elbv2", config=raw), name[:14])
        if owned:
            made.append(found)
        return found

    yield make
    for found in made:
        found.end()


@pytest.fixture
def elb(penstock: Any, unique: str, make_elb: Callable[..., Elb]) -> Elb:
    return make_elb(penstock, unique)
