"""The function as a mapping's target: invoked with the records of a batch, its answer read."""

from collections.abc import Collection
from typing import Any

import orjson

from penstock.base import ids
from penstock.base.telemetry import Trace
from penstock.call import Context
from penstock.compute.functions.model import Invocation, InvocationResult
from penstock.delivery.mappings import BatchFailed, Target, failed_identifiers
from penstock.delivery.sources.sqs import trace_of
from penstock.delivery.streams.model import Answer, StreamSource, StreamTarget
from penstock.services.lambda_.execute import run
from penstock.services.lambda_.metrics import ITERATOR_AGE, meter_of
from penstock.services.lambda_.names import LATEST, FunctionRef
from penstock.services.lambda_.state import function_of
from penstock.wire.model import Json

PARTIAL = "ReportBatchItemFailures"


def queue_target(ctx: Context, ref: FunctionRef, partial: bool) -> Target:
    caller = ctx.as_service("lambda.amazonaws.com")

    async def invoke(records: list[Json]) -> Collection[str]:
        result, _ = await _invoke(caller, ref, {"Records": records}, trace_of(records))
        if result.function_error:
            raise BatchFailed("the function failed")
        if not partial:
            return ()
        return failed_identifiers(_document(result), {record["messageId"] for record in records})

    return invoke


def stream_target(ctx: Context, ref: FunctionRef, source: StreamSource, partial: bool, stateful: bool) -> StreamTarget:
    """`stateful` functions aggregate tumbling windows: their answer has to hold the window's state."""
    caller = ctx.as_service("lambda.amazonaws.com")

    async def invoke(records: list[Json], extra: Json) -> Answer:
        if records:
            age = max(0.0, ctx.clock.now() - _arrived(records[-1]))
            meter_of(ctx, function_of(ctx, ref), ref.qualifier).add(ITERATOR_AGE, age * 1000)
        result, request_id = await _invoke(caller, ref, {"Records": records, **extra}, "")
        context = _context(result, request_id, ref)
        if result.function_error:
            raise BatchFailed("the function failed", context)
        if not partial and not stateful:
            return Answer(context=context)
        document = _document(result)
        if stateful and (not isinstance(document, dict) or "state" not in document):
            raise BatchFailed("the response has no state", context)
        failed: Collection[str] = ()
        if partial:
            known = {source.identifier(record) for record in records}
            try:
                failed = failed_identifiers(document, known)
            except BatchFailed as error:
                raise BatchFailed(str(error), context) from error
        return Answer(failed, document["state"] if stateful else None, context)

    return invoke


async def _invoke(ctx: Context, ref: FunctionRef, event: Json, trace_header: str) -> tuple[InvocationResult, str]:
    """The function's result, and the id of the request. Raises AwsError where it was not invoked."""
    function = function_of(ctx, ref)
    trace = Trace.parse(trace_header) or Trace.start(ctx.clock.now())
    invocation = Invocation(
        request_id=ids.uuid(), payload=orjson.dumps(event), invoked_arn=ref.qualified_arn, trace=trace.header
    )
    return await run(ctx.at(trace=trace), function, ref.qualifier, invocation), invocation.request_id


def _arrived(record: Json) -> float:
    """When a record came into its stream, as the function is told."""
    if "kinesis" in record:
        return float(record["kinesis"]["approximateArrivalTimestamp"])
    return float(record["dynamodb"]["ApproximateCreationDateTime"])


def _document(result: InvocationResult) -> Any:
    return orjson.loads(result.payload or b"null")


def _context(result: InvocationResult, request_id: str, ref: FunctionRef) -> Json:
    return {
        "requestContext": {"requestId": request_id, "functionArn": ref.qualified_arn},
        "responseContext": {
            "statusCode": 200,
            "executedVersion": result.version or LATEST,
            "functionError": result.function_error or None,
        },
    }
