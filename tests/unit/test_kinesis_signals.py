"""Who waits for a shard is woken by what happens to it, and not by what is written into others."""

import asyncio
from typing import Any

import pytest

from penstock.base.clock import Clock
from penstock.base.store import Store
from penstock.call import Config, Kernel
from penstock.services.kinesis import SERVICE

SHARDS = ("shardId-000000000000", "shardId-000000000001")
UPPER = str(2**127)  # the first hash key of the second shard
STREAM = {"StreamName": "stream"}


def woken(operation: str, **request: Any) -> list[bool]:
    """Whether the readers of the two shards are woken by an operation, and who waits for the stream."""

    async def run() -> list[bool]:
        kernel = Kernel(Config(), Store(), Clock(), [SERVICE])
        await kernel.start()
        ctx = kernel.context()
        ctx.call_now("kinesis", "CreateStream", {**STREAM, "ShardCount": 2})
        await kernel.store.committed()
        arn = ctx.call_now("kinesis", "DescribeStreamSummary", STREAM)["StreamDescriptionSummary"]["StreamARN"]
        keys = [*(("stream", arn, shard) for shard in SHARDS), ("stream", arn)]
        waiting = [asyncio.create_task(kernel.signals.wait(key)) for key in keys]
        await asyncio.sleep(0)
        ctx.call_now("kinesis", operation, {**STREAM, **request})
        await kernel.store.committed()
        await asyncio.sleep(0)
        found = [task.done() for task in waiting]
        for task in waiting:
            task.cancel()
        await kernel.stop()
        return found

    return asyncio.run(run())


def record(hash_key: str) -> dict[str, Any]:
    return {"Data": b"x", "PartitionKey": "k", "ExplicitHashKey": hash_key}


def test_records_wake_the_readers_of_their_shards() -> None:
    assert woken("PutRecord", **record(UPPER)) == [False, True, False]
    assert woken("PutRecords", Records=[record("0")]) == [True, False, False]
    assert woken("PutRecords", Records=[record("0"), record(UPPER)]) == [True, True, False]


@pytest.mark.parametrize(
    ("operation", "request_"),
    [("SplitShard", {"ShardToSplit": SHARDS[0], "NewStartingHashKey": "9"}), ("DeleteStream", {})],
)
def test_other_shards_and_the_end_of_the_stream_wake_everybody(operation: str, request_: dict[str, Any]) -> None:
    assert woken(operation, **request_) == [True, True, True]
