import pytest
from fastapi.testclient import TestClient

from domain.link import Shortener
from service import api

from .test_link import NOW, Table


@pytest.fixture
def client() -> TestClient:
    return TestClient(api.create(Shortener(Table(), now=lambda: NOW)), follow_redirects=False)


def test_a_link_from_creation_to_its_third_click(client: TestClient) -> None:
    created = client.post("/links", json={"url": "https://example.com/a?b=c#d"})
    assert created.status_code == 201
    code = created.json()["code"]
    assert created.json() == {
        "code": code,
        "url": "https://example.com/a?b=c#d",
        "clicks": 0,
        "createdAt": "2026-11-21T00:00:00Z",
    }
    assert created.headers["Location"] == f"links/{code}"
    for _ in range(3):
        followed = client.get(f"/{code}")
        assert (followed.status_code, followed.headers["Location"]) == (302, "https://example.com/a?b=c#d")
        assert followed.headers["Cache-Control"] == "no-store"
    looked = client.head(f"/{code}")
    assert (looked.status_code, looked.headers["Location"], looked.content) == (302, "https://example.com/a?b=c#d", b"")
    assert client.get(f"/links/{code}").json() == {**created.json(), "clicks": 3}


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("HTTP://EXAMPLE.com", "http://example.com/"),
        ("https://bücher.example/ä b", "https://xn--bcher-kva.example/%C3%A4%20b"),
        ("https://example.com/a\r\nSet-Cookie: b=c", "https://example.com/aSet-Cookie:%20b=c"),
    ],
)
def test_an_address_fits_into_a_header(client: TestClient, url: str, location: str) -> None:
    code = client.post("/links", json={"url": url}).json()["code"]
    assert client.get(f"/{code}").headers["Location"] == location


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "url"),
        ({"url": ""}, "url"),
        ({"url": "nonsense"}, "url"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "ftp://example.com"}, "url"),
        ({"url": "https://ada:secret@example.com"}, "url"),
        ({"url": "https://example.com/" + "x" * 2100}, "url"),
        ({"url": 7}, "url"),
        ({"url": "https://example.com", "code": ""}, "code"),
        ({"url": "https://example.com", "code": "a/b"}, "code"),
        ({"url": "https://example.com", "code": "links"}, "code"),
        ({"url": "https://example.com", "code": "x" * 65}, "code"),
        ([], "body"),
    ],
)
def test_what_is_no_link_is_a_problem_that_names_the_member(client: TestClient, body: object, field: str) -> None:
    answer = client.post("/links", json=body)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert "secret" not in answer.text


def test_a_code_that_is_taken_is_a_conflict(client: TestClient) -> None:
    asked = {"url": "https://example.com", "code": "mine"}
    assert [client.post("/links", json=asked).status_code for _ in range(2)] == [201, 409]


@pytest.mark.parametrize("path", ["/none", "/links/none"])
def test_an_unknown_code(client: TestClient, path: str) -> None:
    assert client.get(path).json()["detail"] == "There is no link none."
    assert client.get(path).status_code == 404
