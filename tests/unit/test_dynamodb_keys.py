"""Keys of several attributes: their bytes stand in the order of the attributes, and bounds hold what was asked for."""

from hypothesis import given
from hypothesis import strategies as st

from penstock.services.dynamodb.key_conditions import HOLDS, KeyCondition, bounds_of
from penstock.services.dynamodb.keys import component, joined
from penstock.services.dynamodb.schema import Attribute

parts = st.lists(st.sampled_from([b"\x00", b"\x01", b"a", b"\xff"]), max_size=3).map(b"".join)
keys = st.tuples(parts, parts, parts)
COMPARISONS = {
    "EQ": lambda value, low, high: value == low,
    "LT": lambda value, low, high: value < low,
    "LE": lambda value, low, high: value <= low,
    "GT": lambda value, low, high: value > low,
    "GE": lambda value, low, high: value >= low,
    "BETWEEN": lambda value, low, high: low <= value <= high,
    "BEGINS_WITH": lambda value, low, high: value.startswith(low),
}


@given(keys, keys)
def test_order(one, other):
    assert (joined(list(one)) < joined(list(other))) == (one < other)
    assert (joined(list(one)) == joined(list(other))) == (one == other)


@given(keys, st.integers(0, 2), st.sampled_from(sorted(COMPARISONS)), keys, parts, parts)
def test_bounds(key, place, operator, wanted, low, high):
    """A condition on the attribute at `place`, those before it being equal to `wanted`'s."""
    low, high = sorted((low, high)) if operator == "BETWEEN" else (low, low)
    values = [{"B": low}, {"B": high}] if operator == "BETWEEN" else [{"B": low}]
    if operator == "EQ" and not low:
        return  # which is refused
    prefix = b"".join(map(component, wanted[:place]))
    bounds = bounds_of(KeyCondition(operator, values), Attribute("x", "B"), prefix, place == 2)
    found = all(HOLDS[bound.operator](joined(list(key)), bound.key) for bound in bounds)
    assert found == (key[:place] == wanted[:place] and COMPARISONS[operator](key[place], low, high))
