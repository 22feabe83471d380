import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.http import trace

ROOT, SPAN = "6b000000" + "0123456789abcdef01234567", "53995c3f42cd8ad8"
W3C = f"00-{ROOT}-{SPAN}-01"
XRAY = f"Self=1-6b000001-aaaaaaaaaaaaaaaaaaaaaaaa;Root=1-6b000000-0123456789abcdef01234567;Parent={SPAN};Sampled=1"


@pytest.mark.parametrize("headers", [{"traceparent": W3C}, {"x-amzn-trace-id": XRAY}])
def test_a_trace_goes_on_in_both_notations(headers: dict[str, str]) -> None:
    mine = trace.read(headers)
    assert mine.traceparent == f"00-{ROOT}-{mine.span_id}-01"
    assert mine.xray == f"Root=1-6b000000-0123456789abcdef01234567;Parent={mine.span_id};Sampled=1"
    assert mine.correlation_id == ROOT
    assert mine.span_id != SPAN


@given(st.dictionaries(st.sampled_from(["traceparent", "x-amzn-trace-id", "x-correlation-id"]), st.text()))
def test_whatever_is_sent_there_is_a_trace(headers: dict[str, str]) -> None:
    mine = trace.read(headers)
    assert trace.read({"traceparent": mine.traceparent}).trace_id == mine.trace_id
    assert trace.read({"x-amzn-trace-id": mine.xray}).trace_id == mine.trace_id
    assert mine.correlation_id.isascii() and mine.correlation_id.isprintable()
