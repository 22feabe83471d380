"""What load balancers and gateways add to a request for a container, and how long an order takes to its shipment.

No peer runs these without Docker, so the measure is the container itself, asked directly in the same run.
"""

import http.client
import json
import socket
import statistics
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.peers import BIN, CLEAN, Server

ORDERS = Path(__file__).parent.parent / "systems" / "orders"
PORT = 8080
# As little as a server can do: what is measured is what stands in front of it.
ECHO = f"""
import asyncio
ANSWER = b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: 2\\r\\n\\r\\n{{}}"
class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.buffer = transport, b""
    def data_received(self, data):
        self.buffer += data
        while b"\\r\\n\\r\\n" in self.buffer:
            _, _, self.buffer = self.buffer.partition(b"\\r\\n\\r\\n")
            self.transport.write(ANSWER)
async def main():
    server = await asyncio.get_running_loop().create_server(Echo, "0.0.0.0", {PORT})
    await server.serve_forever()
asyncio.run(main())
"""
ALB = "application load balancer, added p50"
REST = "REST API + VPC link + network load balancer, added p50"
SHIPMENT = "order to shipment, p50"


class Containers:
    """An echo service of one task behind both kinds of load balancer, and a REST API in front of one of them."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.ecs, self.elb = server.client("ecs"), server.client("elbv2")
        ec2 = server.client("ec2")
        self.vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnets = [
            ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"10.0.{index}.0/24", AvailabilityZone=f"us-east-1{zone}")[
                "Subnet"
            ]["SubnetId"]
            for index, zone in enumerate("ab")
        ]
        self.balancers = {kind: self._balancer(kind) for kind in ("application", "network")}
        self.address = self._service()

    def _balancer(self, kind: str) -> Any:
        scheme = "internet-facing" if kind == "application" else "internal"
        balancer = self.elb.create_load_balancer(Name=kind, Type=kind, Scheme=scheme, Subnets=self.subnets)
        protocol = "HTTP" if kind == "application" else "TCP"
        group = self.elb.create_target_group(Name=kind, Protocol=protocol, Port=PORT, VpcId=self.vpc, TargetType="ip")[
            "TargetGroups"
        ][0]["TargetGroupArn"]
        arn = balancer["LoadBalancers"][0]["LoadBalancerArn"]
        actions = [{"Type": "forward", "TargetGroupArn": group}]
        self.elb.create_listener(LoadBalancerArn=arn, Protocol=protocol, Port=PORT, DefaultActions=actions)
        return {**balancer["LoadBalancers"][0], "group": group}

    def _service(self) -> str:
        """The address of its task, once it is in both target groups."""
        container = {
            "name": "echo",
            "image": "python:3",
            "command": ["python", "-c", ECHO],
            "portMappings": [{"containerPort": PORT}],
        }
        self.ecs.create_cluster(clusterName="bench")
        self.ecs.register_task_definition(
            family="echo",
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            containerDefinitions=[container],
        )
        self.ecs.create_service(
            cluster="bench",
            serviceName="echo",
            taskDefinition="echo",
            desiredCount=1,
            launchType="FARGATE",
            networkConfiguration={"awsvpcConfiguration": {"subnets": self.subnets}},
            loadBalancers=[
                {"targetGroupArn": balancer["group"], "containerName": "echo", "containerPort": PORT}
                for balancer in self.balancers.values()
            ],
        )
        waiter = self.ecs.get_waiter("services_stable")
        waiter.wait(cluster="bench", services=["echo"], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        task = self.ecs.list_tasks(cluster="bench")["taskArns"]
        found = self.ecs.describe_tasks(cluster="bench", tasks=task)["tasks"][0]["containers"][0]
        address: str = found["networkInterfaces"][0]["privateIpv4Address"]
        return address

    def rest_api(self) -> str:
        """The path of a REST API whose {proxy+} leads to the network load balancer."""
        client = self.server.client("apigateway")
        balancer = self.balancers["network"]
        link = client.create_vpc_link(name="bench", targetArns=[balancer["LoadBalancerArn"]])["id"]
        api: str = client.create_rest_api(name="bench")["id"]
        root = client.get_resources(restApiId=api)["items"][0]["id"]
        proxy = client.create_resource(restApiId=api, parentId=root, pathPart="{proxy+}")["id"]
        path = {"method.request.path.proxy": True}
        client.put_method(
            restApiId=api, resourceId=proxy, httpMethod="ANY", authorizationType="NONE", requestParameters=path
        )
        client.put_integration(
            restApiId=api,
            resourceId=proxy,
            httpMethod="ANY",
            type="HTTP_PROXY",
            integrationHttpMethod="ANY",
            uri=f"http://{balancer['DNSName']}:{PORT}/{{proxy}}",
            connectionType="VPC_LINK",
            connectionId=link,
            requestParameters={"integration.request.path.proxy": "method.request.path.proxy"},
        )
        client.create_deployment(restApiId=api, stageName="dev")
        return f"/_aws/execute-api/{api}/dev/echo"

    def connect(self, host: str) -> http.client.HTTPConnection:
        """A connection as a member of the runtime's network has it: a container answers nobody else."""
        block = ".".join(self.address.split(".")[:2])
        return http.client.HTTPConnection(host, PORT, timeout=60, source_address=(f"{block}.254.9", 0))

    def resolve(self, name: str) -> str:
        """The address behind a name of the network, from the resolver that functions and containers ask."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.settimeout(10)
            asking.sendto(name.encode(), (f"{'.'.join(self.address.split('.')[:2])}.255.254", 47474))
            return asking.recv(4096).decode().split()[1]


def added(server: Server) -> dict[str, float]:
    """Milliseconds that each way adds to the direct one, p50 minus p50, requests in turn."""
    containers = Containers(server)
    balancer = containers.resolve(containers.balancers["application"]["DNSName"])
    ways = {
        "direct": (containers.connect(containers.address), "/"),
        ALB: (containers.connect(balancer), "/"),
        REST: (http.client.HTTPConnection("127.0.0.1", server.port, timeout=60), containers.rest_api()),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(600):
        for name, (connection, path) in ways.items():
            times[name].append(_timed(connection, path))
    medians = {name: statistics.median(values[100:]) for name, values in times.items()}
    return {name: medians[name] - medians["direct"] for name in (ALB, REST)}


def shipment(server: Server, count: int = 60) -> dict[str, float]:
    """Milliseconds from POST /order until the shipment can be read: two services, bus, queue, function, table."""
    up = [str(BIN / "penstock"), "up", "--detach", "--data", server.data, str(ORDERS)]
    subprocess.run(up, check=True, capture_output=True, env=CLEAN)
    command = [str(BIN / "penstock"), "outputs", "OrderServiceUrl", "--data", server.data]
    url = urlsplit(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip())
    name = "/orders/dev/shipment-table-name"
    table = server.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
    connection = http.client.HTTPConnection(url.hostname or "", url.port or 80, timeout=60)
    dynamodb = server.client("dynamodb")
    times = [_until_shipped(connection, dynamodb, table) for _ in range(count)]
    return {SHIPMENT: statistics.median(times[10:])}


def _until_shipped(connection: http.client.HTTPConnection, dynamodb: Any, table: str) -> float:
    start = time.perf_counter()
    connection.request("POST", "/order", json.dumps({"customerId": "bench"}), {"Content-Type": "application/json"})
    number = json.loads(connection.getresponse().read())["orderNumber"]
    while "Item" not in dynamodb.get_item(TableName=table, Key={"orderNumber": {"S": number}}, ConsistentRead=True):
        if time.perf_counter() - start > 30:
            raise RuntimeError(f"{number} was never shipped")
    return (time.perf_counter() - start) * 1000


def _timed(connection: http.client.HTTPConnection, path: str) -> float:
    """Milliseconds of one GET."""
    start = time.perf_counter()
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise RuntimeError(f"GET {path} was answered {response.status}: {body[:200]!r}")
    return (time.perf_counter() - start) * 1000
