import pytest
from fastapi.testclient import TestClient

from order_service.service import api

from .test_order import World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def client(world: World) -> TestClient:
    return TestClient(api.create(world.desk()), raise_server_exceptions=False)


def test_an_order_is_created_and_shown(client: TestClient) -> None:
    created = client.post("/order", json={"customerId": " ada ", "colour": "red"})
    assert created.status_code == 201
    assert created.json() == {
        "orderNumber": created.json()["orderNumber"],
        "customerId": "ada",
        "createdAt": "2026-11-21T00:00:00Z",
    }
    shown = client.get(created.headers["Location"])
    assert (shown.status_code, shown.json()) == (200, created.json())


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("{}", "customerId"),
        ('{"customerId": ""}', "customerId"),
        ('{"customerId": "  "}', "customerId"),
        ('{"customerId": null}', "customerId"),
        ('{"customerId": 7}', "customerId"),
        ('{"customerId": "%s"}' % ("x" * 129), "customerId"),
        ("[]", "body"),
        ("{", "body"),
        ("", "body"),
    ],
)
def test_what_is_no_order_is_a_problem_that_names_the_member(
    client: TestClient, world: World, body: str, field: str
) -> None:
    answer = client.post("/order", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert world.orders == {}


def test_an_idempotency_key(client: TestClient, world: World) -> None:
    headers = {"Idempotency-Key": "k"}
    first, again = (client.post("/order", json={"customerId": "ada"}, headers=headers) for _ in range(2))
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert client.post("/order", json={"customerId": "bob"}, headers=headers).status_code == 422
    empty = client.post("/order", json={"customerId": "ada"}, headers={"Idempotency-Key": ""})
    assert empty.json()["errors"][0]["field"] == "Idempotency-Key"
    assert len(world.orders) == 1


def test_other_problems(client: TestClient) -> None:
    assert client.get("/order/none").json()["detail"] == "There is no order none."
    assert [client.request(*asked).status_code for asked in (("GET", "/order/none"), ("GET", "/"))] == [404, 404]
    wrong = client.delete("/order/none")
    assert (wrong.status_code, wrong.headers["Allow"], wrong.json()["title"]) == (405, "GET", "Method Not Allowed")


def test_what_goes_wrong_here_is_not_shown(client: TestClient, world: World) -> None:
    def fail(effect: object) -> None:
        raise RuntimeError("secret")

    world.step = fail
    answer = client.post("/order", json={"customerId": "ada"})
    assert (answer.status_code, answer.json()["title"]) == (500, "Internal Server Error")
    assert "secret" not in answer.text


def test_the_trace_of_the_request_goes_with_the_announcement(client: TestClient, world: World) -> None:
    headers = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01", "X-Correlation-Id": "mine"}
    answer = client.post("/order", json={"customerId": "ada"}, headers=headers)
    assert answer.headers["X-Correlation-Id"] == "mine"
    metadata = world.bus[0].metadata
    assert metadata.correlation_id == "mine"
    assert metadata.traceparent.split("-")[1] == "a" * 32
    assert metadata.xray.startswith(f"Root=1-{'a' * 8}-{'a' * 24};")


def test_health(client: TestClient) -> None:
    assert client.get("/health").json() == {"status": "ok"}
