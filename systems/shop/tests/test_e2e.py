"""The shop from outside: over its three URLs, its bus and its queues. Asserts on what was stored.

Everything this file needs of Penstock's pytest plugin is in the fixture `shop`.
"""

import json
import os
import subprocess
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import urllib3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from domain.contract import DETAIL_TYPE, SOURCE

ROOT = Path(__file__).parent.parent
CARD = "4111 1111 1111 1111"


class Answer(NamedTuple):
    status: int
    body: Any
    headers: Any


class Shop:
    """`app` has `outputs`, `client(service)`, `advance(seconds)` and `settle()`."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.http = urllib3.PoolManager(maxsize=16)
        self.urls = {name: app.outputs["ShopStack"][f"{name}ApiUrl"] for name in ("Product", "Basket", "Order")}
        resources = app.client("cloudformation").describe_stack_resources(StackName="ShopStack")["StackResources"]
        self.physical = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources}

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """`path` starts with the service: `/product/1`. A `str` body goes as it is, anything else as JSON."""
        url = self.urls[path.split("/")[1].partition("?")[0].capitalize()].rstrip("/") + path
        data = body if body is None or isinstance(body, str) else json.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.http.request(method, url, body=data, headers={"Content-Type": "application/json", **named})
        return Answer(
            answer.status, json.loads(answer.data, parse_float=Decimal) if answer.data else None, answer.headers
        )

    def table(self, logical_id: str) -> str:
        names: Iterator[str] = (name for logical, name in self.physical.items() if logical.startswith(logical_id))
        return next(names)

    def put_item(self, logical_id: str, document: dict[str, Any]) -> None:
        item = {name: TypeSerializer().serialize(value) for name, value in document.items()}
        self.app.client("dynamodb").put_item(TableName=self.table(logical_id), Item=item)

    def stored(self, logical_id: str, **equal: Any) -> list[dict[str, Any]]:
        items = self.app.client("dynamodb").scan(TableName=self.table(logical_id))["Items"]
        documents = [{name: TypeDeserializer().deserialize(value) for name, value in item.items()} for item in items]
        return [document for document in documents if equal.items() <= document.items()]

    def publish(self, detail: dict[str, Any]) -> None:
        entry = {
            "EventBusName": "ShopEventBus",
            "Source": SOURCE,
            "DetailType": DETAIL_TYPE,
            "Detail": json.dumps(detail),
        }
        assert self.app.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0
        self.app.settle()

    def dead_letters(self) -> list[dict[str, Any]]:
        """Takes them out, so that each test sees its own."""
        sqs = self.app.client("sqs")
        url = sqs.get_queue_url(QueueName="OrderQueueDeadLetter")["QueueUrl"]
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
        for message in found.get("Messages", []):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return list(found.get("Messages", []))


@pytest.fixture(scope="module")
def shop(penstock: Any) -> Iterator[Shop]:
    yield Shop(penstock.up(ROOT))


@pytest.fixture
def user() -> str:
    return f"user-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def key() -> str:
    return uuid.uuid4().hex


@pytest.fixture
def filled(shop: Shop, user: str) -> Callable[[], None]:
    """Fills the user's basket: three at 0.10 and one at 19.99."""

    def fill() -> None:
        pen = {"productId": "pen", "productName": "Pen", "quantity": 3, "price": 0.1, "color": "blue"}
        book = {"productId": "book", "productName": "Book", "quantity": 1, "price": "19.99"}
        assert shop.call("POST", "/basket", {"userName": user, "items": [pen, book]}).status in (200, 201)

    return fill


def purchase(user: str) -> dict[str, Any]:
    return {
        "userName": user,
        "firstName": "Ada",
        "lastName": "Lovelace",
        "email": "ada@example.com",
        "address": "12 St James's Square",
        "paymentMethod": "card",
        "cardInfo": CARD,
    }


def order(user: str) -> dict[str, Any]:
    """An event's detail, as the basket service publishes it."""
    item = {"productId": "pen", "quantity": 1, "price": 1.5}
    date = "2026-11-21T10:00:00.000000Z"
    return {**purchase(user), "orderId": user, "orderDate": date, "totalPrice": 1.5, "items": [item]}


def test_a_product_from_creation_to_deletion(shop: Shop) -> None:
    created = shop.call("POST", "/product", {"name": "Pen", "price": 1.1, "category": "Office", "imageFile": "pen.png"})
    assert created.status == 201
    path = f"/product/{created.body['id']}"
    assert created.headers["Location"].endswith(path)
    assert shop.call("GET", path).body == created.body
    assert shop.call("PUT", path, {"price": 1.25}).body == {**created.body, "price": Decimal("1.25")}
    assert shop.stored("ProductTable", id=created.body["id"])[0]["price"] == Decimal("1.25")
    assert shop.call("DELETE", path).status == 204
    assert [shop.call(method, path, {"price": 1}).status for method in ("GET", "PUT", "DELETE")] == [404] * 3


def test_a_product_is_created_once_for_a_key(shop: Shop, key: str) -> None:
    first = shop.call("POST", "/product", {"name": "Pen", "price": 1.5}, Idempotency_Key=key)
    again = shop.call("POST", "/product", {"name": "Pen", "price": 1.5}, Idempotency_Key=key)
    assert (first.status, again.status) == (201, 201)
    assert first.body == again.body
    assert shop.call("POST", "/product", {"name": "Pencil", "price": 1.5}, Idempotency_Key=key).status == 422


def test_a_product_with_a_known_id_is_a_conflict(shop: Shop, key: str) -> None:
    assert shop.call("POST", "/product", {"id": key, "name": "Pen", "price": 1}).status == 201
    assert shop.call("POST", "/product", {"id": key, "name": "Pen", "price": 1}).status == 409


def test_products_of_a_category_come_in_pages(shop: Shop, key: str) -> None:
    ids = {shop.call("POST", "/product", {"name": "n", "price": 1, "category": key}).body["id"] for _ in range(3)}
    first = shop.call("GET", f"/product?category={key}&limit=2").body
    second = shop.call("GET", f"/product?category={key}&limit=2&next={first['next']}").body
    assert len(first["items"]) == 2
    assert {item["id"] for item in first["items"] + second["items"]} == ids
    assert not second["next"]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/product", {"name": "Pen"}, "price"),
        ("/product", {"name": "Pen", "price": "much"}, "price"),
        ("/product", "{", "body"),
        ("/basket", {"userName": "u", "items": [{"productId": "p", "price": 1, "quantity": 0}]}, "items.0.quantity"),
        ("/basket/checkout", {**purchase("u"), "cardInfo": "none"}, "cardInfo"),
        ("/basket/checkout", {**purchase("u"), "email": None}, "email"),
    ],
)
def test_bad_input_is_answered_with_the_field(shop: Shop, path: str, body: Any, field: str) -> None:
    answer = shop.call("POST", path, body)
    assert answer.status == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert field in {error["field"] for error in answer.body["errors"]}


def test_a_checkout_becomes_an_order(shop: Shop, user: str, filled: Callable[[], None]) -> None:
    filled()
    answer = shop.call("POST", "/basket/checkout", purchase(user))
    assert answer.status == 200
    assert answer.body["totalPrice"] == Decimal("20.29")
    shop.app.settle()
    assert shop.stored("OrderingTable", userName=user) == [answer.body]
    assert shop.call("GET", f"/order/{user}").body == {"items": [answer.body], "next": None}
    assert shop.call("GET", f"/order/{user}?orderDate={answer.body['orderDate']}").body["items"] == [answer.body]
    assert answer.body in shop.call("GET", "/order?limit=100").body["items"]
    assert shop.call("GET", f"/basket/{user}").status == 404


def test_the_example_runs(shop: Shop, user: str) -> None:
    urls = {f"{name.upper()}_API_URL": url for name, url in shop.urls.items()}
    command = [str(ROOT / "examples" / "checkout.sh"), user]
    shown = subprocess.run(command, env={**os.environ, **urls}, check=True, capture_output=True, text=True).stdout
    orders = json.loads(shown.splitlines()[-1])["items"]
    assert [order["totalPrice"] for order in orders] == [39.98]


def test_a_key_makes_one_order(shop: Shop, user: str, key: str, filled: Callable[[], None]) -> None:
    filled()
    first = shop.call("POST", "/basket/checkout", purchase(user), Idempotency_Key=key)
    filled()
    again = shop.call("POST", "/basket/checkout", purchase(user), Idempotency_Key=key)
    assert (again.status, again.body) == (200, first.body)
    shop.app.settle()
    assert shop.stored("OrderingTable", userName=user) == [first.body]
    assert shop.call("GET", f"/basket/{user}").status == 200


def test_a_key_makes_one_order_at_the_same_time(shop: Shop, user: str, key: str, filled: Callable[[], None]) -> None:
    filled()
    with ThreadPoolExecutor(8) as pool:
        calls = [
            pool.submit(shop.call, "POST", "/basket/checkout", purchase(user), Idempotency_Key=key) for _ in range(8)
        ]
        answers = [call.result() for call in calls]
    assert {answer.status for answer in answers} == {200}
    assert all(answer.body == answers[0].body for answer in answers)
    shop.app.settle()
    assert shop.stored("OrderingTable", userName=user) == [answers[0].body]


def test_there_is_nothing_to_check_out(shop: Shop, user: str) -> None:
    assert shop.call("POST", "/basket/checkout", purchase(user)).status == 404
    shop.call("POST", "/basket", {"userName": user, "items": []})
    assert shop.call("POST", "/basket/checkout", purchase(user)).status == 409


def test_a_checkout_that_died_is_finished_by_the_next_request(shop: Shop, user: str, key: str) -> None:
    left = {**order(user), "cardInfo": "1111"}
    left["items"] = [{**left["items"][0], "price": Decimal("1.5")}]
    left["totalPrice"] = Decimal("1.5")
    claim = {"key": key, "order": left}
    shop.put_item("BasketTable", {"userName": user, "items": left["items"], "version": user, "claim": claim})
    assert shop.call("POST", "/basket", {"userName": user, "items": []}).status == 201
    assert shop.call("POST", "/basket/checkout", purchase(user), Idempotency_Key=key).body == left
    shop.app.settle()
    assert shop.stored("OrderingTable", userName=user) == [left]


def test_the_same_event_twice_changes_nothing(shop: Shop, user: str) -> None:
    shop.publish(order(user))
    before = shop.stored("OrderingTable", userName=user)
    shop.publish(order(user))
    assert len(before) == 1
    assert shop.stored("OrderingTable", userName=user) == before


def test_a_poison_message_goes_aside_with_its_reason(shop: Shop, user: str) -> None:
    shop.publish({"userName": user})
    shop.publish(order(user))
    letters = [letter for letter in shop.dead_letters() if user in letter["Body"]]
    assert [letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] for letter in letters] == ["InvalidEvent"]
    assert "detail.orderDate: Field required" in letters[0]["MessageAttributes"]["ERROR_MESSAGE"]["StringValue"]
    assert len(shop.stored("OrderingTable", userName=user)) == 1


def test_an_order_that_cannot_be_stored_is_tried_again_and_then_kept(shop: Shop, user: str) -> None:
    taken = {"userName": user, "orderDate": order(user)["orderDate"], "orderId": "another order in its place"}
    shop.put_item("OrderingTable", taken)
    shop.publish(order(user))
    assert not shop.dead_letters()
    shop.app.advance(600)
    letters = shop.dead_letters()
    assert [json.loads(letter["Body"])["detail"]["userName"] for letter in letters] == [user]
    assert shop.stored("OrderingTable", userName=user) == [taken]


def test_a_card_number_is_nowhere(shop: Shop, user: str, filled: Callable[[], None]) -> None:
    filled()
    assert shop.call("POST", "/basket/checkout", purchase(user)).body["cardInfo"] == "1111"
    shop.call("POST", "/basket/checkout", {**purchase(user), "cardInfo": f"{CARD} {CARD}"})
    shop.app.settle()
    tables = [shop.stored(table) for table in ("BasketTable", "BasketCheckouts", "OrderingTable")]
    logs = shop.app.client("logs")
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    lines = [event["message"] for group in groups for event in logs.filter_log_events(logGroupName=group)["events"]]
    seen = repr(tables) + repr(lines)
    assert user in seen
    assert CARD not in seen and CARD.replace(" ", "") not in seen
