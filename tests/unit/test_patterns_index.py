"""The index agrees with matching each pattern by itself, and with a brute-force reading of array consistency."""

import itertools
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.delivery.patterns import Index, compile
from penstock.delivery.patterns.match import flatten

names = st.sampled_from("abc")
texts = st.text("xyX", max_size=3)
numbers = st.sampled_from([-5e9, -1, 0, 1, 1.5, 2, 3.000001, 5e9, 123456789012])
small = st.sampled_from([-1, 0, 1, 1.5, 2, 3])
addresses = st.sampled_from(["10.0.0.1", "10.0.0.77", "10.1.0.1", "::1", "2001:db8::5"])
leaves = st.one_of(texts, numbers, st.booleans(), st.none(), addresses)
nested = st.sampled_from(["prefix", "suffix", "equals-ignore-case", "wildcard"])


def ranges(draw_low: Any) -> dict[str, Any]:
    low, high = sorted(draw_low)
    return {"numeric": [">", low, "<=", high]} if low < high else {"numeric": ["=", low]}


operators = st.one_of(
    st.fixed_dictionaries({"prefix": texts}),
    st.fixed_dictionaries({"suffix": texts}),
    st.fixed_dictionaries({"prefix": st.fixed_dictionaries({"equals-ignore-case": texts})}),
    st.fixed_dictionaries({"suffix": st.fixed_dictionaries({"equals-ignore-case": texts})}),
    st.fixed_dictionaries({"equals-ignore-case": texts}),
    st.fixed_dictionaries(
        {"wildcard": st.lists(texts, min_size=2, max_size=3).map("*".join).map(lambda t: t.replace("**", "*"))}
    ),
    st.fixed_dictionaries({"anything-but": st.one_of(texts, small, st.lists(texts, min_size=1, max_size=2))}),
    st.tuples(st.sampled_from(["prefix", "suffix", "equals-ignore-case"]), st.text("xy", min_size=1, max_size=2)).map(
        lambda pair: {"anything-but": {pair[0]: pair[1]}}
    ),
    st.tuples(small, small).map(ranges),
    st.tuples(st.sampled_from(["<", "<=", ">", ">="]), small).map(lambda pair: {"numeric": list(pair)}),
    st.sampled_from(["10.0.0.0/24", "10.0.0.0/8", "::/64", "2001:db8::/32"]).map(lambda net: {"cidr": net}),
    st.booleans().map(lambda there: {"exists": there}),
)


def patterns(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    arrays = st.lists(values, min_size=1, max_size=3)
    flat = st.dictionaries(names, arrays, min_size=1, max_size=3)
    deep = st.dictionaries(names, st.one_of(arrays, flat), min_size=1, max_size=3)
    either = st.tuples(deep, st.lists(flat, min_size=2, max_size=3)).map(lambda parts: {**parts[0], "$or": parts[1]})
    return st.one_of(deep, either)


any_pattern = patterns(st.one_of(leaves, operators))
events = st.dictionaries(
    names,
    st.recursive(
        leaves,
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=3)),
        max_leaves=8,
    ),
    max_size=3,
)


@settings(max_examples=300)
@given(st.lists(any_pattern, max_size=12), st.lists(events, min_size=1, max_size=4), st.sets(st.integers(0, 11)))
def test_index_agrees_with_each_pattern_by_itself(
    rules: list[dict[str, Any]], happenings: list[dict[str, Any]], removed: set[int]
) -> None:
    compiled = {number: compile(rule) for number, rule in enumerate(rules)}
    index: Index[int] = Index()
    for number, pattern in compiled.items():
        index.add(number, pattern)
    for number in removed:
        index.remove(number)
        compiled.pop(number, None)
    for event in happenings:
        assert index.match(event) == [number for number, pattern in compiled.items() if pattern.matches(event)]


@given(st.lists(any_pattern, max_size=8))
def test_nothing_stays_behind(rules: list[dict[str, Any]]) -> None:
    index: Index[int] = Index()
    for number, rule in enumerate(rules):
        index.add(number, compile(rule))
    for number in range(len(rules)):
        index.remove(number)
    assert len(index) == 0
    assert not any(vars(index)[part] for part in ("_wanted", "_filed", "_unfiled", "_places", "_order"))


def worlds(value: Any) -> Iterator[Any]:
    """The event with one object (or array) chosen from every array that has any; plain values stay together."""
    if isinstance(value, dict):
        for inner in itertools.product(*map(list, map(worlds, value.values()))):
            yield dict(zip(value, inner, strict=True))
    elif isinstance(value, list):
        plain = [item for item in value if not isinstance(item, dict | list)]
        structured = [item for item in value if isinstance(item, dict | list)]
        for item in structured:
            yield from ([*plain, world] for world in worlds(item))
        if not structured:
            yield plain
    else:
        yield value


def holds(pattern: dict[str, Any], world: Any) -> bool:
    """A pattern without `$or` on an event whose arrays hold at most one object: every field by itself."""
    return all(compile({name: value}).matches(world) for name, value in _flat(pattern))


def _flat(pattern: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in pattern.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield above + name, value


plain_pattern = st.dictionaries(
    names,
    st.one_of(st.lists(small, min_size=1), st.dictionaries(names, st.lists(small, min_size=1), min_size=1)),
    min_size=1,
)
array_events = st.dictionaries(
    names,
    st.recursive(
        small,
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=3)),
        max_leaves=10,
    ),
)


@settings(max_examples=300)
@given(plain_pattern, array_events)
def test_fields_of_one_array_match_in_one_element(pattern: dict[str, Any], event: dict[str, Any]) -> None:
    assert compile(pattern).matches(event) is any(holds(pattern, world) for world in worlds(event))


def work(index: Index[int], event: dict[str, Any]) -> int:
    """How many alternatives the index tries in full."""
    return sum(1 for _ in index.candidates(flatten(event, index._wanted)))


def test_work_does_not_grow_with_the_number_of_rules() -> None:
    shapes: list[Any] = [
        lambda n: {"source": [f"s{n}"], "detail-type": ["t"]},
        lambda n: {"source": ["s"], "detail-type": [f"t{n}"]},
        lambda n: {"source": ["s"], "detail-type": ["t"], "detail": {"id": [f"id-{n}"]}},
        lambda n: {"source": ["s"], "detail": {"path": [{"prefix": f"/{n}/"}]}},
        lambda n: {"source": ["s"], "detail": {"file": [{"wildcard": f"*.{n}-png"}]}},
        lambda n: {"source": ["s"], "detail": {"amount": [{"numeric": [">=", n, "<", n + 1]}]}},
        lambda n: {"source": ["s"], "detail": {"ip": [{"cidr": f"10.{n // 256}.{n % 256}.0/24"}]}},
        lambda n: {"source": [{"anything-but": "x"}], "detail": {f"f{n}": [{"exists": True}]}},
    ]
    event = {
        "source": "s",
        "detail-type": "t",
        "detail": {"id": "id-77", "path": "/77/x", "file": "a.77-png", "amount": 77.5, "ip": "10.0.77.1", "f77": 1},
    }
    for shape in shapes:
        index: Index[int] = Index()
        for number in range(1000):
            index.add(number, compile(shape(number)))
        assert work(index, event) <= 3
