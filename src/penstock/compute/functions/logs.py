"""A function environment's log: its output split into events, between AWS's own lines about each invocation.

Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html
"""

import asyncio
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from penstock.compute.functions.model import FunctionSpec, Host
from penstock.compute.log_event import LogEvent
from penstock.compute.output import OutputPipe
from penstock.wire.timestamps import iso8601_milliseconds

# Lines of an invocation that goes on are shown after this many seconds; those of a short one leave with its REPORT.
_LINGER = 0.2


class EnvironmentLog:
    """One log stream: collects events and hands them on in batches."""

    def __init__(self, spec: FunctionSpec, host: Host, stream: str) -> None:
        self._spec = spec
        self._host = host
        self.stream = stream
        self._events: list[LogEvent] = []
        self._flushing: asyncio.TimerHandle | None = None
        self.invocation: list[str] = []  # the messages since START
        self.pipe = OutputPipe(self.write)

    def write(self, message: str) -> None:
        self._events.append(LogEvent(self._host.clock.now(), message))
        self.invocation.append(message)
        if self._flushing is None:
            self._flushing = asyncio.get_running_loop().call_later(_LINGER, self.flush)

    def flush(self) -> None:
        if self._flushing is not None:
            self._flushing.cancel()
            self._flushing = None
        if self._events:
            events, self._events = self._events, []
            self._host.on_log(self._spec, self.stream, events)

    def close(self) -> None:
        self.pipe.close()
        self.flush()

    # -- AWS's own lines -----------------------------------------------------------------------------

    def init_start(self) -> None:
        runtime = self._spec.runtime.replace("python", "python:").replace("nodejs", "nodejs:")
        arn = f"arn:aws:lambda:{self._spec.region}::runtime:penstock"
        self._platform(
            "initStart",
            f"INIT_START Runtime Version: {runtime}\tRuntime Version ARN: {arn}",
            {"initializationType": "on-demand", "runtimeVersion": runtime, "runtimeVersionArn": arn},
        )

    def start(self, request_id: str) -> None:
        self.invocation = []
        version = self._spec.version
        self._platform(
            "start", f"START RequestId: {request_id} Version: {version}", {"requestId": request_id, "version": version}
        )

    def end(self, report: "Report") -> None:
        """END and REPORT; the invocation's events leave right after its result."""
        if self._spec.json_logs:
            self._platform("report", "", report.document())
        else:
            self.write(f"END RequestId: {report.request_id}")
            self.write(report.line())
        asyncio.get_running_loop().call_soon(self.flush)

    def _platform(self, kind: str, text: str, record: dict[str, Any]) -> None:
        if not self._spec.json_logs:
            self.write(text)
        elif self._spec.system_log_level != "WARN":
            now = iso8601_milliseconds(self._host.clock.now())
            self.write(orjson.dumps({"time": now, "type": f"platform.{kind}", "record": record}).decode())


@dataclass(slots=True, kw_only=True)
class Report:
    """What REPORT says. Durations in seconds; `init` only for an environment's first invocation."""

    request_id: str
    duration: float
    memory: int
    used: int
    init: float | None = None
    status: str = ""  # "timeout", "error" or nothing
    error_type: str = ""
    trace: str = ""

    @property
    def billed_ms(self) -> int:
        return math.ceil(self.duration * 1000 + (self.init or 0.0) * 1000)

    def line(self) -> str:
        parts = [
            f"REPORT RequestId: {self.request_id}",
            f"Duration: {self.duration * 1000:.2f} ms",
            f"Billed Duration: {self.billed_ms} ms",
            f"Memory Size: {self.memory} MB",
            f"Max Memory Used: {self.used} MB",
        ]
        if self.init is not None:
            parts.append(f"Init Duration: {self.init * 1000:.2f} ms")
        if self.status:
            parts.append(f"Status: {self.status}")
        if self.error_type:
            parts.append(f"Error Type: {self.error_type}")
        return "\t".join(parts) + "\t"

    def document(self) -> dict[str, Any]:
        metrics: dict[str, Any] = {
            "durationMs": round(self.duration * 1000, 3),
            "billedDurationMs": self.billed_ms,
            "memorySizeMB": self.memory,
            "maxMemoryUsedMB": self.used,
        }
        if self.init is not None:
            metrics["initDurationMs"] = round(self.init * 1000, 3)
        document = {"requestId": self.request_id, "metrics": metrics, "status": self.status or "success"}
        return {**document, "errorType": self.error_type} if self.error_type else document


def stream_name(now: float, version: str, instance: str) -> str:
    """`2026/11/21/[$LATEST]8f0b...`"""
    return f"{datetime.fromtimestamp(now, UTC):%Y/%m/%d}/[{version}]{instance}"
