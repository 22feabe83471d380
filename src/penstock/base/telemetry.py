"""Spans and log lines, recorded with trace context and principal.

A span is one pass through the front door, or one unit of work between two (an invocation, a delivery). The last
`CAPACITY` of each are kept in memory; whoever wants more (an exporter, the console) subscribes. While somebody watches
spans, they also say what they are about, and the network's parts report theirs: otherwise nobody pays for it.
Trace ids have X-Ray's form. Source: https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html
"""

from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from penstock.base import ids

CAPACITY = 10_000
IAM = "iam"  # the source of lines that say what was denied


class Trace(NamedTuple):
    """Where in which trace we are: `Root=1-<8 hex>-<24 hex>;Parent=<16 hex>;Sampled=1`."""

    root: str
    parent: str
    sampled: bool = True

    @classmethod
    def start(cls, now: float) -> "Trace":
        return cls(f"1-{int(now):08x}-{ids.hex_id(24)}", ids.hex_id(16))

    @classmethod
    def parse(cls, header: str) -> "Trace | None":
        """Reads an `X-Amzn-Trace-Id` header; None where it names no root."""
        parts = dict(part.strip().split("=", 1) for part in header.split(";") if "=" in part)
        root = parts.get("Root")
        return cls(root, parts.get("Parent") or ids.hex_id(16), parts.get("Sampled", "1") != "0") if root else None

    @property
    def header(self) -> str:
        return f"Root={self.root};Parent={self.parent};Sampled={int(self.sampled)}"


class Caller(Protocol):
    """Who made a call, in which trace: the front door's context."""

    @property
    def trace(self) -> Trace: ...
    @property
    def request_id(self) -> str: ...
    @property
    def principal(self) -> Any: ...


class Span(NamedTuple):
    """`operation` is `<service>.<Operation>`; `error` the code of its failure. Recording one is one tuple.

    `resource` is the ARN that a span is about; it is known only of spans that somebody watches.
    """

    caller: Caller
    operation: str
    start: float
    end: float
    error: str | None
    resource: str = ""


class LogLine(NamedTuple):
    at: float
    level: str
    source: str
    message: str
    request_id: str = ""


class Telemetry:
    def __init__(self) -> None:
        self.spans: deque[Span] = deque(maxlen=CAPACITY)
        self.lines: deque[LogLine] = deque(maxlen=CAPACITY)
        self.watchers: list[Callable[[Span], None]] = []
        self._on_line: list[Callable[[LogLine], None]] = []

    def tell(self, span: Span) -> None:
        """Only for those who watch: call it where `watchers` is not empty."""
        for watcher in self.watchers:
            watcher(span)

    def log(self, line: LogLine) -> None:
        self.lines.append(line)
        for subscriber in self._on_line:
            subscriber(line)

    def on_line(self, subscriber: Callable[[LogLine], None]) -> None:
        self._on_line.append(subscriber)
