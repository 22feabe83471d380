"""The server side of the Lambda Runtime API, for one environment.

Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html, for streamed responses
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
"""

import base64
import binascii
from collections.abc import AsyncIterator
from typing import Protocol

import orjson

from penstock.compute.functions.extensions import error
from penstock.compute.functions.model import Invocation
from penstock.web.http import Handler, Reply
from penstock.web.stream import Chunks
from penstock.wire.message import Request, Response

PREFIX = "/2018-06-01/runtime/"
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html; the envelope has room of its own.
MAX_RESPONSE = 6 * 1024 * 1024 + 100
TOO_LARGE = f"Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE} bytes)."


class Streamed:
    """A response that is still arriving. Raises web.stream.Incomplete where its sender has gone."""

    def __init__(self, content_type: str, chunks: AsyncIterator[bytes], reply: Reply) -> None:
        self.content_type = content_type
        self.chunks = chunks
        self._reply = reply

    def error(self) -> tuple[str, bytes]:
        """Type and document of the error that the trailers tell; ("", b"") where the response is whole."""
        trailers = self.chunks.trailers if isinstance(self.chunks, Chunks) else {}
        kind = trailers.get("lambda-runtime-function-error-type", "")
        try:
            body = base64.b64decode(trailers.get("lambda-runtime-function-error-body", ""))
        except binascii.Error:
            body = b""
        return kind, body

    def accept(self) -> None:
        self._reply(_accepted())


class Events(Protocol):
    """What an environment is told. `peak` is the process's peak of resident memory in KB, 0 where unknown."""

    def on_next(self) -> None: ...
    def on_init_error(self, document: bytes, error_type: str) -> None: ...
    def on_outcome(self, request_id: str, payload: bytes, *, failed: bool, error_type: str, peak: int) -> bool: ...
    def on_stream(self, request_id: str, response: Streamed) -> bool: ...


class RuntimeApi:
    def __init__(self, events: Events, others: Handler) -> None:
        self._events = events
        self._others = others  # who answers what is not the Runtime API's
        self._asked: Reply | None = None
        self._ready: Response | None = None

    @property
    def asked(self) -> bool:
        """Whether the process waits for an event."""
        return self._asked is not None

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
        parts = request.path[len(PREFIX) :].split("/") if request.path.startswith(PREFIX) else []
        if "sec-fetch-site" in request.headers or "origin" in request.headers:
            reply(error(403, "Forbidden", "Web pages have no access to the Runtime API"))
        elif parts == ["invocation", "next"] and request.method == "GET":
            self._asked = reply
            self._events.on_next()
            self._answer()
        elif len(parts) == 3 and parts[0] == "invocation" and parts[2] in ("response", "error"):
            if request.stream is not None and parts[2] == "response":
                kind = request.headers.get("content-type", "application/octet-stream")
                self._streamed(parts[1], Streamed(kind, request.stream, reply), reply)
            else:
                self._posted(request, reply, parts[1], failed=parts[2] == "error")
        elif parts == ["init", "error"]:
            reply(_accepted())
            self._events.on_init_error(request.body, _type_of(request))
        else:
            self._others(request, reply)

    def _streamed(self, request_id: str, response: Streamed, reply: Reply) -> None:
        if not self._events.on_stream(request_id, response):
            reply(error(400, "InvalidRequestID", "Invalid request ID"))

    def _posted(self, request: Request, reply: Reply, request_id: str, *, failed: bool) -> None:
        payload, error_type = request.body, _type_of(request) if failed else ""
        too_large = len(payload) > MAX_RESPONSE
        if too_large:
            failed, error_type = True, "Function.ResponseSizeTooLarge"
            payload = orjson.dumps({"errorMessage": TOO_LARGE, "errorType": error_type})
        peak_header = request.headers.get("penstock-peak-memory", "")
        peak = int(peak_header) if peak_header.isdecimal() else 0
        known = self._events.on_outcome(request_id, payload, failed=failed, error_type=error_type, peak=peak)
        if not known:
            reply(error(400, "InvalidRequestID", "Invalid request ID"))
        elif too_large:
            reply(error(413, "RequestEntityTooLarge", TOO_LARGE))
        else:
            reply(_accepted())


def streams(request: Request) -> bool:
    """Whether a response is to be taken as it comes."""
    return request.headers.get("lambda-runtime-function-response-mode", "").lower() == "streaming"


def _type_of(request: Request) -> str:
    return request.headers.get("lambda-runtime-function-error-type", "")


def _accepted() -> Response:
    return Response(202, [("Content-Type", "application/json")], b'{"status":"OK"}\n')
