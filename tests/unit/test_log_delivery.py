"""Lines as CloudWatch Logs takes them: 1 MB and 10,000 events at once, 256 KB each."""

from hypothesis import given
from hypothesis import strategies as st

from penstock.compute.log_delivery import _batches
from penstock.compute.log_event import LogEvent

EVENT = 256 * 1024 - 26


def test_a_line_longer_than_an_event_becomes_several() -> None:
    [batch] = _batches([LogEvent(1.5, "x" * (2 * EVENT + 1))])
    assert [len(item["message"]) for item in batch] == [EVENT, EVENT, 1]
    assert {item["timestamp"] for item in batch} == {1500}


@given(st.text(alphabet="aé€😀", min_size=1, max_size=20), st.integers(0, 3))
def test_no_event_ends_within_a_character(text: str, shift: int) -> None:
    line = "a" * shift + text * (EVENT // len(text.encode()) + 1)
    messages = [item["message"] for batch in _batches([LogEvent(0.0, line)]) for item in batch]
    assert "".join(messages) == line
    assert all(len(message.encode()) <= EVENT for message in messages)


def test_batches_have_a_size() -> None:
    batches = list(_batches([LogEvent(0.0, "")] * 10_001))
    assert [len(batch) for batch in batches] == [10_000, 1]
    assert batches[0][0]["message"] == " "
