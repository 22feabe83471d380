"""One trace, from the first request through bus, queue and proxy to the last write.

It is read from the W3C's header or from X-Ray's, whichever a caller sends, and passed on in both notations:
https://www.w3.org/TR/trace-context/#traceparent-header
https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
"""

import re
import secrets
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field

_W3C = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_XRAY = re.compile(r"Root=1-([0-9a-f]{8})-([0-9a-f]{24})")
_CORRELATION_ID = re.compile(r"[\x21-\x7e]{1,128}")


@dataclass(frozen=True, slots=True)
class Trace:
    """`span_id` is this service's own part of the trace."""

    trace_id: str
    correlation_id: str
    span_id: str = field(default_factory=lambda: secrets.token_hex(8))

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-01"

    @property
    def xray(self) -> str:
        return f"Root=1-{self.trace_id[:8]}-{self.trace_id[8:]};Parent={self.span_id};Sampled=1"


current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def read(headers: Mapping[str, str]) -> Trace:
    """The trace that a request belongs to; a new one where it has none. `headers` has lower-case names."""
    w3c = _W3C.fullmatch(headers.get("traceparent", ""))
    xray = _XRAY.search(headers.get("x-amzn-trace-id", ""))
    trace_id = w3c[1] if w3c else xray[1] + xray[2] if xray else secrets.token_hex(16)
    given = headers.get("x-correlation-id", "")
    return Trace(trace_id, given if _CORRELATION_ID.fullmatch(given) else trace_id)
