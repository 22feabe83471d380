"""The shipping service's API and domain, on a table in memory."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

from shipping_service.domain.shipment import Dispatch, Shipment
from shipping_service.service import api

NOW = datetime(2026, 11, 21, tzinfo=UTC)
DETAIL = {"orderNumber": "7", "customerId": "ada", "createdAt": "2026-11-20T10:00:00Z"}
EVENT = {
    "version": "0",
    "id": "e1",
    "detail-type": "order-created",
    "source": "order-service",
    "account": "000000000000",
    "time": "2026-11-20T10:00:01Z",
    "region": "us-east-1",
    "resources": [],
    "detail": {**DETAIL, "metadata": {"correlationId": "c", "traceparent": "t"}},
}


@dataclass
class Table:
    shipments: dict[str, Shipment] = field(default_factory=dict)

    def add(self, shipment: Shipment) -> Shipment | None:
        kept = self.shipments.setdefault(shipment.order.number, shipment)
        return None if kept is shipment else kept

    def get(self, order_number: str) -> Shipment | None:
        return self.shipments.get(order_number)


@pytest.fixture
def client() -> TestClient:
    return TestClient(api.create(Dispatch(Table(), lambda: NOW)))


def test_an_order_is_shipped(client: TestClient) -> None:
    answer = client.post("/receiver", json=EVENT)
    assert answer.status_code == 201
    assert answer.json() == {**DETAIL, "receivedAt": "2026-11-21T00:00:00Z", "eventId": "e1"}
    assert client.get("/shipments/7").json() == answer.json()


def test_the_same_order_again_changes_nothing(client: TestClient) -> None:
    first = client.post("/receiver", json=EVENT)
    again = [client.post("/receiver", json={**EVENT, "id": event_id}) for event_id in ("e1", "e2")]
    assert [answer.status_code for answer in again] == [200, 200]
    assert all(answer.json() == first.json() for answer in again)


def test_an_order_announced_otherwise_is_a_conflict(client: TestClient) -> None:
    client.post("/receiver", json=EVENT)
    answer = client.post("/receiver", json={**EVENT, "detail": {**DETAIL, "customerId": "bob"}})
    assert answer.status_code == 409
    assert client.get("/shipments/7").json()["customerId"] == "ada"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"detail": {}}, "detail.orderNumber"),
        ({"detail": {**DETAIL, "orderNumber": ""}}, "detail.orderNumber"),
        ({"detail": {**DETAIL, "orderNumber": 7}}, "detail.orderNumber"),
        ({"detail": {**DETAIL, "createdAt": "yesterday"}}, "detail.createdAt"),
        ({"detail": {**DETAIL, "createdAt": "2026-11-20T10:00:00"}}, "detail.createdAt"),
        ({"detail": "poison"}, "detail"),
        ({"source": "somebody"}, "source"),
        ({"detail-type": "order-cancelled"}, "detail-type"),
        ({"id": None}, "id"),
    ],
)
def test_what_is_no_announced_order_is_refused(client: TestClient, change: dict[str, Any], field: str) -> None:
    answer = client.post("/receiver", json={**EVENT, **change})
    assert answer.status_code == 400
    assert field in [error["field"] for error in answer.json()["errors"]]


def test_no_shipment(client: TestClient) -> None:
    answer = client.get("/shipments/8")
    assert (answer.status_code, answer.json()["detail"]) == (404, "There is no shipment for order 8.")
