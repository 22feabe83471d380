"""Which trace a request belongs to. What it makes carries that along, to the last listener.

The trace is X-Ray's where the request has one (API Gateway and Lambda see to that), else a new one.
Source: https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
"""

import os
import re
import secrets
from contextvars import ContextVar

from aws_lambda_powertools import Logger
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_XRAY = re.compile(r"Root=(1-[0-9a-f]{8}-[0-9a-f]{24})")
_CORRELATION_ID = re.compile(r"[\x21-\x7e]{1,128}")

logger = Logger(child=True)
_current: ContextVar[dict[str, str]] = ContextVar("trace")


def metadata() -> dict[str, str]:
    """What an event says of the request that made it, beside its own content."""
    return {**_current.get(), "region": os.environ.get("AWS_REGION", "")}


class Traced:
    """Gives every request a trace and a correlation id, and the answer the latter."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        known = _read(Headers(scope=scope))
        _current.set(known)
        logger.append_keys(**known)

        async def say(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-correlation-id", known["correlation_id"].encode())]
            await send(message)

        await self.app(scope, receive, say)


def _read(headers: Headers) -> dict[str, str]:
    """On Lambda the environment names the trace of the invocation, elsewhere the header does."""
    found = _XRAY.search(os.environ.get("_X_AMZN_TRACE_ID") or headers.get("x-amzn-trace-id", ""))
    trace_id = found[1] if found else f"1-{secrets.token_hex(4)}-{secrets.token_hex(12)}"
    given = headers.get("x-correlation-id", "")
    return {"correlation_id": given if _CORRELATION_ID.fullmatch(given) else trace_id, "trace_id": trace_id}
