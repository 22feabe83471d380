"""The HTTP server over real sockets: order, streams, limits, and who may call."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from penstock.testing import TestRuntime
from penstock.web.http import Reply, serve
from penstock.web.site import Site
from penstock.wire.message import Request, Response

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bytes]]


def exchange(handler: Callable[[Request, Reply], None], data: bytes, until: bytes) -> bytes:
    """Sends `data` to a server with this handler; what came back, up to `until`."""

    async def main() -> bytes:
        server = await serve(handler, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(data)
        answer = await asyncio.wait_for(reader.readuntil(until), 10)
        writer.close()
        server.close()
        return answer

    return asyncio.run(main())


def test_pipelined_requests_are_answered_in_their_order() -> None:
    replies: list[tuple[str, Reply]] = []

    def handler(request: Request, reply: Reply) -> None:
        replies.append((request.path, reply))
        delay = 0.02 if request.path == "/slow" else 0
        asyncio.get_running_loop().call_later(delay, lambda: reply(Response(200, [], request.path.encode())))

    data = b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET /fast HTTP/1.1\r\nHost: a\r\n\r\n"
    answer = exchange(handler, data, b"/fast")
    assert answer.index(b"/slow") < answer.index(b"/fast")


def test_a_stream_is_sent_in_chunks() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"one"
        yield b"two"

    def handler(request: Request, reply: Reply) -> None:
        reply(Response(200, [], chunks()))

    answer = exchange(handler, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"0\r\n\r\n")
    assert b"Transfer-Encoding: chunked" in answer and b"3\r\none\r\n3\r\ntwo\r\n" in answer


def test_what_is_not_http_is_refused() -> None:
    answer = exchange(lambda request, reply: None, b"\x16\x03\x01 nonsense\r\n\r\n", b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400")


def test_a_failing_handler_answers_500() -> None:
    def handler(request: Request, reply: Reply) -> None:
        raise RuntimeError("broken")

    assert exchange(handler, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"\r\n\r\n").startswith(b"HTTP/1.1 500")


def test_repeated_headers_are_joined_and_kept() -> None:
    def handler(request: Request, reply: Reply) -> None:
        raw = [value for name, value in request.raw_headers if name == "X-A"]
        reply(Response(200, [], json.dumps([request.headers["x-a"], raw]).encode()))

    answer = exchange(handler, b"GET / HTTP/1.1\r\nX-A: 1\r\nX-A: 2\r\n\r\n", b"]]")
    assert answer.endswith(b'["1,2", ["1", "2"]]')


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example:4566"}, 403),
        ({"Host": "localhost", "Origin": "https://evil.example"}, 403),
        ({"Host": "localhost", "Origin": "null"}, 403),
        ({"Host": "localhost", "Origin": "http://localhost:3000"}, 200),
        ({"Host": "127.0.0.1"}, 200),
    ],
)
def test_only_local_hosts_and_origins_are_answered(penstock: TestRuntime, headers: dict[str, str], status: int) -> None:
    async def main() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", penstock.runtime.config.port)
        fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"GET /_penstock/status HTTP/1.1\r\n{fields}\r\n".encode())
        return await reader.readline()

    assert asyncio.run(main()).startswith(f"HTTP/1.1 {status}".encode())


def test_an_api_answers_foreign_origins_by_its_own_cors() -> None:
    entered: list[tuple[str, str]] = []

    def place(request: Request, reply: Reply, api_id: str, path: str) -> bool:
        entered.append((api_id, path))
        reply(Response(200))
        return True

    site = Site(lambda request, reply: reply(Response(404)))
    site.place("execute-api", place)
    foreign = {"origin": "https://shop.example"}
    answers: list[int] = []
    for path, host in (
        ("/_aws/execute-api/abc/prod/x", "127.0.0.1:4566"),
        ("/prod/x", "abc.execute-api.localhost:4566"),
        ("/prod/x", "abc.execute-api.evil.example"),
        ("/", "localhost"),
    ):
        site.handle(
            Request("GET", path, headers={**foreign, "host": host}), lambda answer: answers.append(answer.status)
        )
    assert answers == [200, 200, 403, 403]
    assert entered == [("abc", "/prod/x")] * 2
