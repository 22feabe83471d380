"""The two services from outside: over the order service's URL, the bus, the queues. Asserts on what was stored.

Everything this file needs of Penstock's pytest plugin is in the fixture `orders`.
"""

import json
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import urllib3

ROOT = Path(__file__).parent.parent
CREATED = "2026-01-01T10:00:00+00:00"


class Answer(NamedTuple):
    status: int
    body: Any
    headers: Any


class Orders:
    """`app` has `outputs`, `client(service)`, `advance(seconds)` and `settle()`."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.http = urllib3.PoolManager(maxsize=16)
        self.url = app.outputs["OrderService-dev"]["OrderServiceUrl"]
        self.shipping = app.outputs["ShippingService-dev"]
        self.order_table, self.shipment_table = (
            app.client("ssm").get_parameter(Name=f"/orders/dev/{kind}-table-name")["Parameter"]["Value"]
            for kind in ("order", "shipment")
        )

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """A `str` body goes as it is, anything else as JSON."""
        data = body if body is None or isinstance(body, str) else json.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.http.request(
            method, self.url + path, body=data, headers={"Content-Type": "application/json", **named}
        )
        return Answer(answer.status, json.loads(answer.data), answer.headers)

    def place(self, customer: str) -> str:
        """The number of a new order."""
        placed = self.call("POST", "/order", {"customerId": customer})
        assert placed.status == 201, placed
        number: str = placed.body["orderNumber"]
        return number

    def ask_shipping(self, number: str) -> dict[str, Any]:
        """What the shipping service itself answers, asked from inside: `{status, body}`."""
        answer = self.app.client("lambda").invoke(
            FunctionName=self.shipping["ShipmentLookupFunction"], Payload=json.dumps({"orderNumber": number})
        )
        assert "FunctionError" not in answer, answer["Payload"].read()
        found: dict[str, Any] = json.loads(answer["Payload"].read())
        return found

    def shipments_of(self, customer: str) -> list[str]:
        """Order numbers."""
        pages = self.app.client("dynamodb").get_paginator("scan").paginate(TableName=self.shipment_table)
        items = [item for page in pages for item in page["Items"]]
        return sorted(item["orderNumber"]["S"] for item in items if item["customerId"]["S"] == customer)

    def publish(self, detail: Any) -> None:
        entry = {
            "EventBusName": "orders-dev",
            "Source": "order-service",
            "DetailType": "order-created",
            "Detail": json.dumps(detail),
        }
        assert self.app.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0

    def waiting(self) -> int:
        """Messages in the proxy's queue, in whatever state."""
        sqs = self.app.client("sqs")
        asked = sqs.get_queue_attributes(QueueUrl=self.shipping["QueueUrl"], AttributeNames=["All"])["Attributes"]
        kinds = ("", "NotVisible", "Delayed")
        return sum(int(asked[f"ApproximateNumberOfMessages{kind}"]) for kind in kinds)

    def dead_letters(self) -> list[dict[str, Any]]:
        """Takes them out, so that each test sees its own."""
        sqs, url = self.app.client("sqs"), self.shipping["DeadLetterQueueUrl"]
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
        for message in found.get("Messages", []):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return list(found.get("Messages", []))

    def alarm(self, name: str) -> str:
        """The state of the shipping service's alarm with this in its name."""
        alarms = self.app.client("cloudwatch").describe_alarms(AlarmNamePrefix="ShippingService-dev")["MetricAlarms"]
        [state] = [alarm["StateValue"] for alarm in alarms if name in alarm["AlarmName"]]
        return str(state)

    def service(self, stack: str) -> tuple[str, str]:
        """Cluster and name of the stack's ECS service."""
        resources = self.app.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
        physical = {each["ResourceType"]: each["PhysicalResourceId"] for each in resources}
        return physical["AWS::ECS::Cluster"], physical["AWS::ECS::Service"]

    def requests(self, stack: str, id: str) -> list[dict[str, Any]]:
        """What the stack's service has logged of requests with this trace or correlation id."""
        logs = self.app.client("logs")
        [group] = logs.describe_log_groups(logGroupNamePrefix=f"/ecs/{stack}")["logGroups"]
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"])
        lines = [json.loads(event["message"]) for page in pages for event in page["events"]]
        named = [line for line in lines if id in (line.get("trace_id"), line.get("correlation_id"))]
        return [line for line in named if line["message"] == "request"]

    def update(self, stack: str, **changes: Any) -> None:
        """Changes the stack's ECS service and waits until that is done."""
        ecs = self.app.client("ecs")
        cluster, service = self.service(stack)
        ecs.update_service(cluster=cluster, service=service, **changes)
        patience = {"Delay": 0, "MaxAttempts": 100_000}
        ecs.get_waiter("services_stable").wait(cluster=cluster, services=[service], WaiterConfig=patience)

    def until(self, holds: Callable[[], bool]) -> None:
        patience = time.monotonic() + 60
        while not holds():
            assert time.monotonic() < patience, "it does not come true"
            self.app.settle()


@pytest.fixture(scope="module")
def orders(penstock: Any) -> Iterator[Orders]:
    yield Orders(penstock.up(ROOT))


@pytest.fixture
def customer() -> str:
    return f"customer-{uuid.uuid4().hex[:8]}"


def test_an_order_becomes_a_shipment(orders: Orders, customer: str) -> None:
    placed = orders.call("POST", "/order", {"customerId": customer})
    assert placed.status == 201
    number = placed.body["orderNumber"]
    assert orders.call("GET", placed.headers["Location"]).body == placed.body
    orders.app.settle()
    answer = orders.ask_shipping(number)
    assert answer["status"] == 200
    assert {name: answer["body"][name] for name in placed.body} == placed.body
    assert orders.shipments_of(customer) == [number]


def test_problems(orders: Orders) -> None:
    missing = orders.call("POST", "/order", {})
    assert (missing.status, missing.headers["Content-Type"]) == (400, "application/problem+json")
    assert [error["field"] for error in missing.body["errors"]] == ["customerId"]
    assert orders.call("GET", "/order/none").status == 404
    assert orders.ask_shipping("none")["status"] == 404


def test_the_example_runs(orders: Orders, customer: str) -> None:
    client = orders.app.client("lambda")
    aws = {
        "AWS_ENDPOINT_URL": client.meta.endpoint_url,
        "AWS_DEFAULT_REGION": client.meta.region_name,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    named = {"ORDER_SERVICE_URL": orders.url, "SHIPMENT_LOOKUP_FUNCTION": orders.shipping["ShipmentLookupFunction"]}
    command = [str(ROOT / "examples" / "order.sh"), customer]
    done = subprocess.run(command, env={**os.environ, **aws, **named}, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    [number] = orders.shipments_of(customer)
    assert done.stdout.count(f'"orderNumber":"{number}"') == 2


def test_one_key_is_one_order(orders: Orders, customer: str) -> None:
    key = uuid.uuid4().hex

    def place(_: int) -> Answer:
        return orders.call("POST", "/order", {"customerId": customer}, Idempotency_Key=key)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(place, range(16)))
    assert {answer.status for answer in answers} == {201}
    [number] = {answer.body["orderNumber"] for answer in answers}
    orders.app.settle()
    assert orders.shipments_of(customer) == [number]


def test_the_order_is_followed_to_its_shipment_by_one_id(orders: Orders, customer: str) -> None:
    root, correlation_id = "6b0000000123456789abcdef" + uuid.uuid4().hex[:8], uuid.uuid4().hex
    headers = {"traceparent": f"00-{root}-53995c3f42cd8ad8-01", "X_Correlation_Id": correlation_id}
    orders.call("POST", "/order", {"customerId": customer}, **headers)
    orders.app.settle()

    for stack, route in (("OrderService-dev", "POST /order"), ("ShippingService-dev", "POST /receiver")):
        orders.until(lambda stack=stack: bool(orders.requests(stack, root)))  # type: ignore[misc]
        [line] = orders.requests(stack, root)
        assert (line["route"], line["correlation_id"], line["status"]) == (route, correlation_id, 201)


def test_the_receiver_answers_nobody_outside(orders: Orders) -> None:
    ecs = orders.app.client("ecs")
    cluster, service = orders.service("ShippingService-dev")
    tasks = ecs.list_tasks(cluster=cluster, serviceName=service)["taskArns"]
    [container] = ecs.describe_tasks(cluster=cluster, tasks=tasks)["tasks"][0]["containers"]
    address = container["networkInterfaces"][0]["privateIpv4Address"]
    with pytest.raises(urllib3.exceptions.HTTPError):
        urllib3.request("GET", f"http://{address}:8080/health", retries=False, timeout=3)
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("event-receiver.dev.shipping-service.local", 8080)


def test_orders_wait_while_the_receiver_is_stopped(orders: Orders, customer: str) -> None:
    orders.update("ShippingService-dev", desiredCount=0)
    with ThreadPoolExecutor(8) as pool:
        placed = list(pool.map(lambda _: orders.place(customer), range(100)))
    orders.app.settle()
    orders.app.advance(605)
    orders.app.settle()
    assert (orders.waiting(), orders.shipments_of(customer), orders.dead_letters()) == (100, [], [])
    orders.update("ShippingService-dev", desiredCount=2)
    orders.app.advance(60)
    orders.app.settle()
    assert orders.shipments_of(customer) == sorted(placed)
    assert (orders.waiting(), orders.dead_letters()) == (0, [])


def test_a_poisonous_event_is_put_aside_with_the_answer_and_the_others_pass(orders: Orders, customer: str) -> None:
    before = orders.place(customer)
    correlation_id = uuid.uuid4().hex
    detail = {"orderNumber": 7, "customerId": customer, "metadata": {"correlationId": correlation_id}}
    orders.publish(detail)
    after = orders.place(customer)
    orders.app.settle()
    orders.app.advance(120)
    assert orders.alarm("DeadLetterAlarm") == "ALARM"
    assert orders.shipments_of(customer) == sorted([before, after])
    [letter] = orders.dead_letters()
    attributes = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert json.loads(letter["Body"])["detail"] == detail
    assert (attributes["ERROR_CODE"], attributes["RECEIVER_STATUS"]) == ("Refused", "400")
    fields = [error["field"] for error in json.loads(attributes["RECEIVER_ANSWER"])["errors"]]
    assert fields == ["detail.orderNumber", "detail.createdAt"]
    assert orders.waiting() == 0
    orders.until(lambda: bool(orders.requests("ShippingService-dev", correlation_id)))


def test_an_event_that_comes_twice_is_one_shipment(orders: Orders, customer: str) -> None:
    number = uuid.uuid4().hex
    for _ in range(3):
        orders.publish({"orderNumber": number, "customerId": customer, "createdAt": CREATED})
    orders.app.settle()
    assert orders.shipments_of(customer) == [number]
    assert orders.dead_letters() == []


def test_what_a_dead_task_left_unannounced_is_announced_by_another(orders: Orders, customer: str) -> None:
    number = uuid.uuid4().hex
    note = {"PK": "UNANNOUNCED", "SK": number, "orderNumber": number, "customerId": customer, "createdAt": CREATED}
    note |= {"correlationId": "c", "traceparent": "", "xray": "Root=1-6b000000-0123456789abcdef01234567"}
    item = {name: {"S": value} for name, value in note.items()}
    orders.app.client("dynamodb").put_item(TableName=orders.order_table, Item=item)
    orders.update("OrderService-dev", forceNewDeployment=True)
    orders.until(lambda: orders.shipments_of(customer) == [number])
    key = {name: item[name] for name in ("PK", "SK")}
    assert "Item" not in orders.app.client("dynamodb").get_item(TableName=orders.order_table, Key=key)
