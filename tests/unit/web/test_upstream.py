"""The HTTP client over real sockets: pool, framing, streams, and the ways in which there is no answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.web.client import fetch
from penstock.web.stream import SMALL, collect
from penstock.web.unreachable import (
    AnswerTimeout,
    CannotConnect,
    Disconnected,
    MalformedAnswer,
    Unreachable,
)
from penstock.web.upstream import Upstream
from penstock.wire.message import Pairs, Response

HOST = "127.0.0.1"
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def endpoint(serve: Serve) -> AsyncIterator[int]:
    """A raw server; its port."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connected, HOST, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


class Scripted:
    """Answers each request on a connection with the next of `answers`, then closes it. Remembers what it was sent."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = answers
        self.heads: list[bytes] = []
        self.peers: list[tuple[str, int]] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.peers.append(writer.get_extra_info("peername"))
        for answer in self.answers:
            self.heads.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(answer)


def ask(answer: bytes, method: str = "GET", headers: Pairs | None = None) -> Response:
    """The response that the client makes of these bytes, its body whole."""

    async def main() -> Response:
        async with endpoint(Scripted(answer)) as port:
            response = await Upstream().send(method, HOST, port, "/", headers or [])
            await collect(response)
            return response

    return uvloop.run(main())


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_a_connection_is_used_again() -> None:
    async def main() -> None:
        server = Scripted(OK, OK, OK)
        upstream = Upstream()
        async with endpoint(server) as port:
            for _ in range(3):
                assert (await upstream.send("GET", HOST, port, "/", [])).body == b"ok"
        assert len(server.peers) == 1

    uvloop.run(main())


def test_local_addresses_have_connections_of_their_own() -> None:
    async def main() -> None:
        server = Scripted(OK, OK)
        upstream = Upstream()
        async with endpoint(server) as port:
            for local in ("127.0.0.2", "127.0.0.3", "127.0.0.2"):
                await upstream.send("GET", HOST, port, "/", [], local=local)
        assert [host for host, _ in server.peers] == ["127.0.0.2", "127.0.0.3"]

    uvloop.run(main())


def test_an_idle_connection_that_the_endpoint_ends_is_not_used_again() -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"what could not be sent a second time"

    async def main() -> None:
        server = Scripted(OK)
        upstream = Upstream()
        async with endpoint(server) as port, endpoint(Scripted(OK)) as elsewhere:
            await upstream.send("GET", HOST, port, "/", [])
            await upstream.send("GET", HOST, elsewhere, "/", [])  # by its end, the other's end of file has been read
            assert (await upstream.send("POST", HOST, port, "/", [], body())).body == b"ok"
        assert len(server.peers) == 2

    uvloop.run(main())


def test_idle_connections_are_retired() -> None:
    async def main() -> None:
        ended = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(OK)
            assert await reader.read() == b""
            ended.set()

        upstream = Upstream(idle=0.02)
        async with endpoint(serve) as port:
            await upstream.send("GET", HOST, port, "/", [])
            await asyncio.wait_for(ended.wait(), 5)
            assert (await upstream.send("GET", HOST, port, "/", [])).body == b"ok"

    uvloop.run(main())


def test_to_close_the_pool_ends_what_is_idle() -> None:
    async def main() -> None:
        server = Scripted(OK, OK)
        upstream = Upstream()
        async with endpoint(server) as port:
            await upstream.send("GET", HOST, port, "/", [])
            upstream.close()
            await upstream.send("GET", HOST, port, "/", [])
        assert len(server.peers) == 2

    uvloop.run(main())


async def _dies_at_second(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes a second request and closes without a byte, as an endpoint does whose idle time is over just then."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(OK)
    await reader.readuntil(b"\r\n\r\n")


def test_a_request_on_a_stale_connection_is_sent_again() -> None:
    async def main() -> None:
        upstream = Upstream()
        async with endpoint(_dies_at_second) as port:
            answers = [await upstream.send("PUT", HOST, port, "/", []) for _ in range(3)]
        assert [answer.body for answer in answers] == [b"ok"] * 3

    uvloop.run(main())


def test_what_must_not_be_done_twice_is_not_sent_again() -> None:
    async def main() -> None:
        upstream = Upstream()
        async with endpoint(_dies_at_second) as port:
            await upstream.send("POST", HOST, port, "/", [])
            with pytest.raises(Disconnected) as raised:
                await upstream.send("POST", HOST, port, "/", [])
        assert raised.value.stale

    uvloop.run(main())


def test_a_stream_is_not_sent_again_but_said_to_have_met_a_stale_connection() -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"once"

    async def main() -> None:
        upstream = Upstream()
        async with endpoint(_dies_at_second) as port:
            await upstream.send("GET", HOST, port, "/", [])
            with pytest.raises(Disconnected) as raised:
                await upstream.send("POST", HOST, port, "/", [], body())
        assert raised.value.stale

    uvloop.run(main())


def test_what_was_sent_on_a_stale_connection_is_never_called_unsent() -> None:
    """The endpoint dies with the request in flight: that it then refuses does not mean that it had not seen it."""

    async def main() -> None:
        upstream = Upstream()
        seen = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(OK)
            await reader.readuntil(b"\r\n\r\n")
            server.close()
            await server.wait_closed()
            seen.set()
            writer.close()

        server = await asyncio.start_server(serve, HOST, 0)
        port = server.sockets[0].getsockname()[1]
        await upstream.send("GET", HOST, port, "/", [])
        with pytest.raises(Disconnected):
            await upstream.send("GET", HOST, port, "/", [])
        assert seen.is_set()

    uvloop.run(main())


@pytest.mark.parametrize(
    ("answer", "status", "headers", "body"),
    [
        (OK, 200, [], b"ok"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\nX: 1\r\n\r\n",
            200,
            [],
            b"abc",
        ),
        (b"HTTP/1.1 200 OK\r\nX-A: 1\r\n\r\nto the end", 200, [("X-A", "1")], b"to the end"),
        (b"HTTP/1.0 200 OK\r\n\r\nold", 200, [], b"old"),
        (b"HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n", 204, [("X-A", "1")], b""),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", 304, [("Content-Length", "7")], b""),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" + OK, 200, [], b"ok"),
        (
            b"HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nX-B: \xe9\r\n"
            b"Content-Length: 0\r\n\r\n",
            200,
            [("X-B", "é")],
            b"",
        ),
    ],
)
def test_answers(answer: bytes, status: int, headers: Pairs, body: bytes) -> None:
    response = ask(answer)
    assert (response.status, response.headers, response.body) == (status, headers, body)


def test_the_answer_to_head_has_no_body_and_the_connection_goes_on() -> None:
    async def main() -> None:
        server = Scripted(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", OK)
        upstream = Upstream()
        async with endpoint(server) as port:
            head = await upstream.send("HEAD", HOST, port, "/", [])
            assert (head.header("Content-Length"), head.body) == ("99", b"")
            assert (await upstream.send("GET", HOST, port, "/", [])).body == b"ok"
        assert len(server.peers) == 1

    uvloop.run(main())


def test_a_connection_with_more_than_the_answer_is_not_used_again() -> None:
    async def main() -> None:
        server = Scripted(OK + OK)
        upstream = Upstream()
        async with endpoint(server) as port:
            for _ in range(2):
                await upstream.send("GET", HOST, port, "/", [])
        assert len(server.peers) == 2

    uvloop.run(main())


def test_the_head_that_is_sent() -> None:
    async def main() -> list[bytes]:
        server = Scripted(OK, OK, OK)
        upstream = Upstream()
        async with endpoint(server) as port:
            hop = [("Connection", "close, X-Hop"), ("X-Hop", "1"), ("TE", "trailers"), ("Expect", "100-continue")]
            await upstream.send("GET", HOST, port, "/a?b=c", [("Host", "shop.local"), *hop, ("X-A", "é")])
            await upstream.send("POST", HOST, port, "/", [("content-length", "77")])
            return [head.replace(b":%d" % port, b":port") for head in server.heads]

    assert uvloop.run(main()) == [
        b"GET /a?b=c HTTP/1.1\r\nHost: shop.local\r\nX-A: \xe9\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1:port\r\nContent-Length: 0\r\n\r\n",
    ]


@pytest.mark.parametrize(("target", "header"), [("/", "a\r\nX-B: 1"), ("/", "a\nb"), ("/a HTTP/1.1\r\nX: 1", "a")])
def test_a_line_break_cannot_be_smuggled(target: str, header: str) -> None:
    with pytest.raises(Unreachable, match="line break"):
        asyncio.run(Upstream().send("GET", HOST, 1, target, [("X-A", header)]))


# -- no answer -----------------------------------------------------------------------------------------


def test_refused() -> None:
    async def main() -> None:
        async with endpoint(Scripted()) as port:
            pass
        with pytest.raises(CannotConnect, match="refused"):
            await Upstream().send("GET", HOST, port, "/", [])

    uvloop.run(main())


@pytest.mark.parametrize(
    ("answer", "kind", "text"),
    [
        (b"", Disconnected, "without an answer"),
        (b"HTTP/1.1 200 O", Disconnected, "without an answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", Disconnected, "in the middle"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf", Disconnected, "in the middle"),
        (b"220 mail.example ESMTP\r\n", MalformedAnswer, "not an HTTP response"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", MalformedAnswer, "not an HTTP"),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", MalformedAnswer, "not asked for"),
    ],
)
def test_no_whole_answer(answer: bytes, kind: type[Unreachable], text: str) -> None:
    with pytest.raises(kind, match=text) as raised:
        ask(answer)
    assert not getattr(raised.value, "stale", False)


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


def test_an_answer_that_does_not_begin_in_time() -> None:
    async def main() -> None:
        async with endpoint(_silent) as port:
            with pytest.raises(AnswerTimeout, match=r"0\.05 s"):
                await Upstream().send("GET", HOST, port, "/", [], answer_timeout=0.05)

    uvloop.run(main())


def test_who_gives_up_waiting_closes_the_connection() -> None:
    async def main() -> None:
        closed = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await _silent(reader, writer)
            closed.set()

        async with endpoint(serve) as port:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await Upstream().send("GET", HOST, port, "/", [])
            await asyncio.wait_for(closed.wait(), 5)

    uvloop.run(main())


# -- streams -------------------------------------------------------------------------------------------

BIG = 5 * 1024 * 1024


async def _echo_length(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Reads a body in chunks; answers with as many bytes, in chunks."""
    await reader.readuntil(b"\r\n\r\n")
    total = 0
    while size := int(await reader.readline(), 16):
        total += len(await reader.readexactly(size))
        await reader.readline()
    await reader.readline()
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(total // 65_536):
        writer.write(b"10000\r\n%b\r\n" % bytes(65_536))
        await writer.drain()
    writer.write(b"0\r\n\r\n")


def test_five_megabytes_go_both_ways_in_little_memory() -> None:
    async def main() -> None:
        async def body() -> AsyncIterator[bytes]:
            for _ in range(BIG // 65_536):
                yield bytes(65_536)

        async with endpoint(_echo_length) as port:
            response = await Upstream().send("POST", HOST, port, "/", [], body())
            sizes = [len(chunk) async for chunk in response.body]  # type: ignore[union-attr]
            assert (sum(sizes), response.headers) == (BIG, [])
            assert max(sizes) < BIG / 4

    uvloop.run(main())


def test_an_answer_is_read_no_faster_than_it_is_taken() -> None:
    async def main() -> None:
        produced: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (40 * BIG))
            for count in range(40 * BIG // 65_536):
                writer.write(bytes(65_536))
                try:
                    await asyncio.wait_for(writer.drain(), 0.1)
                except TimeoutError:  # every buffer on the way is full
                    produced.set_result(count * 65_536)
                    return

        async with endpoint(serve) as port:
            response = await Upstream().send("GET", HOST, port, "/", [])
            assert response.header("Content-Length") == str(40 * BIG)
            assert await asyncio.wait_for(produced, 10) < 20 * BIG

    uvloop.run(main())


def test_who_lets_go_of_a_stream_closes_the_connection() -> None:
    async def main() -> None:
        closed = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
            await _silent(reader, writer)
            closed.set()

        async with endpoint(serve) as port:
            response = await Upstream().send("GET", HOST, port, "/", [])
            async for chunk in response.body:  # type: ignore[union-attr]
                assert chunk == b"a"
                break
            del response
            await asyncio.wait_for(closed.wait(), 5)

    uvloop.run(main())


def test_the_end_of_a_body_that_fails_is_the_end_of_the_request() -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"some"
        raise KeyError("gone")

    async def main() -> None:
        async with endpoint(_silent) as port:
            with pytest.raises(KeyError):
                await Upstream().send("POST", HOST, port, "/", [], body())

    uvloop.run(main())


def test_an_answer_may_come_before_the_request_is_whole() -> None:
    async def main() -> None:
        never = asyncio.Event()

        async def body() -> AsyncIterator[bytes]:
            yield b"some"
            await never.wait()

        server = Scripted(OK, OK)
        upstream = Upstream()
        async with endpoint(server) as port:
            for _ in range(2):  # the connection with the unfinished request is not used again
                assert (await upstream.send("POST", HOST, port, "/", [], body())).body == b"ok"
        assert len(server.peers) == 2

    uvloop.run(main())


@settings(max_examples=60, deadline=None)
@given(
    body=st.binary(max_size=300),
    cuts=st.lists(st.integers(1, 40), max_size=30),
    chunk=st.integers(1, 50),
    framing=st.sampled_from(["length", "chunked", "eof"]),
)
def test_framing_does_not_depend_on_how_bytes_arrive(body: bytes, cuts: list[int], chunk: int, framing: str) -> None:
    heads = {"length": f"Content-Length: {len(body)}\r\n", "chunked": "Transfer-Encoding: chunked\r\n", "eof": ""}
    parts = [body[at : at + chunk] for at in range(0, len(body), chunk)]
    chunked = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    data = f"HTTP/1.1 200 OK\r\n{heads[framing]}X-A: 1\r\n\r\n".encode() + (chunked if framing == "chunked" else body)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        at = 0
        for cut in cuts:
            writer.write(data[at : at + cut])
            await asyncio.sleep(0)
            at += cut
        writer.write(data[at:])

    async def main() -> Response:
        async with endpoint(serve) as port:
            response = await Upstream().send("GET", HOST, port, "/", [])
            await collect(response)
            return response

    response = uvloop.run(main())
    assert (response.body, response.header("X-A")) == (body, "1")


def test_what_is_announced_as_small_comes_whole() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % SMALL)
        for _ in range(SMALL // 4096):
            writer.write(bytes(4096))
            await asyncio.sleep(0)

    async def main() -> None:
        async with endpoint(serve) as port:
            assert (await Upstream().send("GET", HOST, port, "/", [])).body == bytes(SMALL)

    uvloop.run(main())


# -- URLs ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "https://localhost/",
        "http://example.com/",
        "http://10.0.0.1/",
        "http://localhost.example/",
        "http://[::2/",
        "http://localhost:99999/",
        "http:///x",
    ],
)
def test_nothing_leaves_the_machine(url: str) -> None:
    with pytest.raises(Unreachable):
        asyncio.run(fetch(Upstream(), "GET", url, []))


def test_names_of_private_networks_lead_to_the_first_address_that_answers() -> None:
    async def main() -> None:
        server = Scripted(OK)
        async with endpoint(server) as port:
            response = await fetch(
                Upstream(),
                "GET",
                "http://receiver.shop.local/in?a=b",
                [("host", "else")],
                resolve=lambda name: ["127.77.0.1", HOST] if name == "receiver.shop.local" else None,
                port=lambda host, _: port,
            )
        assert response.body == b"ok"
        assert server.heads[0].startswith(b"GET /in?a=b HTTP/1.1\r\nHost: receiver.shop.local\r\n")
        with pytest.raises(CannotConnect):
            await fetch(Upstream(), "GET", "http://receiver.shop.local/", [], resolve=lambda name: [])

    uvloop.run(main())
