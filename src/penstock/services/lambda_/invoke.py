"""Invoke: now, later, or not at all.

A call of type Event is answered when its event is stored. Source:
https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

import base64
import binascii
import json
import re
from collections.abc import Awaitable

import orjson

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.compute.functions.model import Invocation
from penstock.services.lambda_ import queue
from penstock.services.lambda_.execute import run
from penstock.services.lambda_.names import LATEST, function_ref
from penstock.services.lambda_.state import Function, function_of, version_of
from penstock.wire.model import Json

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_LIMITS = {"RequestResponse": 6_291_456, "Event": 1_048_576, "DryRun": 6_291_456}
_WORD = re.compile(r"\s*(\w+|\S)")


def invoke(ctx: Context, request: Json) -> Json | Awaitable[Json]:
    kind = request.get("InvocationType", "RequestResponse")
    ref = function_ref(ctx, request["FunctionName"], request.get("Qualifier"))
    function = function_of(ctx, ref)
    version_of(function, ref.qualifier)
    payload = checked(request.get("Payload") or b"{}", kind)
    context = client_context(request.get("ClientContext"))
    if kind == "DryRun":
        return {"StatusCode": 204}
    if kind == "Event":
        queue.accept(ctx, function, ref.qualifier or LATEST, payload, context)
        return {"StatusCode": 202}
    return _now(ctx, function, ref.qualifier, payload, context, request.get("LogType") == "Tail")


def invoke_async(ctx: Context, request: Json) -> Json:
    """The older form of an Event invocation."""
    function = function_of(ctx, function_ref(ctx, request["FunctionName"]))
    body = request["InvokeArgs"]
    queue.accept(ctx, function, LATEST, checked(body or b"{}", "Event"), "")
    return {"Status": 202}


async def _now(
    ctx: Context, function: Function, qualifier: str | None, payload: bytes, context: str, tail: bool
) -> Json:
    invocation = Invocation(
        request_id=ctx.request_id,
        payload=payload,
        invoked_arn=function.arn_of(qualifier),
        trace=ctx.trace.header,
        client_context=context,
    )
    result = await run(ctx, function, qualifier, invocation)
    answer: Json = {"StatusCode": 200, "Payload": result.payload, "ExecutedVersion": result.version}
    if result.function_error:
        answer["FunctionError"] = result.function_error
    if tail:
        answer["LogResult"] = base64.b64encode(result.log_tail()).decode()
    return answer


# -- checks ------------------------------------------------------------------------------------------


def checked(payload: bytes, kind: str) -> bytes:
    limit = _LIMITS[kind]
    if len(payload) > limit:
        message = f"{len(payload)} byte payload is too large for the {kind} invocation type (limit {limit} bytes)"
        raise AwsError("RequestTooLargeException", message, Type="User")
    try:
        orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise AwsError("InvalidRequestContentException", _not_json(payload, error), Type="User") from None
    return payload


def _not_json(payload: bytes, error: orjson.JSONDecodeError) -> str:
    """In the words of AWS's JSON parser."""
    text = payload[:1024].decode("utf-8", "replace")
    word = _WORD.match(text, min(error.pos, len(text)))
    return (
        "Could not parse request body into json: Could not parse payload into json: Unrecognized token "
        f"'{word[1] if word else ''}': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or "
        f"'false')\n at [Source: (byte[])\"{text}\"; line: {error.lineno}, column: {error.colno + 1}]"
    )


def client_context(header: str | None) -> str:
    """JSON text on one line, in ASCII, fit for a header; empty without one."""
    if not header:
        return ""
    try:
        document = json.loads(base64.b64decode(header))
    except (binascii.Error, ValueError):
        document = None
    if not isinstance(document, dict):
        message = "Client context must be a valid Base64-encoded JSON object."
        raise AwsError("InvalidRequestContentException", message, Type="User")
    return json.dumps(document)
