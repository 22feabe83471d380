"""Where the bytes of objects are: small ones in the store, others in files, those of uploads in their parts.

A file's number stands in `s3_files` before the file is made, and is taken out in the transaction that makes it an
object's; it is put back in the transaction that takes the object away, before the file is deleted. So a crash leaves no
file without a trace, and no object without its file. Files are written before their row is committed and not synced to
the disk, as the store is not: both survive the end of the process.
"""

import asyncio
import os
from collections.abc import AsyncIterable, AsyncIterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from penstock.call import Context
from penstock.services.s3 import store
from penstock.services.s3.checksums import Digest
from penstock.services.s3.state import state
from penstock.web.stream import SMALL

INLINE = SMALL  # bytes: what the HTTP server hands over whole
_CHUNK = 262_144
_MAX_OBJECT = 5 * 1024**4

SMALL_BODY, FILE, PARTS = 0, 1, 2


class Body(NamedTuple):
    """The bytes of a version or part: their number and where they are."""

    id: int
    kind: int
    size: int


def path_of(ctx: Context, number: int) -> Path:
    """Spread over 256 directories by what changes fastest."""
    return state(ctx).folder / f"{number & 0xFF:02x}" / str(number)


def next_number(ctx: Context) -> int:
    return next(state(ctx).numbers)


# -- in --------------------------------------------------------------------------------------------------


def keep(ctx: Context, data: bytes) -> Body:
    """Stores a small body, in this transaction."""
    number = next_number(ctx)
    ctx.store.run(store.INSERT_BODY, number, data)
    return Body(number, SMALL_BODY, len(data))


async def receive(ctx: Context, content: AsyncIterable[bytes], digest: Digest) -> Body:
    """Writes a body into a file as it comes; it is nobody's until `claim`."""
    number = await _reserve(ctx)
    path = path_of(ctx, number)
    try:
        with await asyncio.to_thread(_create, path) as file:
            async for data in content:
                if data:  # both leave the interpreter to others while they work
                    await asyncio.gather(asyncio.to_thread(file.write, data), asyncio.to_thread(digest.update, data))
    except BaseException:
        forget(ctx, number)
        raise
    return Body(number, FILE, digest.size)


async def link(ctx: Context, source: Body) -> Body:
    """A second name for a file that never changes: a copy that costs nothing."""
    number = await _reserve(ctx)
    path = path_of(ctx, number)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.link(path_of(ctx, source.id), path)
    except BaseException:
        forget(ctx, number)
        raise
    return Body(number, FILE, source.size)


async def _reserve(ctx: Context) -> int:
    number = next_number(ctx)
    with ctx.store.savepoint():
        ctx.store.run(store.INSERT_FILE, number)
    await ctx.store.committed()
    return number


def _create(path: Path) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("wb", buffering=0)


def claim(ctx: Context, body: Body) -> None:
    """Makes a received body an object's, in this transaction."""
    if body.kind == FILE:
        ctx.store.run(store.DELETE_FILE, body.id)


async def as_stream(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), _CHUNK):
        yield data[start : start + _CHUNK]


# -- out -------------------------------------------------------------------------------------------------


def read(ctx: Context, body: Body, start: int, length: int) -> bytes | AsyncIterator[bytes]:
    """A stretch of a body: bytes where it is small, else chunks of its files."""
    if body.kind == SMALL_BODY:
        return stored(ctx, body.id)[start : start + length]
    if body.kind == FILE:
        return _file_chunks(path_of(ctx, body.id).open("rb", buffering=0), start, length)
    return PartsReader(ctx, parts_of(ctx, body), start, length)


def stored(ctx: Context, number: int) -> bytes:
    row = ctx.store.one(store.BODY, number)
    data: bytes = row[0] if row else b""
    return data


def parts_of(ctx: Context, body: Body) -> list[Body]:
    return [Body(row[1], row[2], row[3]) for row in ctx.store.all(store.ALL_PARTS, body.id)]


async def _file_chunks(file: BinaryIO, start: int, length: int) -> AsyncIterator[bytes]:
    """The file is open already: that it is deleted meanwhile changes nothing."""
    with file:
        while length > 0:
            data = await asyncio.to_thread(os.pread, file.fileno(), min(_CHUNK, length), start)
            if not data:
                raise OSError("an object's file is shorter than the object")
            start += len(data)
            length -= len(data)
            yield data


class PartsReader:
    """Chunks of an upload's parts; their files stay until they were read or given up, whoever deletes the object."""

    def __init__(self, ctx: Context, parts: list[Body], start: int, length: int) -> None:
        self._ctx = ctx
        self._held = [part.id for part in parts if part.kind == FILE]
        state(ctx).readers.update(self._held)
        # Only a last part is ever small: its row is read now.
        small = {part.id: stored(ctx, part.id) for part in parts if part.kind == SMALL_BODY}
        self._chunks = self._each(parts, small, start, length)

    async def _each(self, parts: list[Body], small: dict[int, bytes], start: int, length: int) -> AsyncIterator[bytes]:
        for part in parts:
            taken = min(part.size - start, length)
            if taken > 0 and part.kind == SMALL_BODY:
                yield small[part.id][start : start + taken]
            elif taken > 0:
                file = path_of(self._ctx, part.id).open("rb", buffering=0)
                async for data in _file_chunks(file, start, taken):
                    yield data
            start, length = max(0, start - part.size), length - max(0, taken)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            return await self._chunks.__anext__()
        except BaseException:
            self._let_go()
            raise

    async def aclose(self) -> None:
        self._let_go()

    def __del__(self) -> None:
        self._let_go()

    def _let_go(self) -> None:
        held, self._held = self._held, []
        readers = state(self._ctx).readers
        for number in held:
            readers[number] -= 1
            if readers[number] <= 0:
                del readers[number]
                _forget_doomed(self._ctx, number)


# -- away ------------------------------------------------------------------------------------------------


def release(ctx: Context, body: Body) -> None:
    """Takes a body away, in this transaction; its file goes after the commit."""
    if body.kind == SMALL_BODY:
        ctx.store.run(store.DELETE_BODY, body.id)
    elif body.kind == FILE:
        ctx.store.run(store.INSERT_FILE, body.id)
        ctx.store.after_commit(lambda: forget(ctx, body.id))
    else:
        for part in parts_of(ctx, body):
            release(ctx, part)
        ctx.store.run(store.DELETE_PARTS, body.id)


def forget(ctx: Context, number: int) -> None:
    """Deletes a file that belongs to no object, and its line in `s3_files`; one that is being read, afterwards."""
    if number in state(ctx).readers:
        state(ctx).doomed.add(number)
        return
    path_of(ctx, number).unlink(missing_ok=True)
    ctx.store.run(store.DELETE_FILE, number)


def _forget_doomed(ctx: Context, number: int) -> None:
    doomed = state(ctx).doomed
    if number in doomed:
        doomed.discard(number)
        forget(ctx, number)


def sweep(ctx: Context) -> None:
    """Deletes what a crash left."""
    for (number,) in ctx.store.all(store.SELECT_FILES):
        forget(ctx, number)
