"""The server side of the Lambda Runtime API, for one environment.

Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from typing import Protocol

import orjson

from penstock.compute.model import Invocation
from penstock.web.http import Reply
from penstock.wire.message import Request, Response

PREFIX = "/2018-06-01/runtime/"
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html; the envelope has room of its own.
MAX_RESPONSE = 6 * 1024 * 1024 + 100


class Events(Protocol):
    """What an environment is told. `peak` is the process's peak of resident memory in KB, 0 where unknown."""

    def on_next(self) -> None: ...
    def on_init_error(self, document: bytes, error_type: str) -> None: ...
    def on_outcome(self, request_id: str, payload: bytes, *, failed: bool, error_type: str, peak: int) -> bool: ...


class RuntimeApi:
    def __init__(self, events: Events) -> None:
        self._events = events
        self._asked: Reply | None = None
        self._ready: Response | None = None

    def deliver(self, invocation: Invocation, deadline_ms: int) -> None:
        """Answers the process's "next", now or when it comes."""
        headers = [
            ("Content-Type", "application/json"),
            ("Lambda-Runtime-Aws-Request-Id", invocation.request_id),
            ("Lambda-Runtime-Deadline-Ms", str(deadline_ms)),
            ("Lambda-Runtime-Invoked-Function-Arn", invocation.invoked_arn),
        ]
        if invocation.trace:
            headers.append(("Lambda-Runtime-Trace-Id", invocation.trace))
        if invocation.client_context:
            headers.append(("Lambda-Runtime-Client-Context", invocation.client_context))
        self._ready = Response(200, headers, invocation.payload)
        self._answer()

    def _answer(self) -> None:
        if self._asked is not None and self._ready is not None:
            reply, self._asked = self._asked, None
            response, self._ready = self._ready, None
            reply(response)

    def handle(self, request: Request, reply: Reply) -> None:
        parts = request.path.removeprefix(PREFIX).split("/")
        if "sec-fetch-site" in request.headers or "origin" in request.headers:
            reply(_error(403, "Forbidden", "Web pages have no access to the Runtime API"))
        elif parts == ["invocation", "next"] and request.method == "GET":
            self._asked = reply
            self._events.on_next()
            self._answer()
        elif len(parts) == 3 and parts[0] == "invocation" and parts[2] in ("response", "error"):
            self._posted(request, reply, parts[1], failed=parts[2] == "error")
        elif parts == ["init", "error"]:
            reply(_accepted())
            self._events.on_init_error(request.body, _type_of(request))
        else:
            reply(_error(404, "InvalidPath", f"There is no {request.method} {request.path} in the Runtime API"))

    def _posted(self, request: Request, reply: Reply, request_id: str, *, failed: bool) -> None:
        payload, error_type = request.body, _type_of(request) if failed else ""
        too_large = len(payload) > MAX_RESPONSE
        if too_large:
            failed, error_type = True, "Function.ResponseSizeTooLarge"
            payload = orjson.dumps({"errorMessage": _exceeded(len(payload)), "errorType": error_type})
        peak_header = request.headers.get("penstock-peak-memory", "")
        peak = int(peak_header) if peak_header.isdecimal() else 0
        known = self._events.on_outcome(request_id, payload, failed=failed, error_type=error_type, peak=peak)
        if not known:
            reply(_error(400, "InvalidRequestID", "Invalid request ID"))
        elif too_large:
            reply(_error(413, "RequestEntityTooLarge", _exceeded(len(request.body))))
        else:
            reply(_accepted())


def _exceeded(size: int) -> str:
    return f"Response payload size ({size} bytes) exceeded maximum allowed payload size ({MAX_RESPONSE} bytes)."


def _type_of(request: Request) -> str:
    return request.headers.get("lambda-runtime-function-error-type", "")


def _accepted() -> Response:
    return Response(202, [("Content-Type", "application/json")], b'{"status":"OK"}\n')


def _error(status: int, kind: str, message: str) -> Response:
    body = orjson.dumps({"errorMessage": message, "errorType": kind})
    return Response(status, [("Content-Type", "application/json")], body)
