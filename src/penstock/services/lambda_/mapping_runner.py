"""Event source mappings at work: each enabled one has a reader, which acts as the function's role."""

from collections.abc import Callable

import orjson

from penstock.base.arn import Arn
from penstock.call import Context
from penstock.delivery.mappings import Mapping, Settings, compiled
from penstock.delivery.sources.dynamodb import DynamoDbSource
from penstock.delivery.sources.kinesis import KinesisSource, in_lambda
from penstock.delivery.sources.sqs import SqsSource
from penstock.delivery.streams import Policy, Position, Run, StreamMapping, StreamSettings, StreamSource
from penstock.services.lambda_.failed_batches import discard
from penstock.services.lambda_.mapping_targets import PARTIAL, queue_target, stream_target
from penstock.services.lambda_.names import FunctionRef, function_ref
from penstock.services.lambda_.state import Function, find, state
from penstock.services.lambda_.store import CHECKPOINTS, SELECT_KIND
from penstock.wire.model import Json

_NO_RESULT = "No records processed"


def resume(ctx: Context) -> None:
    """Starts every mapping that is enabled."""
    for owner, _, text in ctx.store.all(SELECT_KIND, "mapping"):
        account, _, region = owner.partition(":")
        restart(ctx.at(account=account, region=region), orjson.loads(text))


def restart(ctx: Context, mapping: Json) -> None:
    """Makes what runs what the mapping says."""
    stop(ctx, mapping["UUID"])
    ref = function_ref(ctx, mapping["FunctionArn"])
    function = find(ctx, ref)
    if mapping["State"] != "Enabled" or function is None:
        return
    role = function.latest["Configuration"]["Role"]
    reader = ctx.at(principal=state(ctx).host.session(role, function.name))
    make = _MAKERS[Arn.parse(mapping["EventSourceArn"]).service]
    running = state(ctx).mappings[mapping["UUID"]] = make(reader, mapping, function, ref)
    running.start()


def _queue(reader: Context, mapping: Json, function: Function, ref: FunctionRef) -> Mapping:
    concurrency = mapping.get("ScalingConfig", {}).get("MaximumConcurrency", 1000)
    if function.reserved is not None:
        concurrency = max(1, min(concurrency, function.reserved))
    settings = Settings(
        batch_size=mapping["BatchSize"],
        window=float(mapping["MaximumBatchingWindowInSeconds"]),
        patterns=compiled(mapping.get("FilterCriteria")),
        concurrency=concurrency,
    )
    target = queue_target(reader, ref, PARTIAL in mapping["FunctionResponseTypes"])
    source = SqsSource(reader, mapping["EventSourceArn"])
    return Mapping(reader, source, target, settings, f"mapping of {function.name}")


def _kinesis(reader: Context, mapping: Json, function: Function, ref: FunctionRef) -> StreamMapping:
    role = function.latest["Configuration"]["Role"]
    return _stream(reader, mapping, ref, KinesisSource(reader, mapping["EventSourceArn"], role, in_lambda))


def _table(reader: Context, mapping: Json, function: Function, ref: FunctionRef) -> StreamMapping:
    return _stream(reader, mapping, ref, DynamoDbSource(reader, mapping["EventSourceArn"]))


def _stream(reader: Context, mapping: Json, ref: FunctionRef, source: StreamSource) -> StreamMapping:
    settings = StreamSettings(
        start=Position(mapping["StartingPosition"], str(mapping.get("StartingPositionTimestamp", ""))),
        batch_size=mapping["BatchSize"],
        window=float(mapping["MaximumBatchingWindowInSeconds"]),
        patterns=compiled(mapping.get("FilterCriteria")),
        lanes=mapping["ParallelizationFactor"],
        policy=Policy(
            mapping["MaximumRetryAttempts"],
            mapping["MaximumRecordAgeInSeconds"],
            mapping["BisectBatchOnFunctionError"],
        ),
        tumbling=mapping["TumblingWindowInSeconds"],
    )
    partial = PARTIAL in mapping["FunctionResponseTypes"]
    run = Run(
        ctx=reader,
        name=mapping["UUID"],
        source=source,
        target=stream_target(reader, ref, source, partial, bool(settings.tumbling)),
        settings=settings,
        checkpoints=CHECKPOINTS,
        discard=lambda lost: discard(reader, mapping, ref, lost),
        result=state(reader).results.get(mapping["UUID"], _NO_RESULT),
    )
    return StreamMapping(run)


_MAKERS: dict[str, Callable[[Context, Json, Function, FunctionRef], Mapping | StreamMapping]] = {
    "dynamodb": _table,
    "kinesis": _kinesis,
    "sqs": _queue,
}


def stop(ctx: Context, uuid: str) -> None:
    running = state(ctx).mappings.pop(uuid, None)
    if running is not None:
        running.stop()
        if isinstance(running, StreamMapping):
            state(ctx).results[uuid] = running.result


def forget(ctx: Context, uuid: str) -> None:
    """Stops a mapping that is deleted."""
    stop(ctx, uuid)
    state(ctx).results.pop(uuid, None)


def stop_all(ctx: Context) -> None:
    for uuid in list(state(ctx).mappings):
        stop(ctx, uuid)


def result(ctx: Context, mapping: Json) -> str:
    """AWS's LastProcessingResult: of queues only why they cannot be read."""
    running = state(ctx).mappings.get(mapping["UUID"])
    if isinstance(running, Mapping):
        return running.trouble
    if running is not None:
        return running.result
    is_stream = "StartingPosition" in mapping
    return state(ctx).results.get(mapping["UUID"], _NO_RESULT) if is_stream else ""


def of_function(ctx: Context, function: Function) -> list[Json]:
    """The mappings of a function, whichever version they name."""
    own = f"{function.account}:{function.region}"
    rows = [orjson.loads(text) for owner, _, text in ctx.store.all(SELECT_KIND, "mapping") if owner == own]
    return [mapping for mapping in rows if function_ref(ctx, mapping["FunctionArn"]).arn == function.arn]


def function_changed(ctx: Context, function: Function) -> None:
    """A function was made, deleted, or given another role or concurrency: its mappings follow, once that is durable."""
    found = of_function(ctx, function)

    def follow() -> None:
        for mapping in found:
            restart(ctx, mapping)

    ctx.store.after_commit(follow)
