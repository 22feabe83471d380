"""The Extensions API for one environment: who registered, and whether everybody waits for the next event.

An extension is told of an invocation, and the environment is free again only when it asks for the next event, as on
AWS. What the Telemetry API would tell is in CloudWatch Logs; subscriptions are answered as AWS does where there is
none.
Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import orjson

from penstock.base import ids
from penstock.compute.functions.failures import exit_reason
from penstock.compute.functions.model import FunctionSpec, Invocation
from penstock.compute.supervisor import Child
from penstock.web.http import Reply
from penstock.wire.message import Request, Response
from penstock.wire.model import Json

PREFIX = "/2020-01-01/extension/"
_EVENTS = frozenset({"INVOKE", "SHUTDOWN"})
_SHUTDOWN_LIMIT = 2.0  # seconds from SHUTDOWN on
# Paths of the Telemetry and Logs API -> the error type that AWS answers, with 202, where they are not supported.
_UNSUPPORTED = {"/2022-07-01/telemetry": "Telemetry", "/2020-08-15/logs": "Logs"}


@dataclass(slots=True)
class _Extension:
    name: str
    events: frozenset[str]
    id: str = field(default_factory=ids.uuid)
    asked: Reply | None = None  # its "next" that is not answered yet
    waiting: list[Response] = field(default_factory=list)  # events that it has not asked for yet

    def tell(self, event: Response) -> None:
        self.waiting.append(event)
        self.answer()

    def answer(self) -> None:
        if self.asked is not None and self.waiting:
            reply, self.asked = self.asked, None
            reply(self.waiting.pop(0))


class Extensions:
    """`settled` is called when one asks for the next event, `failed` with an error type and a message."""

    def __init__(self, spec: FunctionSpec, settled: Callable[[], None], failed: Callable[[str, str], None]) -> None:
        self._spec = spec
        self._settled = settled
        self._failed = failed
        self._known: dict[str, _Extension] = {}  # by id
        self._processes: dict[str, Child] = {}  # of the executables in `extensions/`, by name
        self._registered = asyncio.Event()
        self._ended = False

    # -- their processes -------------------------------------------------------------------------------

    def watch(self, name: str, process: Child) -> None:
        """Takes charge of an extension's process, which has to register, and to run as long as the environment."""
        self._processes[name] = process
        process.exited.add_done_callback(self._exited)

    def _exited(self, exited: "asyncio.Future[int]") -> None:
        self._registered.set()
        if not self._ended:
            self._failed("Extension.Crash", exit_reason(exited.result(), "Extension"))

    async def registered(self) -> None:
        """Waits until every process has registered, or one has ended."""
        while not self._processes.keys() <= {extension.name for extension in self._known.values()} and not self._ended:
            self._registered.clear()
            await self._registered.wait()

    def end(self, reason: str, now: float, closed: Callable[[], None]) -> None:
        """Tells them to end, for a `reason` of AWS's (spindown, timeout, failure); `closed` when they have."""
        running = [process for process in self._processes.values() if not process.exited.done()]
        if self._ended or not running:
            self._ended = True
            closed()
            return
        self._ended = True
        self._registered.set()
        deadline = int((now + _SHUTDOWN_LIMIT) * 1000)
        self._tell("SHUTDOWN", {"eventType": "SHUTDOWN", "shutdownReason": reason, "deadlineMs": deadline})
        loop = asyncio.get_running_loop()
        for process in running:
            loop.call_later(_SHUTDOWN_LIMIT, process.kill)
        asyncio.gather(*(process.exited for process in running)).add_done_callback(lambda _: closed())

    @property
    def ready(self) -> bool:
        """Whether every one of them waits for the next event."""
        return not self._known or all(extension.asked is not None for extension in self._known.values())

    def lines(self) -> list[str]:
        """What the log says of them at the end of the init phase."""
        return [
            f"EXTENSION\tName: {extension.name}\tState: Ready\tEvents: [{', '.join(sorted(extension.events))}]"
            for extension in self._known.values()
        ]

    def invoke(self, invocation: Invocation, deadline_ms: int) -> None:
        if not self._known:
            return
        event: Json = {
            "eventType": "INVOKE",
            "deadlineMs": deadline_ms,
            "requestId": invocation.request_id,
            "invokedFunctionArn": invocation.invoked_arn,
            "tracing": {"type": "X-Amzn-Trace-Id", "value": invocation.trace},
        }
        self._tell("INVOKE", event)

    def _tell(self, kind: str, event: Json) -> None:
        for extension in self._known.values():
            if kind in extension.events:
                headers = [("Content-Type", "application/json"), ("Lambda-Extension-Event-Identifier", ids.uuid())]
                extension.tell(Response(200, headers, orjson.dumps(event)))

    # -- requests ------------------------------------------------------------------------------------

    def handle(self, request: Request, reply: Reply) -> None:
        kind = _UNSUPPORTED.get(request.path)
        if kind is not None:
            reply(error(202, f"{kind}.NotSupported", f"{kind} API is not supported"))
        elif request.path == f"{PREFIX}register" and request.method == "POST":
            reply(self._register(request))
        elif request.path.startswith(PREFIX):
            extension = self._known.get(request.headers.get("lambda-extension-identifier", ""))
            if extension is None:
                reply(error(403, "Extension.UnknownExtensionIdentifier", "Unknown extension identifier"))
            else:
                self._act(extension, request, reply)
        else:
            reply(error(404, "InvalidPath", f"There is no {request.method} {request.path} in the Runtime API"))

    def _register(self, request: Request) -> Response:
        name = request.headers.get("lambda-extension-name", "")
        try:
            events = frozenset(orjson.loads(request.body or b"{}").get("events") or ())
        except (orjson.JSONDecodeError, AttributeError):
            return error(400, "InvalidRequestFormat", "Could not parse the request body as JSON")
        if not name:
            return error(400, "Extension.InvalidExtensionName", "Invalid extension name")
        if unknown := events - _EVENTS:
            return error(400, "Extension.InvalidEventType", f"Invalid event type: {', '.join(sorted(unknown))}")
        extension = _Extension(name, events)
        self._known[extension.id] = extension
        self._registered.set()
        spec = self._spec
        body = {"functionName": spec.name, "functionVersion": spec.version, "handler": spec.handler}
        if "accountId" in request.headers.get("lambda-extension-accept-feature", ""):
            body["accountId"] = spec.account
        headers = [("Content-Type", "application/json"), ("Lambda-Extension-Identifier", extension.id)]
        return Response(200, headers, orjson.dumps(body))

    def _act(self, extension: _Extension, request: Request, reply: Reply) -> None:
        what = request.path.removeprefix(PREFIX)
        if what == "event/next" and request.method == "GET":
            extension.asked = reply
            extension.answer()
            self._settled()
        elif what in ("init/error", "exit/error") and request.method == "POST":
            kind = request.headers.get("lambda-extension-function-error-type", "")
            reply(Response(202, [("Content-Type", "application/json")], b'{"status":"OK"}\n'))
            self._failed("Extension.InitError" if what == "init/error" else "Extension.ExitError", kind)
        else:
            reply(error(404, "InvalidPath", f"There is no {request.method} {request.path} in the Extensions API"))


def error(status: int, kind: str, message: str) -> Response:
    body = orjson.dumps({"errorMessage": message, "errorType": kind})
    return Response(status, [("Content-Type", "application/json")], body)
