"""The template language of pipes, and parameters that are paths."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.base.errors import AwsError
from penstock.delivery.mappings import BatchFailed
from penstock.services.pipes.templates import Event, as_json, compile_parameters, compile_template

NOW = "2026-01-02T03:04:05.678Z"
VARIABLES = {"pipe-arn": "arn:aws:pipes:us-east-1:000000000000:pipe/p", "pipe-name": "p", "enrichment-arn": ""}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.text(alphabet="abcXYZ_-/019", min_size=1, max_size=8)


def message(body: Any) -> Event:
    """A message whose body is the JSON text of `body`."""
    record = {"messageId": "m", "body": json.dumps(body)}
    parsed = {**record, "body": body} if isinstance(body, dict | list) else record
    return Event.from_source(record, parsed)


def render(template: str | None, event: Event) -> str:
    return compile_template(template, VARIABLES)(event, NOW)


@given(VALUES)
def test_without_a_template_an_event_is_itself(body: Any) -> None:
    event = message(body)
    assert json.loads(render(None, event)) == event.given
    assert render("", event) == render(None, event)


@given(NAMES, VALUES)
def test_a_path_outside_of_quotes_is_json(name: str, value: Any) -> None:
    event = message({name: value})
    assert json.loads(render(f"<$.body.{name}>", event)) == value
    template = f'{{"a": <$.body.{name}>, "b": [<$.body.{name}>]}}'
    assert json.loads(render(template, event)) == {
        "a": value,
        "b": [value],
    }


@given(st.text(), st.text(alphabet=st.characters(blacklist_characters='<>"\\', blacklist_categories=("Cc", "Cs"))))
def test_a_string_inside_of_quotes_stays_part_of_it(value: str, before: str) -> None:
    event = message({"v": value})
    assert json.loads(render(f'{{"a": "{before}<$.body.v>!"}}', event)) == {"a": f"{before}{value}!"}


@given(st.lists(VALUES, min_size=1, max_size=4), st.integers(0, 3))
def test_items_of_arrays(items: list[Any], index: int) -> None:
    event = message({"list": items})
    assert json.loads(render("<$.body.list[*]>", event)) == items
    found = render(f"<$.body.list[{index}]>", event)
    assert json.loads(found) == (items[index] if index < len(items) else "")


@given(st.text())
def test_text_without_placeholders_is_left_alone(text: str) -> None:
    if "<$" not in text and "<aws.pipes." not in text:
        assert render(text, message({})) == text or not text


@pytest.mark.parametrize(
    ("template", "rendered"),
    [
        ('"Hello, sender"', '"Hello, sender"'),
        ("<$.messageId>", '"m"'),
        ('"Hello, <$.messageId>"', '"Hello, m"'),
        ("<$.body>", '{"a":1}'),
        ('"<$.body>"', '"{a:1}"'),
        ("<$.nothing.there>", '""'),
        ("<aws.pipes.pipe-name>", '"p"'),
        ("<aws.pipes.enrichment-arn>", '""'),
        ("<aws.pipes.event.ingestion-time>", f'"{NOW}"'),
        ("<aws.pipes.event>", '{"messageId":"m","body":"{\\"a\\": 1}"}'),
        ("<aws.pipes.event.json>", '{"messageId":"m","body":{"a":1}}'),
        ("a < b > c <x>", "a < b > c <x>"),
    ],
)
def test_examples(template: str, rendered: str) -> None:
    assert render(template, message({"a": 1})) == rendered


def test_a_body_that_is_not_json() -> None:
    assert render("<aws.pipes.event.json>", message("text")) == '""'
    assert render("<$.body>", Event.from_source({"body": "te\nxt"}, {"body": "te\nxt"})) == '"te\\nxt"'


def test_what_an_enrichment_returned() -> None:
    assert render("<$.a[0].b>", Event.of({"a": [{"b": [1]}]})) == "[1]"
    assert render("<aws.pipes.event.json>", Event.of("text")) == '""'
    assert render("<aws.pipes.event>", Event.of("text")) == '"text"'


@pytest.mark.parametrize("template", ["<aws.pipes.who>", "<$.a[>", "<$a>"])
def test_what_is_refused(template: str) -> None:
    with pytest.raises(AwsError, match="Invalid InputTemplate"):
        compile_template(template, VARIABLES)


@given(st.text())
def test_whatever_is_rendered_can_be_made_json(text: str) -> None:
    found = json.loads(as_json(text))
    assert found == text or as_json(text) == text


@given(VALUES)
def test_parameters_without_paths_are_what_they_are(value: Any) -> None:
    text = json.dumps(value)
    if "$." not in text:
        assert compile_parameters(value)(message({})) == value


def test_parameters_with_paths() -> None:
    given_ = {"a": "$.body.x", "b": ["$.body.list[1]", "$5.00", "x $.body.x"], "c": {"d": "$.body.o"}, "n": 1}
    event = message({"x": "1", "list": [1, 2], "o": {"p": True}})
    assert compile_parameters(given_)(event) == {
        "a": "1",
        "b": ["2", "$5.00", "x $.body.x"],
        "c": {"d": '{"p":true}'},
        "n": 1,
    }


@pytest.mark.parametrize("path", ["$.body.y", "$.body.null"])
def test_a_path_that_leads_nowhere(path: str) -> None:
    with pytest.raises(BatchFailed, match="leads nowhere"):
        compile_parameters({"a": path})(message({"null": None}))
