"""Selection expressions and parameter mappings of HTTP APIs, apart from any socket."""

import string
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.services.apigatewayv2.http.exchange import HttpExchange
from penstock.services.apigatewayv2.http.parameters import (
    Invalid,
    map_request,
    map_response,
    request_rules,
    response_rules,
)
from penstock.services.apigatewayv2.http.selection import compile_value
from penstock.wire.message import Request, Response

NAME = st.text(string.ascii_letters + string.digits + "-_", min_size=1, max_size=12)
VALUE = st.text(string.ascii_letters + string.digits + " ,;/=", max_size=12)
PLAIN = st.text(st.characters(exclude_characters="${}", exclude_categories=["Cs"]), max_size=12)


def exchange(
    query: str = "", body: bytes = b"", params: Any = None, context: Any = None, **headers: str
) -> HttpExchange:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    request = Request("GET", "/raw", query, {name.lower(): value for name, value in headers.items()}, body, raw)
    found = SimpleNamespace(
        request=request,
        path="/pets/7",
        params=params or {},
        stage=SimpleNamespace(variables={"colour": "red"}),
        log_context=lambda: context or {},
    )
    return cast(HttpExchange, found)


@given(PLAIN)
def test_text_without_an_expression_is_itself(text: str) -> None:
    assert compile_value(text)(exchange(), None) == text


@given(PLAIN, PLAIN, VALUE)
def test_expressions_stand_in_their_text(before: str, after: str, value: str) -> None:
    read = compile_value(f"{before}${{request.header.x}}{after}")
    assert read(exchange(x=value), None) == before + value + after


@given(NAME, st.lists(VALUE, min_size=1, max_size=3))
def test_a_repeated_parameter_is_joined(name: str, values: list[str]) -> None:
    query = "&".join(f"{name}={value.replace(' ', '+').replace(';', '%3B').replace('=', '%3D')}" for value in values)
    assert compile_value(f"$request.querystring.{name}")(exchange(query), None) == ",".join(values)


@pytest.mark.parametrize(
    ("path", "expected"),
    [("a.b", "1"), ("a.c[0]", "x"), ("a", '{"b":1,"c":["x"]}'), ("nothing", None), ("d", "true"), ("e", None)],
)
def test_parts_of_a_body(path: str, expected: str | None) -> None:
    body = b'{"a": {"b": 1, "c": ["x"]}, "d": true, "e": null}'
    assert compile_value(f"$request.body.{path}")(exchange(body=body), None) == expected


def test_a_body_that_is_not_json_has_no_parts() -> None:
    assert compile_value("$request.body.a")(exchange(body=b"text"), None) is None
    assert compile_value("$request.body")(exchange(body=b"text"), None) == "text"
    assert compile_value("$request.body.a")(exchange(body=b'{"a": "' + b"x" * 102_400 + b'"}'), None) is None


def test_names_of_claims_may_have_dots() -> None:
    context = {"authorizer": {"claims": {"https://a.example/role": "admin", "sub": "ann"}}}
    read = compile_value("$context.authorizer.claims.https://a.example/role")
    assert read(exchange(context=context), None) == "admin"
    assert compile_value("$context.authorizer.claims.sub")(exchange(context=context), None) == "ann"
    assert compile_value("$context.authorizer.claims.sub.deeper")(exchange(context=context), None) is None


@given(st.text(max_size=20))
def test_any_text_is_a_value_or_is_refused(text: str) -> None:
    try:
        read = compile_value(text)
    except ValueError:
        assert "$" in text
    else:
        found = read(exchange(), None)
        assert found is None or isinstance(found, str)


@given(NAME, st.lists(VALUE, max_size=3), VALUE)
def test_overwriting_leaves_one_value(name: str, old: list[str], new: str) -> None:
    before = exchange("&".join(f"{name}={index}" for index, _ in enumerate(old)))
    mapped, _ = map_request(request_rules({f"overwrite:querystring.{name}": new}), before)
    assert [value for key, value in mapped.query if key == name] == [new]


@given(NAME, NAME, VALUE)
def test_removing_leaves_the_others(name: str, other: str, value: str) -> None:
    headers = {f"x-{name}": value, f"y-{other}": value}
    mapped, path = map_request(request_rules({f"remove:header.X-{name}": "''"}), exchange(**headers))
    assert mapped.headers == {f"y-{other}".lower(): value}
    assert path is None


@given(VALUE)
def test_a_value_never_begins_another_header(value: str) -> None:
    answer = Response(200, [("Location", f"{value}\r\nSet-Cookie: a=1")])
    rules = response_rules({"200": {"append:header.x": "$response.header.location"}})[200]
    mapped = map_response(rules, exchange(), answer)
    found = mapped.header("x")
    assert found is not None
    assert "\r" not in found and "\n" not in found


@pytest.mark.parametrize(
    "key", ["header.a", "append:header.", "append:header.a b", "append:body.a", "overwrite:path.x"]
)
def test_destinations_that_are_none(key: str) -> None:
    with pytest.raises(Invalid, match="destination specified"):
        request_rules({key: "1"})
