"""The checkout: HTTP API -> Lambda -> EventBridge -> SQS -> Lambda -> DynamoDB, provisioned with plain boto3."""

import http.client
import io
import json
import statistics
import time
import uuid
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from bench.peers import Server

ROLE = "arn:aws:iam::000000000000:role/bench"

CHECKOUT = """
import json, os, boto3
events = boto3.client("events")

def handler(event, context):
    order = json.loads(event["body"])
    entry = {"Source": "shop", "DetailType": "CheckoutBasket", "Detail": json.dumps(order), "EventBusName": "shop"}
    result = events.put_events(Entries=[entry])
    return {"statusCode": 202 if not result["FailedEntryCount"] else 500, "body": json.dumps({"id": order["id"]})}
"""

ORDER = """
import json, boto3
dynamodb = boto3.client("dynamodb")

def handler(event, context):
    for record in event["Records"]:
        order = json.loads(record["body"])["detail"]
        dynamodb.put_item(TableName="orders", Item={"id": {"S": order["id"]}, "total": {"N": str(order["total"])}})
"""


def _zip(source: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", source)
    return buffer.getvalue()


@dataclass
class Shop:
    server: Server
    api: str
    dynamodb: Any

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)

    def checkout(self, connection: http.client.HTTPConnection) -> str:
        """One order over HTTP; raises RuntimeError where it is not accepted."""
        order = str(uuid.uuid4())
        headers = {"Host": f"{self.api}.execute-api.localhost:{self.server.port}", "Content-Type": "application/json"}
        connection.request("POST", "/checkout", json.dumps({"id": order, "total": 42}), headers)
        response = connection.getresponse()
        body = response.read()
        if response.status != 202:
            raise RuntimeError(f"{self.server.name} answered {response.status}: {body[:200]!r}")
        return order

    def stored(self, order: str) -> bool:
        return "Item" in self.dynamodb.get_item(TableName="orders", Key={"id": {"S": order}}, ConsistentRead=True)

    def count(self) -> int:
        count: int = self.dynamodb.scan(TableName="orders", Select="COUNT")["Count"]
        return count


def provision(server: Server) -> Shop:
    dynamodb, sqs, events = (server.client(name) for name in ("dynamodb", "sqs", "events"))
    dynamodb.create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.create_event_bus(Name="shop")
    events.put_rule(Name="checkout", EventBusName="shop", EventPattern=json.dumps({"source": ["shop"]}))
    events.put_targets(Rule="checkout", EventBusName="shop", Targets=[{"Id": "queue", "Arn": arn}])
    function = _functions(server, arn)
    return Shop(server, _api(server, function), dynamodb)


def _functions(server: Server, queue: str) -> str:
    client, arns = server.client("lambda"), {}
    for name, source in (("checkout", CHECKOUT), ("order", ORDER)):
        arns[name] = client.create_function(
            FunctionName=name,
            Runtime="python3.12",
            Handler="app.handler",
            Role=ROLE,
            Timeout=30,
            MemorySize=512,
            Code={"ZipFile": _zip(source)},
        )["FunctionArn"]
    client.create_event_source_mapping(EventSourceArn=queue, FunctionName="order", BatchSize=10)
    arn: str = arns["checkout"]
    return arn


def _api(server: Server, function: str) -> str:
    client = server.client("apigatewayv2")
    api: str = client.create_api(Name="shop", ProtocolType="HTTP")["ApiId"]
    integration = client.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=function, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    client.create_route(ApiId=api, RouteKey="POST /checkout", Target=f"integrations/{integration}")
    client.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    return api


def cold(shop: Shop) -> float:
    """Milliseconds of the first request ever."""
    connection = shop.connect()
    start = time.perf_counter()
    shop.checkout(connection)
    return (time.perf_counter() - start) * 1000


def http_p50(shop: Shop, count: int = 150) -> float:
    """Milliseconds of the HTTP call, median."""
    connection, times = shop.connect(), []
    for _ in range(count):
        start = time.perf_counter()
        shop.checkout(connection)
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def stored_p50(shop: Shop, count: int = 60) -> float:
    """Milliseconds from the HTTP call until the order can be read, median."""
    connection, times = shop.connect(), []
    for _ in range(count):
        start = time.perf_counter()
        order = shop.checkout(connection)
        while not shop.stored(order):
            if time.perf_counter() - start > 30:
                raise RuntimeError(f"{shop.server.name}: {order} was never stored")
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def burst(shop: Shop, orders: int = 300, clients: int = 8) -> float:
    """Orders per second, from the first call until all are stored."""
    before = shop.count()

    def buy(share: int) -> None:
        connection = shop.connect()
        for _ in range(share):
            shop.checkout(connection)

    shares = [orders // clients + (index < orders % clients) for index in range(clients)]
    start = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(buy, shares))
    while (stored := shop.count() - before) < orders:
        if time.perf_counter() - start > 60:
            raise RuntimeError(f"{shop.server.name}: {stored} of {orders} orders were stored")
        time.sleep(0.002)
    return orders / (time.perf_counter() - start)
