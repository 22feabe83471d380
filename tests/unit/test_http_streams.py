"""The server hands a large body on as it comes where somebody asks for that, and collects every other one."""

import asyncio

from penstock.web.http import Reply, serve
from penstock.web.stream import SMALL
from penstock.wire.message import Request, Response


def ask(*requests: bytes) -> tuple[list[str], bytes]:
    """How each body reached the handler, and all that was answered on the one connection."""
    seen: list[str] = []

    def handler(request: Request, reply: Reply) -> None:
        async def take() -> None:
            stream = request.stream
            assert stream is not None
            request.stream = None
            size = sum([len(chunk) async for chunk in stream])
            seen.append(f"streamed {size}")
            reply(Response(200, [], b"ok"))

        if request.stream is None:
            seen.append(f"whole {len(request.body)}")
            reply(Response(200, [], b"ok"))
        elif request.path == "/early":
            seen.append("unread")
            reply(Response(403, [], b"no"))
        else:
            tasks.append(asyncio.get_running_loop().create_task(take()))

    tasks: list[asyncio.Task[None]] = []

    async def run() -> bytes:
        server = await serve(handler, "127.0.0.1", 0, lambda request: request.method == "PUT")
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        for request in requests:
            writer.write(request)
        writer.write(b"GET /end HTTP/1.1\r\nConnection: close\r\n\r\n")
        await writer.drain()
        answered = await reader.read()
        writer.close()
        server.close()
        return answered

    return seen, asyncio.run(run())


def put(size: int, path: str = "/x", method: str = "PUT") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nContent-Length: {size}\r\n\r\n".encode() + b"x" * size


def test_only_what_is_large_and_wanted_streams() -> None:
    large = SMALL + 1
    seen, answered = ask(put(10), put(SMALL), put(large), put(large, method="POST"), put(3 * 1024**2))
    assert sorted(seen) == sorted(
        ["whole 10", f"whole {SMALL}", f"streamed {large}", f"whole {large}", "streamed 3145728", "whole 0"]
    )
    assert answered.count(b"HTTP/1.1 200") == 6


def test_a_body_of_unknown_size_streams() -> None:
    chunked = b"PUT /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3\r\nabc\r\n0\r\n\r\n"
    assert ask(chunked)[0] == ["streamed 8", "whole 0"]


def test_what_is_answered_without_being_read_is_discarded() -> None:
    seen, answered = ask(put(2 * 1024**2, "/early"), put(10))
    assert seen == ["unread", "whole 10", "whole 0"]
    assert (answered.count(b"HTTP/1.1 403"), answered.count(b"HTTP/1.1 200")) == (1, 2)
