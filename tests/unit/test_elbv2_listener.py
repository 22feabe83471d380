"""A load balancer's server gives up clients that are silent for the idle timeout."""

import asyncio

import pytest

from penstock.web.http import Reply
from penstock.web.listener import Listener
from penstock.wire.message import Request, Response


def say(data: bytes) -> bytes:
    """What a client that sends this, and then nothing, is told until its connection ends."""

    def handler(request: Request, reply: Reply) -> None:
        reply(Response(200, [], b"ok"))

    async def run() -> bytes:
        listener = Listener(handler, idle=0.05)
        port = await listener.open("127.0.0.1", 0)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(data)
        answered = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        await listener.close()
        return answered

    return asyncio.run(run())


@pytest.mark.parametrize(
    "data", [b"GET / HTTP/1.1\r\nHos", b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab"]
)
def test_half_a_request_is_told_so(data: bytes) -> None:
    assert say(data).startswith(b"HTTP/1.1 408 ")


def test_a_connection_that_is_not_in_use_just_ends() -> None:
    assert say(b"") == b""
    assert say(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n") == b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
