"""A load generator for raw HTTP/1.1: prepared requests over a few keep-alive connections, bounded in count."""

import asyncio
import time
from dataclasses import dataclass
from typing import cast

import uvloop


@dataclass(frozen=True)
class Result:
    """`rate` in requests per second; latencies in seconds, sorted."""

    rate: float
    latencies: list[float]

    def percentile(self, p: float) -> float:
        return self.latencies[min(len(self.latencies) - 1, int(len(self.latencies) * p))]


def request(port: int, body: bytes, headers: dict[str, str], path: str = "/", method: str = "POST") -> bytes:
    """The bytes of one request."""
    lines = {"Host": f"127.0.0.1:{port}", "Content-Length": str(len(body)), **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


class _Connection(asyncio.Protocol):
    """Sends the next request when the answer to the last is complete; counts what is not 2xx."""

    def __init__(self, run: "_Run") -> None:
        self._run = run
        self._buffer = b""
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._send()

    def _send(self) -> None:
        self._sent_at = time.perf_counter()
        self._transport.write(self._run.take())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._buffer[:end].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0])
        if len(self._buffer) < end + 4 + length:
            return
        ok = self._buffer[9:10] == b"2"
        self._buffer = b""
        if self._run.finished(time.perf_counter() - self._sent_at, ok):
            self._send()
        else:
            self._transport.close()


class _Run:
    def __init__(self, requests: list[bytes], count: int, done: "asyncio.Future[None]") -> None:
        self._requests, self._count, self._done = requests, count, done
        self._started = 0
        self.latencies: list[float] = []
        self.errors = 0

    def take(self) -> bytes:
        self._started += 1
        return self._requests[self._started % len(self._requests)]

    def finished(self, seconds: float, ok: bool) -> bool:
        self.latencies.append(seconds)
        self.errors += not ok
        if len(self.latencies) >= self._count and not self._done.done():
            self._done.set_result(None)
        return self._started < self._count


async def _drive(port: int, requests: list[bytes], count: int, connections: int) -> Result:
    loop = asyncio.get_running_loop()
    run = _Run(requests, count, loop.create_future())
    start = time.perf_counter()
    for _ in range(connections):
        await loop.create_connection(lambda: _Connection(run), "127.0.0.1", port)
    await asyncio.wait_for(run._done, 120)
    seconds = time.perf_counter() - start
    if run.errors:
        raise RuntimeError(f"{run.errors} of {count} requests failed")
    return Result(count / seconds, sorted(run.latencies))


def drive(port: int, requests: list[bytes], count: int, connections: int = 16) -> Result:
    """Sends `count` requests, taken in turn from `requests`. Raises RuntimeError where any is not answered with 2xx."""
    return uvloop.run(_drive(port, requests, count, connections))


def drive_reconnecting(port: int, requests: list[bytes], count: int, connections: int = 16) -> float:
    """Requests per second where a server (moto's) closes each connection after its answer. Raises as `drive`."""

    async def send(first: int) -> None:
        for number in range(first, count, connections):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(requests[number % len(requests)])
            answer = await reader.read()
            writer.close()
            if answer[9:10] != b"2":
                raise RuntimeError(f"not accepted: {answer[:200]!r}")

    async def all_of_them() -> None:
        await asyncio.gather(*(send(first) for first in range(connections)))

    start = time.perf_counter()
    asyncio.run(all_of_them())
    return count / (time.perf_counter() - start)
