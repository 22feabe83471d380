"""Who waits for a stream is woken by what happens to it, once that is durable."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from penstock.base.clock import Clock
from penstock.base.errors import AwsError
from penstock.base.store import Store
from penstock.call import Config, Context, Kernel
from penstock.services.dynamodb import SERVICE, STREAMS

TABLE = {
    "TableName": "table",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
}
ITEM = {"TableName": "table", "Item": {"pk": {"S": "a"}}}
Happening = Callable[[Context], Coroutine[Any, Any, None]]


def woken(happening: Happening) -> bool:
    """Whether a reader of the table's stream is woken by it."""

    async def run() -> bool:
        kernel = Kernel(Config(), Store(), Clock(), [SERVICE, STREAMS])
        await kernel.start()
        ctx = kernel.context()
        arn = ctx.call_now("dynamodb", "CreateTable", TABLE)["TableDescription"]["LatestStreamArn"]
        await kernel.store.committed()
        reader = asyncio.create_task(kernel.signals.wait(("stream", arn)))
        await asyncio.sleep(0)
        await happening(ctx)
        await kernel.store.committed()
        await asyncio.sleep(0)
        found = reader.done()
        reader.cancel()
        await kernel.stop()
        return found

    return asyncio.run(run())


async def put(ctx: Context) -> None:
    ctx.call_now("dynamodb", "PutItem", ITEM)


async def put_and_undo(ctx: Context) -> None:
    with pytest.raises(AwsError), ctx.store.savepoint():
        ctx.call_now("dynamodb", "PutItem", ITEM)
        raise AwsError("Undone", "")


async def delete_nothing(ctx: Context) -> None:
    ctx.call_now("dynamodb", "DeleteItem", {"TableName": "table", "Key": {"pk": {"S": "a"}}})


async def disable(ctx: Context) -> None:
    ctx.call_now("dynamodb", "UpdateTable", {"TableName": "table", "StreamSpecification": {"StreamEnabled": False}})


async def delete_table(ctx: Context) -> None:
    ctx.call_now("dynamodb", "DeleteTable", {"TableName": "table"})


async def an_hour(ctx: Context) -> None:
    await ctx.clock.advance(3600)


async def four_hours(ctx: Context) -> None:
    await ctx.clock.advance(4 * 3600)


@pytest.mark.parametrize("happening", [put, disable, delete_table, four_hours])
def test_what_wakes(happening: Happening) -> None:
    assert woken(happening)


@pytest.mark.parametrize("happening", [put_and_undo, delete_nothing, an_hour])
def test_what_does_not(happening: Happening) -> None:
    assert not woken(happening)
