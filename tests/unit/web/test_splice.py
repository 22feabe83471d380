"""TCP pass-through over real sockets: bytes, half-close, back-pressure, refusals, resets, and counts."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import cast

import pytest
import uvloop

from penstock.web.dial import Address
from penstock.web.splice import Choose, Flows, reset

HOST = "127.0.0.1"
BIG = 5 * 1024 * 1024
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Echoes; says goodbye when the other half has ended."""
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.write(b"bye")
    except ConnectionError:
        pass
    writer.close()


@asynccontextmanager
async def target(serve: Serve = echo) -> AsyncIterator[Address]:
    server = await asyncio.start_server(serve, HOST, 0)
    try:
        yield server.sockets[0].getsockname()
    finally:
        server.close()


@asynccontextmanager
async def balanced(flows: Flows) -> AsyncIterator[Stream]:
    """A connection through `flows`."""
    server = await asyncio.get_running_loop().create_server(flows, HOST, 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    try:
        yield reader, writer
    finally:
        writer.close()
        server.close()


async def nowhere() -> Address:
    """An address at which nobody listens."""
    async with target() as address:
        pass
    return address


def test_half_a_connection_may_end_before_the_other() -> None:
    async def main() -> bytes:
        async with target() as address, balanced(Flows(lambda peer: [address])) as (reader, writer):
            writer.write(b"hello ")
            writer.write_eof()
            return await asyncio.wait_for(reader.read(), 5)

    assert uvloop.run(main()) == b"hello bye"


def test_five_megabytes_both_ways() -> None:
    async def main() -> bytes:
        async with target() as address, balanced(Flows(lambda peer: [address])) as (reader, writer):
            received = asyncio.create_task(_all(reader))
            for _ in range(BIG // 65_536):
                writer.write(bytes(65_536))
                await writer.drain()
            writer.write_eof()
            return await asyncio.wait_for(received, 10)

    assert uvloop.run(main()) == bytes(BIG) + b"bye"


async def _all(reader: asyncio.StreamReader) -> bytes:
    return await reader.read()


def test_a_target_that_takes_nothing_stops_the_client() -> None:
    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.get_running_loop().create_future()

    async def main() -> int:
        sent = 0
        async with target(never) as address, balanced(Flows(lambda peer: [address])) as (_, writer):
            with pytest.raises(TimeoutError):
                while sent < 40 * BIG:
                    writer.write(bytes(65_536))
                    await asyncio.wait_for(writer.drain(), 0.2)
                    sent += 65_536
            writer.transport.abort()
        return sent

    assert 0 < uvloop.run(main()) < 20 * BIG


def test_the_next_target_is_tried_where_one_refuses() -> None:
    async def main() -> None:
        async with target() as address:
            refusing = await nowhere()
            flows = Flows(lambda peer: [refusing, address], local="127.0.0.7")
            async with balanced(flows) as (reader, writer):
                writer.write(b"x")
                await reader.readexactly(1)
                assert (len(flows), flows.count(address), flows.count(refusing)) == (1, 1, 0)

    uvloop.run(main())


def _fails(peer: Address) -> list[Address]:
    raise RuntimeError("no choice")


@pytest.mark.parametrize("choose", [lambda peer: [], _fails])
def test_a_client_without_a_target_is_reset(choose: Choose) -> None:
    async def main() -> None:
        async with balanced(Flows(choose)) as (reader, _):
            with pytest.raises(ConnectionResetError):
                await asyncio.wait_for(reader.read(), 5)

    uvloop.run(main())


def test_the_choice_knows_who_connects() -> None:
    async def main() -> None:
        peers: list[Address] = []
        async with target() as address:
            flows = Flows(lambda peer: peers.append(peer) or [address])  # type: ignore[func-returns-value]
            async with balanced(flows) as (reader, writer):
                writer.write(b"x")
                await reader.readexactly(1)
                assert peers == [writer.get_extra_info("sockname")]

    uvloop.run(main())


def test_the_flows_of_one_target_can_be_ended() -> None:
    async def main() -> None:
        ended: asyncio.Queue[Address] = asyncio.Queue()
        async with target() as first, target() as second:
            order = [first, second]
            flows = Flows(lambda peer: [order.pop(0)], ended=ended.put_nowait)
            async with balanced(flows) as (reader, writer), balanced(flows) as (kept, still):
                for stream in ((reader, writer), (kept, still)):
                    stream[1].write(b"x")
                    await stream[0].readexactly(1)
                flows.close_target(first)
                with pytest.raises(ConnectionResetError):
                    await asyncio.wait_for(reader.read(), 5)
                assert await asyncio.wait_for(ended.get(), 5) == first
                still.write(b"y")
                assert await kept.readexactly(1) == b"y"
                assert (flows.count(first), flows.count(second)) == (0, 1)
                flows.close()
                assert await asyncio.wait_for(ended.get(), 5) == second

    uvloop.run(main())


def test_a_reset_is_passed_on() -> None:
    async def main() -> None:
        async def resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readexactly(1)
            reset(cast(asyncio.Transport, writer.transport))

        async with target(resets) as address, balanced(Flows(lambda peer: [address])) as (reader, writer):
            writer.write(b"x")
            with pytest.raises(ConnectionResetError):
                await asyncio.wait_for(reader.read(), 5)

    uvloop.run(main())
