import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.services.logs.conditions import InvalidPattern
from penstock.services.logs.filter_pattern import compile_pattern

EVENT = json.dumps(
    {
        "eventType": "UpdateTrail",
        "sourceIPAddress": "111.111.111.111",
        "arrayKey": ["value", "another value"],
        "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
        "SomeObject": None,
        "cluster.name": "c",
        "latency": 50,
        "ratio": 1.5e3,
        "ok": True,
    }
)


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ('{ $.eventType = "UpdateTrail" }', True),
        ("{ $.eventType = UpdateTrail }", True),
        ("{$.eventType=Update*}", True),
        ('{ $.eventType != "UpdateTrail" }', False),
        ('{ $.missing != "UpdateTrail" }', False),
        ("{ $.sourceIPAddress != 123.123.* }", True),
        ("{ $.sourceIPAddress = %111\\.\\d+\\.% }", True),
        ('{ $.arrayKey[0] = "value" }', True),
        ('{ $.arrayKey[9] = "value" }', False),
        ('{ $.arrayKey[*] = "another value" }', True),
        ("{ $.objectList[1].id = 2 }", True),
        ("{ $.objectList[*].id = 3 }", False),
        ("{ $.objectList = 2 }", False),
        ("{ $.SomeObject IS NULL }", True),
        ("{ $.latency IS NULL }", False),
        ("{ $.SomeOtherObject NOT EXISTS }", True),
        ("{ $.latency NOT EXISTS }", False),
        ("{ $.ok IS TRUE }", True),
        ("{ $.ok IS FALSE }", False),
        ("{ $.latency >= 50 && $.latency < 51 }", True),
        ("{ $.latency = 5* }", True),
        ("{ $.ratio = 1500 }", True),
        ("{ $.ratio > 1e4 }", False),
        ("{ $['cluster.name'] = \"c\" }", True),
        ("{ $.['cluster.name'] = \"d\" }", False),
        ('{ ($.latency = 1 || $.ok IS TRUE) && ($.eventType = "*Trail") }', True),
        ('{ $.latency = 1 && $.ok IS TRUE || $.eventType = "*Trail" }', True),
        ('{ $.latency = 1 && ($.ok IS TRUE || $.eventType = "*Trail") }', False),
    ],
)
def test_json(pattern, matches):
    assert (compile_pattern(pattern)(EVENT) is not None) is matches


def test_json_does_not_match_text():
    assert compile_pattern("{ $.a NOT EXISTS }")("plain text") is None


LINE = '127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("[ip, user, username, timestamp, request, status_code, bytes]", True),
        ("[ip, user, username, timestamp, request, status_code]", False),
        ("[..., status_code, bytes]", True),
        ("[ip, user, ..., bytes]", True),
        ("[ip, user, username, timestamp, request =*.html*, status_code = 4*, bytes]", True),
        ("[ip, user, username, timestamp, request, status_code = 4*, bytes > 1534]", False),
        ("[..., status_code = 4* || status_code = 5*, bytes >= 1534]", True),
        ("[ip!=%^10\\.%, ...]", True),
        ("[ip, user = Prod && user != Dev, ...]", True),
        ('[,,"frank",...]', None),
        ("[]", True),
    ],
)
def test_fields(pattern, matches):
    if matches is None:
        with pytest.raises(InvalidPattern):
            compile_pattern(pattern)
    else:
        assert (compile_pattern(pattern)(LINE) is not None) is matches


def test_unnamed_fields_go_by_number():
    assert compile_pattern("[, , last = c]")("a b c") == {"$1": "a", "$2": "b", "$last": "c"}


@pytest.mark.parametrize(
    ("pattern", "message", "matches"),
    [
        ("ERROR", "[ERROR 400] BAD REQUEST", True),
        ("error", "[ERROR 400] BAD REQUEST", False),
        ("ERROR ARGUMENTS", "ERROR 401 MISSING ARGUMENTS", True),
        ("ERROR ARGUMENTS", "ERROR 401", False),
        ("?ERROR ?WARN", "a WARN b", True),
        ("?ERROR ?WARN", "nothing", False),
        ("ERROR ?WARN", "ERROR", True),
        ("ERROR -EXITING", "ERROR EXITING", False),
        ("-EXITING", "anything", True),
        ('"INTERNAL SERVER ERROR"', "INTERNAL ERROR", False),
        ('-"a \\"b\\""', 'x a "b" y', False),
        ("%AUTHORIZED%", "[ERROR 401] UNAUTHORIZED REQUEST", True),
        ("%gr[ae]y|black%", "a grey cat", True),
    ],
)
def test_terms(pattern, message, matches):
    assert (compile_pattern(pattern)(message) is not None) is matches


@pytest.mark.parametrize(
    "pattern",
    [
        "a.b",
        "{ $.a }",
        "{ $.a = }",
        "{ $.a = 1 && }",
        "{ ($.a = 1 }",
        "{ $.a < x }",
        "{ a = 1 }",
        "%[%",
        "[a b]",
        "{ }",
    ],
)
def test_refuses(pattern):
    with pytest.raises(InvalidPattern):
        compile_pattern(pattern)


# -- properties --------------------------------------------------------------------------------------

words = st.from_regex(re.compile(r"[a-z]{1,4}", re.ASCII), fullmatch=True)


@given(
    required=st.lists(words, max_size=3), excluded=st.lists(words, max_size=2), message=st.text("abcz ", max_size=30)
)
def test_terms_mean_containment(required, excluded, message):
    pattern = " ".join([*required, *("-" + word for word in excluded)])
    expected = all(word in message for word in required) and not any(word in message for word in excluded)
    assert (compile_pattern(pattern)(message) is not None) is expected


scalars = st.one_of(st.integers(-50, 50), st.booleans(), st.text("abc*", max_size=3), st.none())


@given(value=scalars, bound=st.integers(-50, 50), sign=st.sampled_from(["<", "<=", ">", ">=", "=", "!="]))
def test_numbers_compare_as_python_compares_them(value, bound, sign):
    matched = compile_pattern(f"{{ $.v {sign} {bound} }}")(json.dumps({"v": value})) is not None
    if isinstance(value, bool) or not isinstance(value, int):
        assert matched is (sign == "!=" and value is not None)
    else:
        python = {"=": "=="}.get(sign, sign)
        assert matched is eval(f"{value} {python} {bound}")


def trees(leaf):
    return st.recursive(leaf, lambda below: st.tuples(st.sampled_from(["&&", "||"]), below, below), max_leaves=6)


def written(tree):
    return f"$.{tree} IS TRUE" if isinstance(tree, str) else f"({written(tree[1])}) {tree[0]} ({written(tree[2])})"


def truth(tree, values):
    if isinstance(tree, str):
        return values[tree]
    join = all if tree[0] == "&&" else any
    return join((truth(tree[1], values), truth(tree[2], values)))


@given(tree=trees(st.sampled_from("abc")), values=st.fixed_dictionaries({name: st.booleans() for name in "abc"}))
def test_logic_and_parentheses(tree, values):
    matched = compile_pattern(f"{{ {written(tree)} }}")(json.dumps(values)) is not None
    assert matched is truth(tree, values)


@given(st.text(max_size=40))
def test_any_text_compiles_or_is_refused(pattern):
    try:
        match = compile_pattern(pattern)
    except InvalidPattern:
        return
    found = match('{"a": 1}')
    assert found is None or isinstance(found, dict)
