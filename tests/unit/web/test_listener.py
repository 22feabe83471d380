"""The server of gateways over real sockets: streamed requests, hand-over of WebSockets, and a graceful end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import uvloop

from penstock.web.http import Handler, Reply, take_over
from penstock.web.listener import Listener
from penstock.web.splice import join
from penstock.web.stream import SMALL, Incomplete
from penstock.web.upstream import Upstream
from penstock.wire.message import Request, Response

HOST = "127.0.0.1"
BIG = 5 * 1024 * 1024
Answer = Callable[[Request], Awaitable[Response]]


@asynccontextmanager
async def listening(handler: Handler) -> AsyncIterator[int]:
    listener = Listener(handler)
    try:
        yield await listener.open(HOST, 0)
    finally:
        await listener.close()


def handled(answer: Answer, tasks: set[asyncio.Task[None]] | None = None) -> Handler:
    """A handler that answers when `answer` does."""
    kept = tasks if tasks is not None else set()

    def handle(request: Request, reply: Reply) -> None:
        async def run() -> None:
            reply(await answer(request))

        kept.add(asyncio.get_running_loop().create_task(run()))

    return handle


async def collected(request: Request) -> bytes:
    return request.body if request.stream is None else b"".join([chunk async for chunk in request.stream])


async def echo(request: Request) -> Response:
    kind = "bytes" if request.stream is None else "stream"
    return Response(200, [("X-Kind", kind)], await collected(request))


async def talk(port: int, data: bytes, until: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(HOST, port, limit=2 * BIG)
    writer.write(data)
    answer = await asyncio.wait_for(reader.readuntil(until), 5)
    writer.close()
    return answer


@pytest.mark.parametrize(
    ("head", "body", "kind"),
    [
        (b"Content-Length: 3", b"abc", b"bytes"),
        (b"Content-Length: %d" % SMALL, bytes(SMALL - 1) + b"!", b"bytes"),
        (b"Content-Length: %d" % BIG, bytes(BIG - 1) + b"!", b"stream"),
        (b"Transfer-Encoding: chunked", b"2\r\nab\r\n0\r\n\r\n", b"bytes"),
        (b"Expect: 100-continue\r\nContent-Length: 3", b"abc", b"bytes"),
    ],
)
def test_only_bodies_that_are_not_there_at_once_stream(head: bytes, body: bytes, kind: bytes) -> None:
    async def main() -> bytes:
        async with listening(handled(echo)) as port:
            last = b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nlast"
            return await talk(port, b"PUT / HTTP/1.1\r\nHost: a\r\n%b\r\n\r\n%b%b" % (head, body, last), b"last")

    answer = uvloop.run(main())
    assert b"X-Kind: " + kind in answer
    assert answer.count(b"HTTP/1.1 200") == 2


def test_a_proxy_streams_five_megabytes_both_ways() -> None:
    upstream = Upstream()
    kinds: list[bool] = []

    async def main() -> None:
        async def forward(request: Request) -> Response:
            kinds.append(request.stream is not None)
            body = request.stream if request.stream is not None else request.body
            return await upstream.send(request.method, HOST, port, request.target, request.raw_headers, body)

        async def body() -> AsyncIterator[bytes]:
            for _ in range(BIG // 50_000):
                yield bytes(50_000)

        async def unchanged(request: Request) -> Response:
            assert request.stream is not None
            return Response(200, [], request.stream)

        async with listening(handled(unchanged)) as port, listening(handled(forward)) as proxy:
            response = await upstream.send("POST", HOST, proxy, "/", [], body())
            sizes = [len(chunk) async for chunk in response.body]  # type: ignore[union-attr]
            assert sum(sizes) == BIG // 50_000 * 50_000
            assert max(sizes) < BIG / 4

    uvloop.run(main())
    assert kinds == [True]


def test_a_body_is_read_no_faster_than_it_is_taken() -> None:
    async def main() -> None:
        held: list[Request] = []
        async with listening(lambda request, reply: held.append(request)) as port:
            _, writer = await asyncio.open_connection(HOST, port)
            writer.write(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (40 * BIG))
            sent = 0
            with pytest.raises(TimeoutError):
                while sent < 40 * BIG:
                    writer.write(bytes(65_536))
                    await asyncio.wait_for(writer.drain(), 0.1)
                    sent += 65_536
            assert 0 < sent < 20 * BIG
            writer.transport.abort()
            with pytest.raises(Incomplete):
                await collected(held[0])

    uvloop.run(main())


def test_what_a_handler_leaves_unread_is_discarded() -> None:
    async def main() -> bytes:
        async with listening(lambda request, reply: reply(Response(200, [], request.path.encode()))) as port:
            first = b"PUT /first HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%b" % (BIG, bytes(BIG))
            return await talk(port, first + b"GET /second HTTP/1.1\r\nHost: a\r\n\r\n", b"/second")

    assert b"/first" in uvloop.run(main())


def test_a_stream_waits_its_turn_behind_an_earlier_request() -> None:
    async def main() -> bytes:
        release = asyncio.Event()

        async def answer(request: Request) -> Response:
            if request.path == "/slow":
                await release.wait()
            return Response(200, [], b"%b %d;" % (request.path.encode(), len(await collected(request))))

        async with listening(handled(answer)) as port:
            reader, writer = await asyncio.open_connection(HOST, port, limit=2 * BIG)
            writer.write(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
            writer.write(b"PUT /big HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % BIG)
            await writer.drain()
            release.set()
            writer.write(bytes(BIG))
            return await asyncio.wait_for(reader.readuntil(b"/big %d;" % BIG), 5)

    assert b"/slow 0;" in uvloop.run(main())


def test_handlers_know_the_peer() -> None:
    async def main() -> None:
        peers: list[tuple[str, int]] = []

        async def answer(request: Request) -> Response:
            assert request.connection is not None
            peers.append(request.connection.peer)
            return Response(204)

        async with listening(handled(answer)) as port:
            reader, writer = await asyncio.open_connection(HOST, port)
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await reader.readuntil(b"\r\n\r\n")
            assert peers == [writer.get_extra_info("sockname")]
            writer.close()

    uvloop.run(main())


def test_a_body_that_fails_ends_the_connection() -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"some"
        raise Incomplete("the endpoint has gone")

    async def main() -> bytes:
        async with listening(lambda request, reply: reply(Response(200, [], broken()))) as port:
            reader, writer = await asyncio.open_connection(HOST, port)
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            answer = await asyncio.wait_for(reader.read(), 5)
            writer.close()
            return answer

    assert uvloop.run(main()).endswith(b"4\r\nsome\r\n")


# -- upgrades ------------------------------------------------------------------------------------------

UPGRADE = b"GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: %b\r\n\r\n"


async def _websocket(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An endpoint that switches, greets at once, and echoes until the end of file."""
    head = await reader.readuntil(b"\r\n\r\n")
    assert b"Upgrade: websocket" in head and b"Connection: Upgrade" in head
    writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello ")
    while data := await reader.read(100):
        writer.write(data)
    writer.close()


def test_a_websocket_passes_through() -> None:
    async def main() -> bytes:
        server = await asyncio.start_server(_websocket, HOST, 0)
        port = server.sockets[0].getsockname()[1]
        tasks: set[asyncio.Task[None]] = set()
        ended = asyncio.Event()

        def handle(request: Request, reply: Reply) -> None:
            async def run() -> None:
                answer, endpoint = await Upstream().upgrade("GET", HOST, port, request.path, request.raw_headers)
                client, early = take_over(request)
                head = "".join(f"{name}: {value}\r\n" for name, value in answer.headers)
                client.write(f"HTTP/1.1 {answer.status} Switching Protocols\r\n{head}\r\n".encode())
                join(client, endpoint.take_over(), early, endpoint.rest, ended.set)

            tasks.add(asyncio.get_running_loop().create_task(run()))

        async with listening(handle) as proxy:
            reader, writer = await asyncio.open_connection(HOST, proxy)
            writer.write(UPGRADE % b"websocket" + b"early ")
            await reader.readuntil(b"hello early ")
            writer.write(b"late")
            writer.write_eof()
            answer = await asyncio.wait_for(reader.read(), 5)
            writer.close()
            await asyncio.wait_for(ended.wait(), 5)
        server.close()
        return answer

    assert uvloop.run(main()) == b"late"


def test_a_websocket_may_be_refused() -> None:
    async def main() -> bytes:
        async with listening(lambda request, reply: reply(Response(426, [], b"no"))) as port:
            reader, writer = await asyncio.open_connection(HOST, port)
            writer.write(UPGRADE % b"websocket")
            answer = await asyncio.wait_for(reader.read(), 5)
            writer.close()
            return answer

    answer = uvloop.run(main())
    assert answer.startswith(b"HTTP/1.1 426") and answer.endswith(b"no")


def test_any_other_upgrade_is_ignored() -> None:
    async def main() -> bytes:
        async with listening(handled(echo)) as port:
            asked = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: A\r\n"
            head = b"PUT / HTTP/1.1\r\nHost: a\r\n" + asked
            return await talk(port, head + b"Content-Length: 4\r\n\r\nbody", b"body")

    assert uvloop.run(main()).startswith(b"HTTP/1.1 200")


# -- the end -------------------------------------------------------------------------------------------


def test_a_graceful_end_answers_what_is_in_flight() -> None:
    async def main() -> None:
        release, arrived = asyncio.Event(), asyncio.Event()

        async def answer(request: Request) -> Response:
            if request.path == "/slow":
                arrived.set()
                await release.wait()
            return Response(200, [], b"done")

        listener = Listener(handled(answer))
        port = await listener.open(HOST, 0)
        idle, _ = pair = await asyncio.open_connection(HOST, port)
        pair[1].write(b"GET /quick HTTP/1.1\r\nHost: a\r\n\r\n")
        await idle.readuntil(b"done")
        busy, writer = await asyncio.open_connection(HOST, port)
        writer.write(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        await arrived.wait()
        closing = asyncio.create_task(listener.close(grace=5))
        assert await asyncio.wait_for(idle.read(), 5) == b""
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(HOST, port)
        assert not closing.done()
        release.set()
        assert (await asyncio.wait_for(busy.read(), 5)).endswith(b"done")
        await asyncio.wait_for(closing, 5)
        pair[1].close()
        writer.close()

    uvloop.run(main())


def test_the_end_cuts_off_what_takes_longer_than_its_grace() -> None:
    async def main() -> None:
        arrived = asyncio.Event()
        listener = Listener(lambda request, reply: arrived.set())
        port = await listener.open(HOST, 0)
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await arrived.wait()
        await listener.close(grace=0.01)
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()

    uvloop.run(main())
