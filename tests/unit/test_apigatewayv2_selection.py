"""Selection expressions of WebSocket APIs."""

import json
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.services.apigatewayv2.sockets.selection import compile_selection, is_selection
from penstock.wire.message import Request, Response

PLAIN = st.text(st.characters(exclude_characters="$\\\\", codec="utf-8"))


def select(expression, body="", query="", headers=None, response=None):
    exchange = SimpleNamespace(
        happening=SimpleNamespace(body=body),
        request=Request("GET", "/", query, headers or {}),
        context=lambda: {"routeKey": "$default", "identity": {"sourceIp": "127.0.0.1"}},
        stage=SimpleNamespace(variables={"name": "value"}),
    )
    return compile_selection(expression)(exchange, response)


@given(PLAIN)
def test_plain_text_selects_itself(text):
    assert select(text) == text


@given(PLAIN, st.text(st.characters(codec="utf-8")))
def test_a_part_of_the_body_stands_for_itself(text, value):
    assert select(f"{text}${{request.body.action}}", json.dumps({"action": value})) == text + value


@given(st.text(st.characters(codec="utf-8")))
def test_whatever_is_sent_selects_something_or_nothing(body):
    assert isinstance(select("$request.body.action", body), str | None)


@pytest.mark.parametrize(
    ("expression", "selected"),
    [
        ("\\$default", "$default"),
        ("$request.body.a.b", "1"),
        ("${request.body.a.b}-${request.body.c}", "1-x"),
        ("$request.body.list", "[1]"),
        ("$request.body.missing", None),
        ("$request.querystring.q", "2"),
        ("$request.header.X-Mine", "me"),
        ("$context.identity.sourceIp", "127.0.0.1"),
        ("$stageVariables.name", "value"),
        ("$integration.response.statuscode", "404"),
        ("$integration.response.header.content-type", "text/plain"),
        ("$integration.response.body.message", None),
    ],
)
def test_places(expression, selected):
    body = json.dumps({"a": {"b": 1}, "c": "x", "list": [1]})
    response = Response(404, [("Content-Type", "text/plain")], b'{"message": "x"}')
    assert select(expression, body, "q=2", {"x-mine": "me"}, response) == selected


@pytest.mark.parametrize("expression", ["$nowhere", "${request.method}", "$requests.body"])
def test_places_that_are_none(expression):
    assert not is_selection(expression)
