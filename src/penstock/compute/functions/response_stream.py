"""A response on its way from a function that streams it to who invoked the function.

The function is never more than a buffer ahead of who reads. Who lets go of it does not stop the function, whose further
chunks are discarded, as on AWS.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator

_HIGH = 262_144  # bytes


class ResponseStream:
    """`begun` resolves with the content type when the first byte is on its way, which may never be."""

    def __init__(self) -> None:
        self.begun: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._chunks: deque[bytes] = deque()
        self._size = 0
        self._over = False
        self._abandoned = False
        self._readable = asyncio.Event()
        self._writable = asyncio.Event()

    # -- the function's side -------------------------------------------------------------------------

    def begin(self, content_type: str) -> None:
        if not self.begun.done():
            self.begun.set_result(content_type)

    async def write(self, chunk: bytes) -> None:
        if self._abandoned:
            return
        self._chunks.append(chunk)
        self._size += len(chunk)
        self._readable.set()
        if self._size > _HIGH:
            self._writable.clear()
            await self._writable.wait()

    def end(self) -> None:
        self._over = True
        self._readable.set()
        self._writable.set()

    # -- the other side --------------------------------------------------------------------------------

    async def chunks(self) -> AsyncIterator[bytes]:
        try:
            while True:
                while self._chunks:
                    chunk = self._chunks.popleft()
                    self._size -= len(chunk)
                    self._writable.set()
                    yield chunk
                if self._over:
                    return
                self._readable.clear()
                await self._readable.wait()
        finally:
            self._abandoned = True
            self._writable.set()
