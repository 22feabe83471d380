"""InvokeWithResponseStream: a function's response as a stream of events, as it comes.

A function that does not stream answers in one piece; what fails stands in the last event. Source:
https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html
"""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable
from typing import Any

from penstock.call import Context
from penstock.compute.functions.model import Invocation, InvocationResult
from penstock.compute.functions.response_stream import ResponseStream
from penstock.services.lambda_.execute import run
from penstock.services.lambda_.invoke import checked, client_context
from penstock.services.lambda_.names import function_ref
from penstock.services.lambda_.state import Function, function_of, version_of
from penstock.wire.model import Json

PLAIN = "application/octet-stream"


def invoke_with_response_stream(ctx: Context, request: Json) -> Json | Awaitable[Json]:
    ref = function_ref(ctx, request["FunctionName"], request.get("Qualifier"))
    function = function_of(ctx, ref)
    version = version_of(function, ref.qualifier)
    payload = checked(request.get("Payload") or b"{}", "RequestResponse")
    invocation = Invocation(
        request_id=ctx.request_id,
        payload=payload,
        invoked_arn=function.arn_of(ref.qualifier),
        trace=ctx.trace.header,
        client_context=client_context(request.get("ClientContext")),
    )
    answer: Json = {"StatusCode": 200, "ExecutedVersion": version, "ResponseStreamContentType": PLAIN}
    if request.get("InvocationType") == "DryRun":
        return {**answer, "StatusCode": 204, "EventStream": _nothing()}
    return _begun(ctx, function, ref.qualifier, invocation, answer, request.get("LogType") == "Tail")


async def _begun(
    ctx: Context, function: Function, qualifier: str | None, invocation: Invocation, answer: Json, tail: bool
) -> Json:
    """Answers when the first byte is there, or the end. Raises what Invoke raises."""
    stream = invocation.stream = ResponseStream()
    running = asyncio.ensure_future(run(ctx, function, qualifier, invocation))
    either: list[asyncio.Future[Any]] = [running, stream.begun]
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        running.result()
    if stream.begun.done():
        answer["ResponseStreamContentType"] = stream.begun.result()
    return {**answer, "EventStream": _events(stream, running, tail)}


async def _events(
    stream: ResponseStream, running: "asyncio.Future[InvocationResult]", tail: bool
) -> AsyncIterator[Json]:
    if stream.begun.done():
        async for chunk in stream.chunks():
            yield {"PayloadChunk": {"Payload": chunk}}
    result = await running
    if not stream.begun.done() and not result.function_error:
        yield {"PayloadChunk": {"Payload": result.payload}}
    complete: Json = {}
    if result.function_error:
        complete = {"ErrorCode": result.function_error, "ErrorDetails": result.payload.decode("utf-8", "replace")}
    if tail:
        complete["LogResult"] = base64.b64encode(result.log_tail()).decode()
    yield {"InvokeComplete": complete}


async def _nothing() -> AsyncIterator[Json]:
    events: tuple[Json, ...] = ()
    for event in events:
        yield event
