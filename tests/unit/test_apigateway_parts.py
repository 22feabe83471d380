"""The gateways' pure parts: routes, JSONPath, patches, policies, media types, periods of quotas."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.base.errors import AwsError
from penstock.services.apigateway.patch import Patcher, boolean, listed, mapping, nested, scalar
from penstock.services.apigateway.usage_plans import period_start
from penstock.web.gateways.invoke_policy import decide
from penstock.web.gateways.json_path import compile_path
from penstock.web.gateways.payloads import Malformed, MediaTypes, Values, read_1, response_1, response_2
from penstock.web.gateways.router import Router, strict_segments

PART = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=5)


@given(st.lists(st.lists(PART, min_size=1, max_size=4), min_size=1, max_size=8))
def test_a_literal_route_finds_itself_among_parameters_and_greed(paths):
    router: Router[str] = Router()
    router.add("/{proxy+}", "ANY", "greedy")
    router.add("/{name}", "GET", "parameter")
    for path in paths:
        router.add("/" + "/".join(path), "GET", "/".join(path))
    for path in paths:
        assert router.match("/" + "/".join(path), "GET") == ("/".join(path), {})
        assert router.match("/" + "/".join(path), "PUT") == ("greedy", {"proxy": "/".join(path)})


def test_routes_fall_back_to_the_less_specific():
    router: Router[str] = Router()
    for path, method in (("/a/b", "GET"), ("/a/{x}/c", "GET"), ("/{y}", "POST"), ("/", "GET")):
        router.add(path, method, path)
    assert router.match("/a/b/c", "GET") == ("/a/{x}/c", {"x": "b"})
    assert router.match("/a", "POST") == ("/{y}", {"y": "a"})
    assert router.match("", "GET") == router.match("/", "GET") == ("/", {})
    assert router.match("/a", "GET") is None


def test_a_trailing_slash_counts_where_routes_are_strict():
    router: Router[str] = Router(strict_segments)
    router.add("/a", "GET", "a")
    assert router.match("/a", "GET") == ("a", {})
    assert router.match("/a/", "GET") is None


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", {"a": {"b": [1, {"c": 2}]}, "x-y": 3, "n": None}),
        ("$.a.b[0]", 1),
        ("$.a.b[-1].c", 2),
        ("$['a']['b'][1]['c']", 2),
        ('$["x-y"]', 3),
        ("$.x-y", 3),
        ("$.a.b[*]", [1, {"c": 2}]),
        ("$..c", [2]),
        ("$.n", None),
        ("$.nope.deeper", None),
        ("$.a.b[9]", None),
        ("$.[", None),
        ("a.b[0]", 1),
    ],
)
def test_json_paths(path, found):
    assert compile_path(path)({"a": {"b": [1, {"c": 2}]}, "x-y": 3, "n": None}) == found


def patched(document, *operations, **members):
    fields = ("op", "path", "value")
    return Patcher(members).apply(document, [dict(zip(fields, operation, strict=False)) for operation in operations])


def test_patches():
    assert patched({}, ("replace", "/a", "true"), a=scalar(boolean)) == {"a": True}
    assert patched({"a": "x"}, ("remove", "/a"), a=scalar(ops=("remove",))) == {}
    assert patched({}, ("add", "/m/a~1b~0c", "1"), m=mapping()) == {"m": {"a/b~c": "1"}}
    assert patched({"m": {"a": "1"}}, ("remove", "/m/a"), m=mapping()) == {}
    assert patched({"l": ["a", "b"]}, ("replace", "/l/a", "c"), l=listed()) == {"l": ["b", "c"]}
    assert patched({}, ("replace", "/n/i", "7"), n=nested({"i": int})) == {"n": {"i": 7}}


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (("replace", "/b", "1"), "Invalid patch path /b"),
        (("replace", "/a/b", "1"), "Invalid patch path /a/b"),
        (("add", "/a", "1"), "Invalid patch operation specified. Must be one of: [replace]"),
        (("replace", "/a", "x"), "Invalid patch value  'x' specified for op 'replace' on path '/a'"),
    ],
)
def test_patches_that_are_refused(operation, message):
    with pytest.raises(AwsError) as caught:
        patched({}, operation, a=scalar(int))
    assert (caught.value.code, caught.value.message) == ("BadRequestException", message)


ARN = "arn:aws:execute-api:us-east-1:1:api/dev/GET/a/7"


@pytest.mark.parametrize(
    ("statements", "verdict"),
    [
        ([("Allow", "execute-api:Invoke", ARN)], "Allow"),
        ([("Allow", ["execute-api:*"], [ARN[:-1] + "*"])], "Allow"),
        ([("Allow", "*", "arn:*:dev/GET/a/?")], None),
        ([("Allow", "*", "arn:*/dev/GET/a/?")], "Allow"),
        ([("Allow", "*", "*"), ("Deny", "execute-api:invoke", ARN)], "Deny"),
        ([("Allow", "s3:*", "*")], None),
        ([], None),
    ],
)
def test_policies(statements, verdict):
    policy = {"Statement": [dict(zip(("Effect", "Action", "Resource"), item, strict=True)) for item in statements]}
    assert decide(policy, ARN) == verdict


def test_media_types():
    types = MediaTypes(["image/*", "Application/PDF"])
    assert types.match("image/png") and types.match("application/pdf; version=1") and types.match("image/a, text/b")
    assert not types.match("text/plain") and not types.match(None)
    assert MediaTypes(["*/*"]).match(None)
    assert not MediaTypes([]).match("image/png")


@given(st.lists(st.tuples(PART, PART)))
def test_values_keep_every_value_and_the_last(pairs):
    values = Values.of(pairs)
    assert values.single == dict(pairs)
    assert [(name, value) for name, several in values.multi.items() for value in several] == sorted(
        pairs, key=lambda pair: list(values.multi).index(pair[0])
    )


@given(st.binary(max_size=40))
def test_any_payload_is_a_response_or_malformed(payload):
    for read in (lambda: response_1(read_1(payload, strict=True), True), lambda: response_2(payload)):
        try:
            assert 100 <= read().status <= 599
        except Malformed:
            pass


@pytest.mark.parametrize(
    ("quota", "moment", "start"),
    [
        ({"period": "DAY"}, "2026-11-20T13:00", "2026-11-20"),
        ({"period": "WEEK"}, "2026-11-20T13:00", "2026-11-15"),
        ({"period": "WEEK"}, "2026-11-15T00:00", "2026-11-15"),
        ({"period": "WEEK", "offset": 1}, "2026-11-15T00:00", "2026-11-09"),
        ({"period": "MONTH"}, "2026-11-20T13:00", "2026-11-01"),
        ({"period": "MONTH", "offset": 4}, "2026-11-03T13:00", "2026-10-05"),
    ],
)
def test_periods_of_quotas(quota, moment, start):
    seconds = datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()
    first = datetime.fromtimestamp(period_start(quota, seconds) * 86_400, UTC)
    assert first.date().isoformat() == start
