"""What targets receive, against the examples of AWS's user guide and answers recorded from AWS."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.delivery.paths import MISSING, compile_path
from penstock.delivery.transform import Event, InputError, compile_input

RULE = "arn:aws:events:us-east-1:123456789012:rule/bus/rule-1"
DOCUMENT: dict[str, Any] = {
    "version": "0",
    "id": "7bf73129-1428-4cd3-a780-95db273d1602",
    "detail-type": "EC2 Instance State-change Notification",
    "source": "aws.ec2",
    "account": "123456789012",
    "time": "2015-11-11T21:29:54Z",
    "region": "us-east-1",
    "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111"],
    "detail": {
        "instance-id": "i-0123456789",
        "state": "RUNNING",
        "count": 3,
        "ratio": 0.5,
        "ready": True,
        "none": None,
        "said": 'a "quoted"\nline',
        "tags": ["x", "y"],
        "owner": {"name": "Ann", "ids": [1, 2]},
        "items": [{"sku": "a"}, {"sku": "b"}],
    },
}
EVENT = Event(json.dumps(DOCUMENT), DOCUMENT, "2015-11-11T21:29:55Z")
PATHS = {
    "timestamp": "$.time",
    "instance": "$.detail.instance-id",
    "state": "$.detail.state",
    "resource": "$.resources[0]",
    "count": "$.detail.count",
    "ready": "$.detail.ready",
    "none": "$.detail.none",
    "said": "$.detail.said",
    "tags": "$.detail.tags",
    "owner": "$.detail.owner",
    "skus": "$.detail.items[*].sku",
    "missing": "$.detail.nothing.here",
}


def rendered(**target: Any) -> str:
    return compile_input({"Id": "t1", **target}, RULE, "rule-1")(EVENT)


def transformed(template: str) -> str:
    return rendered(InputTransformer={"InputPathsMap": PATHS, "InputTemplate": template})


def test_the_whole_event_by_default() -> None:
    assert rendered() == EVENT.text
    assert rendered(InputPath="$") == EVENT.text


def test_constant_input() -> None:
    assert rendered(Input='{"a": 1}') == '{"a": 1}'


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("$.detail.owner", '{"name":"Ann","ids":[1,2]}'),
        ("$.detail.state", '"RUNNING"'),
        ("$.detail.count", "3"),
        ("$.detail.tags[1]", '"y"'),
        ("$.detail['instance-id']", '"i-0123456789"'),
        ("$.detail.items[*].sku", '["a","b"]'),
        ("$.nowhere", "null"),
    ],
)
def test_input_path(path: str, text: str) -> None:
    assert rendered(InputPath=path) == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ('"instance <instance> is in <state>"', '"instance i-0123456789 is in RUNNING"'),
        ('"{[/starts oddly <state>"', '"{[/starts oddly RUNNING"'),
        ('"nothing: <missing>"', '"nothing: "'),
        ('"<instance>"\n"<state>"', '"i-0123456789"\n"RUNNING"'),
        ('"is \\"<state>\\" now"', '"is \\"RUNNING\\" now"'),
        ('"<count> <ready> <none>"', '"3 true null"'),
        ('"tags <tags> of <owner>"', '"tags [x,y] of {name:Ann,ids:[1,2]}"'),
        ('"<said>"', '"a \\"quoted\\"\\nline"'),
        ("<owner>", '{"name":"Ann","ids":[1,2]}'),
    ],
)
def test_text_template(template: str, text: str) -> None:
    assert transformed(template) == text


@pytest.mark.parametrize(
    ("template", "document"),
    [
        ('{"instance" : <instance>, "state": <state>}', {"instance": "i-0123456789", "state": "RUNNING"}),
        (
            '{"state": "<state>", "status": "instance \\"<instance>\\" is in <state>"}',
            {"state": "RUNNING", "status": 'instance "i-0123456789" is in RUNNING'},
        ),
        ('{"state": [9, <state>, true], "t": "Yes"}', {"state": [9, "RUNNING", True], "t": "Yes"}),
        ('{"n": <count>, "o": <owner>, "l": <tags>}', {"n": 3, "o": {"name": "Ann", "ids": [1, 2]}, "l": ["x", "y"]}),
        ('{"skus": <skus>, "gone": <missing>, "none": <none>}', {"skus": ["a", "b"], "gone": "", "none": None}),
        ('{"said": <said>, "again": "-<said>-"}', {"said": 'a "quoted"\nline', "again": '-a "quoted"\nline-'}),
        ('{"rule": <aws.events.rule-arn>, "n": "<aws.events.rule-name>"}', {"rule": RULE, "n": "rule-1"}),
        ('{"at": <aws.events.event.ingestion-time>}', {"at": "2015-11-11T21:29:55Z"}),
        ('{"all": <aws.events.event.json>}', {"all": DOCUMENT}),
    ],
)
def test_json_template(template: str, document: Any) -> None:
    assert json.loads(transformed(template)) == document


def test_the_event_without_its_detail() -> None:
    event = json.loads(transformed('{"event": <aws.events.event>}'))["event"]
    assert event["detailType"] == DOCUMENT["detail-type"]
    assert not {"detail", "detail-type"} & set(event)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (
            {"Input": "{}", "InputPath": "$.a"},
            "Only one of Input, InputPath, or InputTransformer must be provided for target t1.",
        ),
        ({"Input": "{bad"}, "Input for target t1 is not a valid JSON text."),
        ({"InputPath": "detail"}, "InputPath for target t1 is invalid."),
        (
            {"InputTransformer": {"InputTemplate": '"<undefined>"'}},
            "InputTemplate for target t1 contains invalid placeholder undefined.",
        ),
        (
            {"InputTransformer": {"InputTemplate": "no quotes"}},
            'Invalid InputTemplate for target t1 : [Source: (String)"no quotes"; line: 1, column: 1].',
        ),
    ],
)
def test_errors(target: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as raised:
        rendered(**target)
    assert str(raised.value) == message


@given(
    st.recursive(
        st.text() | st.integers(-(2**53), 2**53) | st.booleans() | st.none(),
        lambda v: st.lists(v) | st.dictionaries(st.text(), v),
    )
)
def test_any_value_in_a_json_template_gives_json(value: Any) -> None:
    target = {
        "Id": "t",
        "InputTransformer": {"InputPathsMap": {"v": "$.v"}, "InputTemplate": '{"bare": <v>, "quoted": "a<v>b"}'},
    }
    document = json.loads(compile_input(target, RULE, "r")(Event("", {"v": value}, "")))
    assert document["bare"] == value
    if isinstance(value, str):
        assert document["quoted"] == f"a{value}b"


@pytest.mark.parametrize("path", ["", "a", "$a", "$.", "$..a", "$[", "$[x]", "$.a[", "$.a[?(@.b)]"])
def test_not_a_path(path: str) -> None:
    with pytest.raises(ValueError):
        compile_path(path)


def test_a_path_to_null_is_not_missing() -> None:
    assert compile_path("$.a")({"a": None}) is None
    assert compile_path("$.b")({"a": None}) is MISSING
    assert compile_path("$.a.*")({"a": {"x": 1, "y": 2}}) == [1, 2]
