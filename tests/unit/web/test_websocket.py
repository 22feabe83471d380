"""The server's side of a WebSocket, against wsproto's client side; the transport is a list."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, Pong, TextMessage

from penstock.web.websocket import Limits, Listener, WebSocket

LARGE = Limits(1000, 4000)
TEXT = st.text(st.characters(codec="utf-8"), max_size=200)


class Transport:
    def __init__(self):
        self.sent, self.closed, self.protocol = b"", False, None

    def set_protocol(self, protocol):
        self.protocol = protocol

    def write(self, data):
        self.sent += data

    def close(self):
        self.closed = True

    def is_closing(self):
        return self.closed

    def resume_reading(self):
        pass


class Ends:
    """Both ends, and what the server's listener has heard."""

    def __init__(self, early=b"", limits=LARGE):
        self.client = Connection(ConnectionType.CLIENT)
        self.transport, self.messages, self.frames, self.closed = Transport(), [], 0, []
        listener = Listener(self.messages.append, self._active, lambda *end: self.closed.append(end))
        self.server = WebSocket(self.transport, early, limits, listener)
        self.server.open()

    def _active(self):
        self.frames += 1

    def sends(self, *events):
        for event in events:
            self.server.data_received(self.client.send(event))

    def hears(self):
        self.client.receive_data(self.transport.sent)
        self.transport.sent = b""
        return list(self.client.events())


@given(st.lists(TEXT, min_size=1, max_size=4), st.integers(1, 50))
def test_a_message_arrives_whole_however_it_is_cut(parts, size):
    ends = Ends()
    frames = b"".join(
        ends.client.send(TextMessage(part, message_finished=number == len(parts) - 1))
        for number, part in enumerate(parts)
    )
    for start in range(0, len(frames), size):
        ends.server.data_received(frames[start : start + size])
    assert ends.messages == ["".join(parts)]


@given(TEXT | st.binary(max_size=200))
def test_what_is_sent_arrives(data):
    ends = Ends(limits=Limits(16, 4000))
    ends.server.send(data)
    heard = ends.hears()
    assert type(data)().join(event.data for event in heard) == data
    assert all(len(event.data if isinstance(event.data, bytes) else event.data.encode()) <= 16 for event in heard)
    assert [event.message_finished for event in heard] == [False] * (len(heard) - 1) + [True]


def test_what_came_with_the_handshake_is_heard():
    early = Connection(ConnectionType.CLIENT).send(TextMessage("early"))
    assert Ends(early).messages == ["early"]


def test_a_ping_is_answered_and_counts():
    ends = Ends()
    ends.sends(Ping(b"1"))
    assert (ends.hears(), ends.frames) == ([Pong(b"1")], 1)


def test_bytes_are_told_from_text():
    ends = Ends()
    ends.sends(BytesMessage(b"\x00"), TextMessage("x"))
    assert ends.messages == [b"\x00", "x"]


def test_the_clients_end_is_echoed():
    ends = Ends()
    ends.sends(CloseConnection(4000, "enough"))
    assert (ends.closed, ends.transport.closed) == ([(4000, "enough")], True)
    assert ends.hears() == [CloseConnection(4000, "enough")]


def test_a_client_that_is_gone_said_nothing():
    ends = Ends()
    ends.server.connection_lost(None)
    ends.server.connection_lost(None)
    assert ends.closed == [(1006, "Connection closed abnormally")]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x81\x81\x00\x00\x00\x00\xff", 1007),  # text that is no UTF-8
        (b"\x81\x01x", 1002),  # not masked
        (b"\x83\x80\x00\x00\x00\x00", 1002),  # an opcode that is none
    ],
)
def test_what_is_no_websocket_ends_it(data, code):
    async def run():
        ends = Ends()
        ends.server.data_received(data)
        return ends

    ends = asyncio.run(run())
    assert (ends.closed[0][0], ends.transport.closed) == (code, True)


@pytest.mark.parametrize(("limits", "parts"), [(Limits(4, 100), ["12345"]), (Limits(4, 8), ["1234", "5678", "9"])])
def test_more_than_is_allowed_ends_it(limits, parts):
    async def run():
        ends = Ends(limits=limits)
        ends.sends(*(TextMessage(part, message_finished=False) for part in parts))
        return ends

    ends = asyncio.run(run())
    assert (ends.closed, ends.messages) == ([(1009, "Message too long")], [])
