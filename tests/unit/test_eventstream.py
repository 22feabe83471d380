"""Event streams as botocore reads them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from botocore.eventstream import EventStreamBuffer, EventStreamMessage
from hypothesis import given
from hypothesis import strategies as st

from penstock.base.errors import AwsError
from penstock.wire import eventstream
from penstock.wire.model import ServiceModel

HEADERS = st.dictionaries(
    st.text(min_size=1, max_size=20),
    st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1), st.binary(max_size=50), st.text(max_size=50)),
    max_size=5,
)


def parsed(data: bytes) -> list[EventStreamMessage]:
    buffer = EventStreamBuffer()
    buffer.add_data(data)
    return list(buffer)


@given(HEADERS, st.binary(max_size=500))
def test_a_message_is_read_as_it_was_written(headers: dict[str, Any], payload: bytes) -> None:
    [message] = parsed(eventstream.message(headers, payload))
    assert message.headers == headers
    assert message.payload == payload


def messages(model: ServiceModel, shape: str, events: AsyncIterator[dict[str, Any]], initial: bytes | None) -> Any:
    writer = eventstream.EventWriter(model, lambda shape, value: orjson.dumps(value), "application/json")

    async def joined() -> bytes:
        return b"".join([part async for part in writer.messages(events, shape, initial)])

    return parsed(asyncio.run(joined()))


async def lost(*events: dict[str, Any], code: str) -> AsyncIterator[dict[str, Any]]:
    for event in events:
        yield event
    raise AwsError(code, "lost")


@pytest.mark.parametrize(
    ("code", "headers"),
    [
        ("ResourceInUseException", {":message-type": "exception", ":exception-type": "ResourceInUseException"}),
        ("Unheard", {":message-type": "error", ":error-code": "Unheard", ":error-message": "lost"}),
    ],
)
def test_events_between_the_first_answer_and_an_error(code: str, headers: dict[str, str]) -> None:
    event = {"Records": [], "ContinuationSequenceNumber": "1", "MillisBehindLatest": 0}
    events = lost({"SubscribeToShardEvent": event}, code=code)
    first, second, last = messages(ServiceModel("kinesis"), "SubscribeToShardEventStream", events, b"{}")
    assert (first.headers[":event-type"], first.payload) == ("initial-response", b"{}")
    assert second.headers[":event-type"] == "SubscribeToShardEvent"
    assert orjson.loads(second.payload) == event
    assert headers.items() <= last.headers.items()


def test_a_payload_that_is_one_member() -> None:
    async def events() -> AsyncIterator[dict[str, Any]]:
        yield {"PayloadChunk": {"Payload": b"chunk"}}
        yield {"InvokeComplete": {"ErrorCode": "Unhandled"}}

    shape = "InvokeWithResponseStreamResponseEvent"
    chunk, end = messages(ServiceModel("lambda"), shape, events(), None)
    assert (chunk.headers[":content-type"], chunk.payload) == ("application/octet-stream", b"chunk")
    assert orjson.loads(end.payload) == {"ErrorCode": "Unhandled"}


def test_which_results_are_streams() -> None:
    found = eventstream.members(ServiceModel("kinesis"))
    assert found == {"SubscribeToShardOutput": ("EventStream", "SubscribeToShardEventStream")}
    assert eventstream.members(ServiceModel("sqs")) == {}
