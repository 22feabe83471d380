"""CBOR: examples of RFC 8949, and round trips with botocore's own reader."""

import math

import pytest
from botocore.parsers import RpcV2CBORParser
from hypothesis import given
from hypothesis import strategies as st

from penstock.wire import cbor


@pytest.mark.parametrize(
    ("hexadecimal", "value"),
    [
        ("00", 0),
        ("17", 23),
        ("1818", 24),
        ("1903e8", 1000),
        ("1b000000e8d4a51000", 1000000000000),
        ("20", -1),
        ("3903e7", -1000),
        ("f93c00", 1.0),
        ("fa47c35000", 100000.0),
        ("fb3ff199999999999a", 1.1),
        ("f97c00", math.inf),
        ("f4", False),
        ("f6", None),
        ("c11a514b67b0", 1363896240),
        ("c1fb41d452d9ec200000", 1363896240.5),
        ("4401020304", b"\x01\x02\x03\x04"),
        ("6449455446", "IETF"),
        ("62c3bc", "ü"),
        ("83010203", [1, 2, 3]),
        ("a26161016162820203", {"a": 1, "b": [2, 3]}),
        ("5f42010243030405ff", b"\x01\x02\x03\x04\x05"),
        ("7f657374726561646d696e67ff", "streaming"),
        ("9f018202039f0405ffff", [1, [2, 3], [4, 5]]),
        ("bf61610161629f0203ffff", {"a": 1, "b": [2, 3]}),
    ],
)
def test_reads_the_examples_of_the_rfc(hexadecimal, value):
    assert cbor.loads(bytes.fromhex(hexadecimal)) == value


@pytest.mark.parametrize(
    "hexadecimal", ["", "18", "62c3", "8301", "a1", "0000", "1f", "ff", "62ffff", "bf01ff", "81" * 200]
)
def test_refuses_what_is_no_cbor(hexadecimal):
    with pytest.raises(ValueError, match="CBOR"):
        cbor.loads(bytes.fromhex(hexadecimal))


scalars = (
    st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False)
    | st.binary(max_size=300)
    | st.text(max_size=300)
)


def nested(leaf):
    return st.recursive(
        leaf,
        lambda inner: st.lists(inner, max_size=30) | st.dictionaries(st.text(max_size=8), inner, max_size=30),
        max_leaves=40,
    )


@given(nested(scalars | st.none()))
def test_what_is_written_reads_the_same(value):
    assert cbor.loads(cbor.dumps(value)) == value


@given(nested(scalars))
def test_botocore_reads_what_is_written(value):
    parser = RpcV2CBORParser(timestamp_parser=lambda seconds: seconds)
    stream = parser.get_peekable_stream_from_bytes(cbor.dumps(value))
    assert parser.parse_data_item(stream) == value


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(data):
    try:
        read = cbor.loads(data)
    except ValueError:
        return
    assert read is None or isinstance(read, dict | list | str | bytes | int | float)


def test_a_timestamp_is_tagged():
    assert cbor.dumps(cbor.Epoch(1363896240.5)).hex() == "c1fb41d452d9ec200000"


def test_refuses_to_write_the_unknown():
    with pytest.raises(TypeError, match="set cannot stand in a response"):
        cbor.dumps({"a": set()})
