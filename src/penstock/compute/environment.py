"""One function environment: a process that takes one event at a time, its limits, and what its end means.

starting -> idle <-> busy -> dead. An environment that broke a limit, crashed or failed to start is dead and never used
again. Times are the event loop's own: a function's time limit is real, whatever the virtual clock says.
"""

import asyncio
import enum
import signal

import orjson

from penstock.base import ids
from penstock.compute import environ, logs
from penstock.compute.launch import Launch, NoEntrypoint, launch
from penstock.compute.model import FunctionSpec, Host, Invocation, InvocationResult
from penstock.compute.runtime_api import RuntimeApi
from penstock.compute.supervisor import Child, Supervisor

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html: Init has 10 s, then starts once more
# within the invocation's own time.
INIT_LIMIT = 10.0
# A busy environment's memory is looked at this often; a short invocation reports its peak by itself.
_WATCH_EVERY = 0.1
# What an interpreter with AWS's runtime takes by itself; the libraries preloaded in the parent are not charged.
_BARE_RUNTIME_KB = 35 * 1024


class State(enum.Enum):
    STARTING = enum.auto()
    IDLE = enum.auto()
    BUSY = enum.auto()
    DEAD = enum.auto()


class InitFailed(Exception):
    """The process did not get as far as asking for an event. `document` is what it said itself, if it did."""

    def __init__(self, error_type: str, message: str = "", document: bytes = b"") -> None:
        super().__init__(f"{error_type}: {message}")
        self.error_type = error_type
        self.message = message
        self.document = document

    def payload(self, request_id: str) -> bytes:
        return self.document or _document(self.error_type, f"RequestId: {request_id} Error: {self.message}")


class Environment:
    def __init__(self, spec: FunctionSpec, host: Host, supervisor: Supervisor) -> None:
        self.spec = spec
        self.state = State.STARTING
        self.idle_since = 0.0
        self._host = host
        self._supervisor = supervisor
        self._loop = asyncio.get_running_loop()
        self._api = RuntimeApi(self)
        stream = logs.stream_name(host.clock.now(), spec.version, ids.hex_id(32))
        self.log = logs.EnvironmentLog(spec, host, stream)
        self._child: Child | None = None
        self._server: asyncio.Server | None = None
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._began = self._host.real_time()
        self._init_duration: float | None = None
        self._peak = 0
        self._current: tuple[Invocation, asyncio.Future[InvocationResult], float] | None = None
        self._timer: asyncio.TimerHandle | None = None

    # -- start ---------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Raises InitFailed, or PenstockError where no process can be started at all."""
        self.log.init_start()
        for extension in _extensions(self.spec):
            self.log.write(f"EXTENSION\tName: {extension}\tState: Penstock does not start extensions")
        try:
            self._child = await self._launch()
            self._child.exited.add_done_callback(self._on_exit)
            await asyncio.wait_for(asyncio.shield(self._ready), INIT_LIMIT + self.spec.timeout)
        except TimeoutError:
            self.discard(signal.SIGKILL)
            raise InitFailed("Sandbox.Timedout", _timeout(self.spec)) from None
        except NoEntrypoint as error:
            self.discard(signal.SIGKILL)
            raise InitFailed("Runtime.InvalidEntrypoint", str(error)) from None
        except BaseException:
            self.discard(signal.SIGKILL)
            raise

    async def _launch(self) -> Child:
        credentials = self._host.credentials(self.spec)
        variables = environ.variables(self.spec, credentials, self._host.endpoint(), self.log.stream)
        order = Launch(
            spec=self.spec,
            variables=self._host.network(self.spec, variables),
            supervisor=self._supervisor,
            api=self._api.handle,
            output=self.log.pipe.hand_over(),
        )
        child, self._server = await launch(order)
        return child

    # -- invocations ---------------------------------------------------------------------------------

    def invoke(self, invocation: Invocation) -> "asyncio.Future[InvocationResult]":
        """Hands an event to the idle process; the future resolves with its outcome, whatever that is."""
        assert self.state is State.IDLE
        self.state = State.BUSY
        done: asyncio.Future[InvocationResult] = self._loop.create_future()
        self._current = (invocation, done, self._host.real_time())
        self.log.start(invocation.request_id)
        deadline = self._current[2] + self.spec.timeout
        self._timer = self._loop.call_later(min(_WATCH_EVERY, self.spec.timeout), self._watch)
        self._api.deliver(invocation, int(deadline * 1000))
        return done

    def _watch(self) -> None:
        """Holds the busy process to its time and memory."""
        if self._current is None:
            return
        left = self.spec.timeout - (self._host.real_time() - self._current[2])
        if left <= 0:
            self._timed_out()
        elif self._used_mb(logs.resident_kb(self._child.pid) if self._child else 0) > self.spec.memory:
            self._out_of_memory()
        else:
            self._timer = self._loop.call_later(min(_WATCH_EVERY, left), self._watch)

    def _used_mb(self, resident_kb: int) -> int:
        """MB that count towards the limit: for a fork, what it has beyond its parent, and a bare runtime."""
        self._peak = max(self._peak, resident_kb)
        parent_kb = self._child.parent_rss if self._child and self.spec.runtime.startswith("python") else 0
        if not parent_kb:
            return self._peak // 1024
        return (max(0, self._peak - parent_kb) + _BARE_RUNTIME_KB) // 1024

    def _timed_out(self) -> None:
        assert self._current is not None
        request_id = self._current[0].request_id
        message = _timeout(self.spec)
        self.log.pipe.drain()
        self.log.write(f"{logs.iso(self._host.clock.now())} {request_id} {message}")
        payload = _document("Sandbox.Timedout", f"RequestId: {request_id} Error: {message}")
        self._finish(payload, "Unhandled", status="timeout")
        self.discard(signal.SIGKILL)

    def _out_of_memory(self) -> None:
        self._crashed("Runtime.OutOfMemory", "Runtime exited with error: signal: killed")
        self.discard(signal.SIGKILL)

    def _crashed(self, error_type: str, reason: str) -> None:
        assert self._current is not None
        message = f"RequestId: {self._current[0].request_id} Error: {reason}"
        self.log.pipe.drain()
        self.log.write(f"{message}\n{error_type}")
        self._finish(_document(error_type, message), "Unhandled", status="error", error_type=error_type)

    def _finish(self, payload: bytes, function_error: str, *, status: str = "", error_type: str = "") -> None:
        assert self._current is not None
        invocation, done, began = self._current
        self._current = None
        if self._timer is not None:
            self._timer.cancel()
        duration = self._host.real_time() - began if status != "timeout" else self.spec.timeout
        self.log.pipe.drain()
        report = logs.Report(
            request_id=invocation.request_id,
            duration=duration,
            memory=self.spec.memory,
            used=self._used_mb(0),
            init=self._init_duration,
            status=status,
            error_type=error_type,
        )
        self._init_duration = None
        self.log.end(report)
        if self.state is State.BUSY:
            self.state = State.IDLE
        if not done.done():
            done.set_result(self._result(payload, function_error, duration))

    def refuse(self, invocation: Invocation, failure: InitFailed) -> InvocationResult:
        """The outcome of an invocation for which this environment was started in vain."""
        started = list(self.log.invocation)
        self.log.start(invocation.request_id)
        self.log.invocation += started
        report = logs.Report(
            request_id=invocation.request_id,
            duration=self._host.real_time() - self._began,
            memory=self.spec.memory,
            used=self._used_mb(0),
            status="timeout" if failure.error_type == "Sandbox.Timedout" else "error",
            error_type="" if failure.error_type == "Sandbox.Timedout" else failure.error_type,
        )
        self.log.end(report)
        return self._result(failure.payload(invocation.request_id), "Unhandled", report.duration)

    def _result(self, payload: bytes, function_error: str, duration: float) -> InvocationResult:
        return InvocationResult(
            payload=payload,
            function_error=function_error,
            version=self.spec.version,
            duration=duration,
            log_lines=self.log.invocation,
        )

    # -- what the process says (runtime_api.Events) ----------------------------------------------------

    def on_next(self) -> None:
        if self.state is State.STARTING:
            self._init_duration = self._host.real_time() - self._began
            self.state = State.IDLE
            self._ready.set_result(None)

    def on_outcome(self, request_id: str, payload: bytes, *, failed: bool, error_type: str, peak: int) -> bool:
        if self._current is None or self._current[0].request_id != request_id:
            return False
        if self._used_mb(peak or (logs.resident_kb(self._child.pid) if self._child else 0)) > self.spec.memory:
            self._out_of_memory()
        else:
            self._finish(payload, "Unhandled" if failed else "")
        return True

    def on_init_error(self, document: bytes, error_type: str) -> None:
        self._fail_to_start(InitFailed(error_type, document=document))

    def _fail_to_start(self, failure: InitFailed) -> None:
        if self.state is State.STARTING and not self._ready.done():
            self._ready.set_exception(failure)

    def _on_exit(self, exited: "asyncio.Future[int]") -> None:
        reason = _reason(exited.result())
        self.log.pipe.drain()
        if self._current is not None:
            self._crashed("Runtime.ExitError", reason)
        self._fail_to_start(InitFailed("Runtime.ExitError", reason))
        self.state = State.DEAD
        self._close()

    # -- end -----------------------------------------------------------------------------------------

    def discard(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Nothing more is given to this process; it ends now (SIGKILL) or when it likes to (SIGTERM)."""
        self.state = State.DEAD
        if self._child is not None:
            self._child.signal(number)
        self._close()

    async def end(self, grace: float = 0.5) -> None:
        """Ends the process with the runtime: what it wrote on SIGTERM is still heard."""
        if self._child is not None:
            await self._child.stop(grace)
        self.discard()

    def _close(self) -> None:
        self.log.close()
        if self._server is not None:
            self._server.close()


def _extensions(spec: FunctionSpec) -> list[str]:
    return [file.name for layer in spec.layers for file in sorted((layer / "extensions").glob("*"))]


def _timeout(spec: FunctionSpec) -> str:
    return f"Task timed out after {spec.timeout:.2f} seconds"


def _reason(code: int) -> str:
    if code == 0:
        return "Runtime exited without providing a reason"
    if code > 0:
        return f"Runtime exited with error: exit status {code}"
    name = signal.strsignal(-code) or f"signal {-code}"
    return f"Runtime exited with error: signal: {name.lower()}"


def _document(error_type: str, message: str) -> bytes:
    return orjson.dumps({"errorType": error_type, "errorMessage": message})
