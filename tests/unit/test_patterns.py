"""What each operator of the event pattern language accepts, and how AWS words what it refuses."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.delivery.patterns import PatternError, compile
from penstock.delivery.patterns.keys import blocks

# (operator or value, events' values it accepts, values it does not)
OPERATORS: list[tuple[Any, list[Any], list[Any]]] = [
    ("a", ["a", ["b", "a"], [["a"]]], ["A", "ab", None, 1, [], {"a": "a"}]),
    ("", [""], [None, " ", []]),
    (None, [None, [1, None]], ["", "null", [], 0, False]),
    (True, [True], ["true", 1, False]),
    (1, [1, 1.0, [2, 1]], [True, "1", 1.5]),
    (300, [300.0, 3.0e2], [300.1]),
    (123456789012, [123456789012], ["123456789012", 123456789013]),
    ({"exactly": "a"}, ["a"], ["b"]),
    ({"prefix": "ab"}, ["ab", "abc"], ["a", "Abc", 1, None]),
    ({"prefix": ""}, ["", "x"], [1, None, []]),
    ({"prefix": {"equals-ignore-case": "EventB"}}, ["eventbridge", "EVENTB"], ["event", 1]),
    ({"suffix": ".png"}, ["a.png", ".png"], ["png", "a.PNG", None]),
    ({"suffix": {"equals-ignore-case": ".PNG"}}, ["a.png"], ["a.jpg"]),
    ({"equals-ignore-case": "Alice"}, ["ALICE", "alice"], ["alic", None, 1]),
    ({"equals-ignore-case": ""}, [""], ["x", None]),
    ({"wildcard": "a*c"}, ["ac", "abc", "a\nc", "abcabc"], ["ab", "xabc", 1]),
    ({"wildcard": "*"}, ["", "x"], [1, None]),
    ({"wildcard": "a\\*b\\\\*"}, ["a*b\\", "a*b\\c"], ["axb\\", "a*b"]),
    (
        {"wildcard": "/Users/*/dir/dir/dir/dir/dir/doc.txt"},
        ["/Users/me/dir/dir/dir/dir/dir/doc.txt"],
        ["/Users/doc.txt"],
    ),
    ({"anything-but": "a"}, ["b", 1, None, True, ["a", "b"]], ["a", ["a"], []]),
    ({"anything-but": ["a", "b"]}, ["c", None], ["a", "b"]),
    ({"anything-but": 0}, [789, "0", False], [0, 0.0]),
    ({"anything-but": [100, 200]}, [300, "100"], [100, 200.0]),
    ({"anything-but": {"prefix": "init"}}, ["x", 12, None], ["initial"]),
    ({"anything-but": {"prefix": ["a", "b"]}}, ["c", 12], ["ax", "bx"]),
    ({"anything-but": {"suffix": [".png", ".jpg"]}}, ["a.gif", None], ["a.png", "a.jpg"]),
    ({"anything-but": {"equals-ignore-case": ["A", "b"]}}, ["c"], ["a", "B"]),
    ({"anything-but": {"wildcard": ["*/init/*", "*.tmp"]}}, ["a/b", 1], ["a/init/b", "x.tmp"]),
    ({"anything-but": {"wildcard": ""}}, ["x"], [""]),
    ({"numeric": ["=", 3.018e2]}, [301.8], [301.9, "301.8", None, True]),
    ({"numeric": ["<", 10]}, [9.999999, -5e9], [10, 10.5, -5.1e9]),
    ({"numeric": ["<=", 10]}, [10], [10.000001]),
    ({"numeric": [">", 0, "<=", 5]}, [0.000001, 5], [0, 5.000001, "3"]),
    ({"numeric": [">=", -5e9]}, [-5e9, 5e9], [5e9 + 1]),
    ({"numeric": ["=", 0.1]}, [0.1, 0.10000001], [0.100001]),
    ({"numeric": ["<", -5e9]}, [], [-5e9, 0]),
    ({"cidr": "10.0.0.0/24"}, ["10.0.0.0", "10.0.0.255"], ["10.0.1.0", "10.0.0", "x", 1, "::a00:1"]),
    ({"cidr": "10.0.0.9/24"}, ["10.0.0.1"], ["10.0.1.9"]),
    ({"cidr": "2001:db8::/32"}, ["2001:DB8:1::1"], ["2001:db9::", "10.0.0.1", "host:name"]),
    ({"exists": True}, [None, "", 0, [1]], [[], {"b": 1}, {}]),
]
OPERATOR_CASES = [
    (operator, value, expected)
    for operator, yes, no in OPERATORS
    for value, expected in [*((value, True) for value in yes), *((value, False) for value in no)]
]


@pytest.mark.parametrize(("operator", "value", "expected"), OPERATOR_CASES)
def test_operator(operator: Any, value: Any, expected: bool) -> None:
    assert compile({"detail": {"f": [operator]}}).matches({"detail": {"f": value}}) is expected


@pytest.mark.parametrize("operator", [operator for operator, _, _ in OPERATORS])
def test_no_operator_but_exists_false_accepts_a_missing_field(operator: Any) -> None:
    assert not compile({"f": [operator]}).matches({"g": 1})
    assert compile({"f": [operator, {"exists": False}]}).matches({"g": 1})


@pytest.mark.parametrize(
    ("pattern", "event", "expected"),
    [
        ({"a": ["x", {"prefix": "y"}]}, {"a": "yes"}, True),
        ({"a": [1], "b": [2]}, {"a": 1, "b": 2, "c": 3}, True),
        ({"a": [1], "b": [2]}, {"a": 1}, False),
        ({"a": {"b": ["x"]}}, {"a": {"b": "x"}}, True),
        ({"a.b": ["x"]}, {"a": {"b": "x"}}, True),
        ({"a": {"b": ["x"]}}, {"a.b": "x"}, True),
        ({"a": {"b": ["x"]}}, {"a": "x"}, False),
        # exists looks at leaves only
        ({"a": [{"exists": False}]}, {"a": {"b": 1}}, True),
        ({"a": [{"exists": False}]}, {"a": []}, True),
        ({"a": [{"exists": False}]}, {"a": None}, False),
        ({"a": {"b": [{"exists": False}]}}, {}, True),
        # alternatives
        ({"$or": [{"a": [1]}, {"b": [2]}]}, {"b": 2}, True),
        ({"$or": [{"a": [1]}, {"b": [2]}], "c": [3]}, {"b": 2}, False),
        ({"$or": [{"a": [1]}, {"b": [2], "$or": [{"c": [3]}, {"d": [4]}]}]}, {"b": 2, "d": 4}, True),
        ({"$or": [{"a": [1]}, {"b": [2], "$or": [{"c": [3]}, {"d": [4]}]}]}, {"b": 2, "e": 4}, False),
        ({"x": {"$or": [{"a": [1]}, {"b": [2]}]}}, {"x": {"b": 2}}, True),
        ({"$or": [{"a": [1]}, {"b": [2]}], "x": {"$or": [{"c": [1]}, {"d": [2]}]}}, {"a": 1, "x": {"d": 2}}, True),
        ({"$or": {"a": [1]}}, {"$or": {"a": 1}}, True),
        # arrays of objects: what matches has to lie in one object
        ({"l": {"a": [1], "b": [2]}}, {"l": [{"a": 1, "b": 2}]}, True),
        ({"l": {"a": [1], "b": [2]}}, {"l": [{"a": 1, "b": 0}, {"a": 0, "b": 2}]}, False),
        ({"l": {"a": [1], "b": [2]}}, {"l": [{"a": 1, "b": 0}, {"a": 1, "b": 2}]}, True),
        ({"l": {"a": [1], "m": {"b": [2]}}}, {"l": [{"a": 1, "m": [{"b": 3}, {"b": 2}]}, {"a": 0}]}, True),
        ({"l": {"a": [1], "m": {"b": [2]}}}, {"l": [{"a": 1, "m": [{"b": 3}]}, {"m": [{"b": 2}]}]}, False),
        ({"l": {"a": [1]}, "m": {"a": [2]}}, {"l": [{"a": 0}, {"a": 1}], "m": [{"a": 2}]}, True),
        ({"l": {"id": [{"exists": True}]}}, {"l": [{"key1": 1}, {"id": 2}]}, True),
        ({"l": {"a": [1], "b": [{"exists": False}]}}, {"l": [{"a": 1}, {"a": 2, "b": 1}]}, True),
    ],
)
def test_structure(pattern: dict[str, Any], event: dict[str, Any], expected: bool) -> None:
    assert compile(json.dumps(pattern)).matches(event) is expected


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ('["a"]', "Filter is not an object"),
        ("{}", "Empty objects are not allowed"),
        ('{"a": {}}', "Empty objects are not allowed"),
        ('{"a": []}', "Empty arrays are not allowed"),
        ('{"int": 42}', '"int" must be an object or an array'),
        ('{"a": [["x"]]}', "Match value must be String, number, true, false, or null"),
        ('{"a": [{}]}', "Match expression name not found"),
        ('{"a": [{"EXISTS": true}]}', "Unrecognized match type EXISTS"),
        ('{"a": [{"exists": "yes"}]}', "exists match pattern must be either true or false."),
        ('{"a": [{"prefix": "a", "suffix": "b"}]}', "Only one key allowed in match expression"),
        ('{"a": [{"prefix": ["x"]}]}', "prefix match pattern must be a string"),
        ('{"a": [{"prefix": {"suffix": "x"}}]}', "Unsupported prefix pattern: suffix"),
        ('{"a": [{"prefix": {}}]}', "Prefix expression name not found"),
        ('{"a": [{"suffix": 1}]}', "suffix match pattern must be a string"),
        ('{"a": [{"equals-ignore-case": ["x"]}]}', "equals-ignore-case match pattern must be a string"),
        ('{"a": [{"wildcard": 1}]}', "wildcard match pattern must be a string"),
        ('{"a": [{"wildcard": "arn:aws:events:us-east-1:**"}]}', "Consecutive wildcard characters at pos 26"),
        ('{"a": [{"wildcard": "a\\\\b"}]}', "Invalid escape character at pos 2"),
        (
            '{"a": [{"wildcard": "*:*:*:*:*:event-bus/*"}]}',
            "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a "
            "wildcard character",
        ),
        ('{"a": [{"anything-but": null}]}', "Value of anything-but must be an array or single string/number value."),
        ('{"a": [{"anything-but": ["a", null]}]}', "Inside anything but list, start|null|boolean is not supported."),
        (
            '{"a": [{"anything-but": ["a", 1]}]}',
            "Inside anything but list, either all values are number or string, mixed type is not supported",
        ),
        ('{"a": [{"anything-but": {"cidr": "x"}}]}', "Unsupported anything-but pattern: cidr"),
        ('{"a": [{"anything-but": {"prefix": ""}}]}', "Null prefix/suffix not allowed"),
        ('{"a": [{"anything-but": {"prefix": 123}}]}', "prefix/suffix match pattern must be a string"),
        (
            '{"a": [{"anything-but": {"prefix": {"equals-ignore-case": "x"}}}]}',
            "Value of anything-but must be an array or single string/number value.",
        ),
        (
            '{"a": [{"anything-but": {"equals-ignore-case": [1]}}]}',
            "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
        ),
        ('{"a": [{"anything-but": {"wildcard": [1, "*"]}}]}', "wildcard match pattern must be a string"),
        ('{"a": [{"numeric": 1}]}', "Value of numeric must be an array."),
        ('{"a": [{"numeric": []}]}', "Invalid member in numeric match: ]"),
        ('{"a": [{"numeric": [1]}]}', "Invalid member in numeric match: 1"),
        ('{"a": [{"numeric": ["~", 1]}]}', "Unrecognized numeric range operator: ~"),
        ('{"a": [{"numeric": ["=", "1"]}]}', "Value of equals must be numeric"),
        ('{"a": [{"numeric": [">", 0, "<"]}]}', "Value of < must be numeric"),
        ('{"a": [{"numeric": [">", 0, ">", 1]}]}', "Bad numeric range operator: >"),
        ('{"a": [{"numeric": [">", 0, 1]}]}', "Bad value in numeric range: 1"),
        ('{"a": [{"numeric": ["<", 0, ">", 1]}]}', "Too many elements in numeric expression"),
        ('{"a": [{"numeric": [">", 0, "<", 5, 6]}]}', "Too many terms in numeric range expression"),
        ('{"a": [{"numeric": [">", 5, "<", 5]}]}', "Bottom must be less than top"),
        ('{"a": [{"numeric": ["=", 5e10]}]}', "Value must be between -5.0E9 and 5.0E9, inclusive"),
        ('{"a": [{"cidr": ["x"]}]}', "prefix match pattern must be a string"),
        ('{"a": [{"cidr": "10.0.0.0"}]}', "Malformed CIDR, one '/' required"),
        ('{"a": [{"cidr": "10.0.0.0/x"}]}', "Malformed CIDR, mask bits must be an integer"),
        ('{"a": [{"cidr": "xx.11.xx/8"}]}', "Nonstandard IP address: xx.11.xx"),
        ('{"a": [{"cidr": "10.0.0.0/32"}]}', "IPv4 mask bits must be < 32"),
        (
            "this is no JSON",
            "Unrecognized token 'this': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or "
            "'false')",
        ),
        ("{'bad': 1}", "Unexpected character (''' (code 39)): was expecting double-quote to start field name"),
        ('{"a": ', "Unexpected end-of-input"),
    ],
)
def test_reason(pattern: str, reason: str) -> None:
    with pytest.raises(PatternError) as raised:
        compile(pattern)
    assert raised.value.reason == reason
    said, _, _ = str(raised.value).partition("\n at [Source: (String)")
    assert said == f"Event pattern is not valid. Reason: {reason}"


@pytest.mark.parametrize(
    ("pattern", "place"),
    [
        ("this is no JSON", '"this is no JSON"; line: 1, column: 5]'),
        ("{'bad': 1}", "\"{'bad': 1}\"; line: 1, column: 2]"),
        ('{"not": closed mark"', '"{"not": closed mark""; line: 1, column: 15]'),
        ('["a"]', '"["a"]"; line: 1, column: 2]'),
        ('{"a":\n  b}', '"{"a":\n  b}"; line: 2, column: 4]'),
        ("x" * 501, f'"{"x" * 500}"[truncated 1 chars]; line: 1, column: 502]'),
    ],
)
def test_place_of_what_is_no_object(pattern: str, place: str) -> None:
    with pytest.raises(PatternError) as raised:
        compile(pattern)
    assert str(raised.value).endswith(f"\n at [Source: (String){place}")


@given(st.integers(0, 4000), st.integers(0, 4000), st.integers(0, 4000))
def test_blocks_cover_a_range_exactly(low: int, high: int, number: int) -> None:
    found = [level for level, block in blocks(low, high) if number >> level == block]
    assert len(found) == (low <= number <= high)
