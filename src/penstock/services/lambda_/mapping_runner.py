"""Event source mappings at work: each enabled one has a reader, which acts as the function's role."""

from collections.abc import Collection

import orjson

from penstock.base import ids
from penstock.base.telemetry import Trace
from penstock.call import Context
from penstock.compute.model import Invocation
from penstock.delivery.mappings import BatchFailed, Mapping, Settings, Target, compiled, failed_identifiers
from penstock.delivery.sources.sqs import SqsSource, trace_of
from penstock.services.lambda_.execute import run
from penstock.services.lambda_.names import FunctionRef, function_ref
from penstock.services.lambda_.state import Function, find, function_of, state
from penstock.services.lambda_.store import SELECT_KIND
from penstock.wire.model import Json

_PARTIAL = "ReportBatchItemFailures"


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
    concurrency = mapping.get("ScalingConfig", {}).get("MaximumConcurrency", 1000)
    if function.reserved is not None:
        concurrency = max(1, min(concurrency, function.reserved))
    settings = Settings(
        batch_size=mapping["BatchSize"],
        window=float(mapping["MaximumBatchingWindowInSeconds"]),
        patterns=compiled(mapping.get("FilterCriteria")),
        concurrency=concurrency,
    )
    target = _target(ctx, ref, _PARTIAL in mapping["FunctionResponseTypes"])
    running = Mapping(
        reader, SqsSource(reader, mapping["EventSourceArn"]), target, settings, f"mapping of {function.name}"
    )
    state(ctx).mappings[mapping["UUID"]] = running
    running.start()


def stop(ctx: Context, uuid: str) -> None:
    running = state(ctx).mappings.pop(uuid, None)
    if running is not None:
        running.stop()


def stop_all(ctx: Context) -> None:
    for uuid in list(state(ctx).mappings):
        stop(ctx, uuid)


def trouble(ctx: Context, uuid: str) -> str:
    running = state(ctx).mappings.get(uuid)
    return running.trouble if running else ""


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


def _target(ctx: Context, ref: FunctionRef, partial: bool) -> Target:
    caller = ctx.as_service("lambda.amazonaws.com")

    async def invoke(records: list[Json]) -> Collection[str]:
        function = function_of(caller, ref)
        trace = Trace.parse(trace_of(records)) or Trace.start(caller.clock.now())
        invocation = Invocation(
            request_id=ids.uuid(),
            payload=orjson.dumps({"Records": records}),
            invoked_arn=ref.qualified_arn,
            trace=trace.header,
        )
        result = await run(caller.at(trace=trace), function, ref.qualifier, invocation)
        if result.function_error:
            raise BatchFailed("the function failed")
        if not partial:
            return ()
        return failed_identifiers(orjson.loads(result.payload or b"null"), {record["messageId"] for record in records})

    return invoke
