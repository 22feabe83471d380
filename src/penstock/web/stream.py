"""Bodies that are handed on as they come: who produces is never more than a buffer ahead of who consumes.

Both HTTP protocols feed a `ByteStream` from their parser; the other side iterates over its `Chunks`. A consumer that
lets go of them before the end (a cancelled task, a reply without reading) is noticed at once.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable

from penstock.wire.message import Response

SMALL = 65_536  # bytes: a body that is announced as no larger is collected, not streamed
_HIGH = 262_144  # bytes: above, the transport is not read from until the consumer has taken them

Body = bytes | AsyncIterator[bytes]


class Incomplete(Exception):
    """The sender of a body went away in the middle of it."""


class ByteStream:
    """The producer's side. `abandoned` is called once if the consumer leaves before the end has been produced."""

    __slots__ = ("_abandoned", "_chunks", "_error", "_over", "_paused", "_size", "_transport", "_waiter", "trailers")

    def __init__(self, transport: asyncio.Transport, abandoned: Callable[[], None]) -> None:
        self._transport = transport
        self._abandoned = abandoned
        self._chunks: deque[bytes] = deque()
        self._size = 0
        self._paused = False
        self._over = False
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None
        self.trailers: dict[str, str] = {}  # with lower-case names, known at the end

    def feed(self, chunk: bytes) -> None:
        if self._over:
            return
        self._chunks.append(chunk)
        self._size += len(chunk)
        if self._size > _HIGH and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def end(self, error: Exception | None = None) -> None:
        """With an error, the consumer gets that after what has arrived."""
        if not self._over:
            self._over = True
            self._error = error
            self._resume()
            self._wake()

    def abandon(self) -> None:
        self._chunks.clear()
        if not self._over:
            self._over = True
            self._resume()
            self._abandoned()

    async def next(self) -> bytes:
        """All that has arrived since the last call."""
        while not self._chunks:
            if self._error is not None:
                raise self._error
            if self._over:
                raise StopAsyncIteration
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        data = self._chunks.popleft() if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks.clear()
        self._size = 0
        self._resume()
        return data

    def _resume(self) -> None:
        if self._paused:
            self._paused = False
            if not self._transport.is_closing():
                self._transport.resume_reading()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Chunks:
    """The consumer's side. Nothing else refers to it, so that its end of life says that nobody reads on."""

    __slots__ = ("_stream",)

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream

    @property
    def trailers(self) -> dict[str, str]:
        return self._stream.trailers

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        return await self._stream.next()

    async def aclose(self) -> None:
        self._stream.abandon()

    def __del__(self) -> None:
        self._stream.abandon()


async def collect(response: Response) -> bytes:
    """The whole body of a response, which holds it from then on. Raises what its stream raises."""
    if not isinstance(response.body, bytes):
        response.body = b"".join([chunk async for chunk in response.body])
    return response.body
