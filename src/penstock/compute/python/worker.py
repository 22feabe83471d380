"""The Lambda runtime for Python: takes events from the Runtime API, calls the handler, posts what it returned.

Runs inside a function environment. Error types and texts are those of AWS's runtime interface client.
Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html,
https://github.com/aws/aws-lambda-python-runtime-interface-client
"""

import importlib
import json
import os
import resource
import socket
import sys
import time
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any, NamedTuple

from penstock.compute.python import encoder, log_format
from penstock.compute.python.context import LambdaContext

_API = "/2018-06-01/runtime"
_NEXT = f"GET {_API}/invocation/next HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
_INIT_FAILED = 1
Handler = Callable[[Any, LambdaContext], Any]
Headers = dict[str, str]
knows_peak = True  # whether the system's figure for the peak of memory is this program's own


class Fault(Exception):
    """A failure that has a type of the runtime's own, such as `Runtime.ImportModuleError`."""

    def __init__(self, kind: str, message: str, trace: list[str] | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.trace = trace


class Failure(NamedTuple):
    """What AWS answers for a failed invocation."""

    message: str
    kind: str
    trace: list[str]

    def document(self, request_id: str = "") -> dict[str, Any]:
        return {
            "errorMessage": self.message,
            "errorType": self.kind,
            "requestId": request_id,
            "stackTrace": self.trace,
        }


class Channel:
    """Keep-alive HTTP/1.1 to the Runtime API over a connected socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._received = b""

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def receive(self) -> tuple[Headers, bytes]:
        """One response. Raises ConnectionError when the runtime is gone."""
        while (end := self._received.find(b"\r\n\r\n")) < 0:
            self._more()
        lines = self._received[:end].decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
        end += 4
        stop = end + int(headers.get("content-length", 0))
        while len(self._received) < stop:
            self._more()
        body, self._received = self._received[end:stop], self._received[stop:]
        return headers, body

    def _more(self) -> None:
        data = self._connection.recv(1 << 20)
        if not data:
            raise ConnectionError("the runtime has ended")
        self._received += data


def run(connection: socket.socket, handler_name: str) -> int:
    """Serves invocations until the runtime closes the connection. The exit status."""
    channel = Channel(connection)
    time.tzset()
    log = log_format.set_up()
    try:
        try:
            handler = _find(handler_name)
        except Exception as error:
            _report_init_error(channel, _failure(error), log)
            return _INIT_FAILED
        channel.send(_NEXT)
        while True:
            headers, body = channel.receive()
            channel.send(_serve(handler, headers, body, log) + _NEXT)
            channel.receive()  # the answer to what was posted; that to "next" follows
    except ConnectionError:
        return 0
    except SystemExit as end:
        return _exit_status(end)
    finally:
        _flush()


def _exit_status(end: SystemExit) -> int:
    if isinstance(end.code, str):
        print(end.code, file=sys.stderr)
    return end.code if isinstance(end.code, int) else int(end.code is not None)


def open_standard_streams() -> None:
    """New ones: those of the parent remember what its output was (a file has a position, this pipe has none)."""
    for name, file in (("stdout", 1), ("stderr", 2)):
        stream = open(file, "w", 1, "utf-8", "backslashreplace", closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()


# -- the handler -------------------------------------------------------------------------------------


def _find(name: str) -> Handler:
    """`pkg/module.function` -> the function. Raises Fault, or what the module's own code raises."""
    try:
        module_name, function = name.rsplit(".", 1)
    except ValueError as error:
        raise Fault("Runtime.MalformedHandlerName", f"Bad handler '{name}': {error}") from None
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise Fault(
            "Runtime.BuiltInModuleConflict", f"Cannot use built-in module {module_name} as a handler module"
        ) from None
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Fault("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}") from None
    except SyntaxError as error:
        trace = [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}']
        message = f"Syntax error in module '{module_name}': {error}"
        raise Fault("Runtime.UserCodeSyntaxError", message, trace) from None
    try:
        found: Handler = getattr(module, function)
    except AttributeError:
        message = f"Handler '{function}' missing on module '{module_name}'"
        raise Fault("Runtime.HandlerNotFound", message) from None
    return found


def _serve(handler: Handler, headers: Headers, body: bytes, log: log_format.Sink) -> bytes:
    """One invocation; the request that posts its outcome."""
    request_id = headers["lambda-runtime-aws-request-id"]
    log_format.request_id = request_id
    _set_trace(headers.get("lambda-runtime-trace-id"))
    try:
        context = LambdaContext.of(request_id, headers, _context_json(headers))
        result = handler(_event(body), context)
        kind, payload = "application/json", _marshal(result)
        if isinstance(result, bytes):
            kind = "application/unknown"
    except Exception as error:
        failure = _failure(error)
        log.error(failure, request_id)
        _flush()
        document = encoder.encode(failure.document(request_id)).encode()
        return _post(f"/invocation/{request_id}/error", document, error_type=failure.kind)
    _flush()
    return _post(f"/invocation/{request_id}/response", payload, content_type=kind)


def _set_trace(header: str | None) -> None:
    if header:
        os.environ["_X_AMZN_TRACE_ID"] = header
    else:
        os.environ.pop("_X_AMZN_TRACE_ID", None)


def _event(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from None


def _context_json(headers: Headers) -> dict[str, Any] | None:
    text = headers.get("lambda-runtime-client-context")
    if not text:
        return None
    try:
        document: dict[str, Any] = json.loads(text)
    except ValueError as error:
        message = f"Unable to parse Client Context JSON: {error}"
        raise Fault("Runtime.LambdaContextUnmarshalError", message) from None
    return document


def _marshal(result: Any) -> bytes:
    if isinstance(result, bytes):
        return result
    try:
        return encoder.encode(result).encode()
    except Exception as error:
        raise Fault("Runtime.MarshalError", f"Unable to marshal response: {error}") from None


# -- failures ----------------------------------------------------------------------------------------


def _failure(error: Exception) -> Failure:
    if isinstance(error, Fault):
        return Failure(error.message, error.kind, error.trace or [])
    return Failure(str(error), type(error).__name__, _user_frames(error.__traceback__))


def _user_frames(tb: TracebackType | None) -> list[str]:
    """The frames from the first one that is not this module's."""
    frames = traceback.extract_tb(tb)
    first = next((index for index, frame in enumerate(frames) if frame.filename != __file__), 0)
    return traceback.format_list([(f.filename, f.lineno or 0, f.name, f.line) for f in frames[first:]])


def _report_init_error(channel: Channel, failure: Failure, log: log_format.Sink) -> None:
    log.error(failure, "")
    _flush()
    document = encoder.encode(failure.document()).encode()
    channel.send(_post("/init/error", document, error_type=failure.kind))
    channel.receive()


def _post(path: str, body: bytes, content_type: str = "application/json", error_type: str = "") -> bytes:
    """A request with the peak of resident memory, which AWS's sandbox would know by itself."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss if knows_peak else 0
    kind = f"Lambda-Runtime-Function-Error-Type: {error_type}\r\n" if error_type else ""
    head = (
        f"POST {_API}{path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\n{kind}"
        f"Penstock-Peak-Memory: {peak}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode("latin-1", "replace") + body
