"""Pipes at work: each that is to run has a mapping, which acts as the pipe's role."""

import orjson

from penstock.call import Context
from penstock.delivery.mappings import Mapping, Settings
from penstock.delivery.sources.sqs import SqsSource
from penstock.delivery.streams import (
    Answer,
    Discarded,
    Policy,
    Position,
    Run,
    StreamMapping,
    StreamSettings,
    StreamSource,
)
from penstock.delivery.targets import Delivery
from penstock.services.pipes.checks import largest_batch
from penstock.services.pipes.execution import Execution
from penstock.services.pipes.sources import SOURCES, patterns_of, service_of, source_parameters
from penstock.services.pipes.state import state
from penstock.services.pipes.store import CHECKPOINTS, DOCUMENTS, KIND
from penstock.wire.model import Json
from penstock.wire.timestamps import iso8601_milliseconds


async def resume(ctx: Context) -> None:
    """Starts every pipe that was running, and takes up what is on its way to dead-letter queues."""
    state(ctx).deliveries.resume()
    for owner, pipe in DOCUMENTS.every(ctx.store, KIND):
        account, _, region = owner.partition(":")
        restart(ctx.at(account=account, region=region), pipe)


async def stop_all(ctx: Context) -> None:
    for arn in list(state(ctx).running):
        stop(ctx, arn)


def restart(ctx: Context, pipe: Json) -> None:
    """Makes what runs what the pipe says."""
    stop(ctx, pipe["Arn"])
    if pipe["CurrentState"] != "RUNNING":
        return
    reader = as_role(ctx, pipe)
    kind = SOURCES[service_of(pipe["Source"])]
    own, source = source_parameters(pipe), kind.open(reader, pipe)
    size = own.get("BatchSize") or min(kind.default_batch, largest_batch(pipe))
    make = _queue(reader, pipe, source, size) if isinstance(source, SqsSource) else _stream(reader, pipe, source, size)
    state(ctx).running[pipe["Arn"]] = make
    make.start()


def _queue(reader: Context, pipe: Json, source: SqsSource, size: int) -> Mapping:
    window = float(source_parameters(pipe).get("MaximumBatchingWindowInSeconds", 0))
    settings = Settings(batch_size=size, window=window, patterns=patterns_of(pipe))
    return Mapping(reader, source, Execution(reader, pipe, source), settings, f"pipe {pipe['Name']}")


def _stream(reader: Context, pipe: Json, source: StreamSource, size: int) -> StreamMapping:
    own, execution = source_parameters(pipe), Execution(reader, pipe, source)

    async def deliver(records: list[Json], extra: Json) -> Answer:
        return Answer(await execution(records))

    settings = StreamSettings(
        start=Position(own["StartingPosition"], str(own.get("StartingPositionTimestamp", ""))),
        batch_size=size,
        window=float(own.get("MaximumBatchingWindowInSeconds", 0)),
        patterns=patterns_of(pipe),
        lanes=own.get("ParallelizationFactor", 1),
        policy=Policy(
            own.get("MaximumRetryAttempts", -1),
            own.get("MaximumRecordAgeInSeconds", -1),
            own.get("OnPartialBatchItemFailure") == "AUTOMATIC_BISECT",
        ),
    )
    run = Run(
        ctx=reader,
        name=pipe["Arn"],
        source=source,
        target=deliver,
        settings=settings,
        checkpoints=CHECKPOINTS,
        discard=lambda lost: _discard(reader, pipe, lost),
    )
    return StreamMapping(run)


def _discard(ctx: Context, pipe: Json, lost: Discarded) -> None:
    """Tells the dead-letter queue or topic of a batch that was given up, in this transaction."""
    target = (source_parameters(pipe).get("DeadLetterConfig") or {}).get("Arn")
    if not target:
        return
    now = ctx.clock.now()
    document = {
        "context": {"partnerResourceArn": pipe["Arn"], "condition": lost.condition},
        "version": "1.0",
        "timestamp": iso8601_milliseconds(now),
        **lost.source.batch_info(lost.shard_id, lost.records),
    }
    text = orjson.dumps(document).decode()
    as_pipe = {"RoleArn": pipe["RoleArn"]}
    delivery = Delivery(source_arn=pipe["Arn"], target_arn=target, text=text, accepted_at=now, parameters=as_pipe)
    state(ctx).deliveries.deliver(delivery)


def stop(ctx: Context, arn: str) -> None:
    running = state(ctx).running.pop(arn, None)
    if running is not None:
        running.stop()


def trouble(ctx: Context, arn: str) -> str:
    running = state(ctx).running.get(arn)
    return running.trouble if running else ""


def as_role(ctx: Context, pipe: Json) -> Context:
    return ctx.at(principal=state(ctx).sessions.principal(pipe["RoleArn"], pipe["Name"]))
