"""One function environment: a process that takes one event at a time, its limits, and what its end means.

starting -> idle -> busy -> leaving -> idle, and dead at last. It is leaving from its answer until it, and every
extension, asks for the next event. An environment that broke a limit, crashed or failed to start is dead and
never used again. Times are the event loop's own: a function's time limit is real, whatever the virtual clock says.
"""

import asyncio
import enum
import signal
from collections.abc import Callable

from penstock.base import ids
from penstock.base.errors import PenstockError
from penstock.compute.functions import environ, failures, logs
from penstock.compute.functions.bootstrap import NoEntrypoint
from penstock.compute.functions.extensions import Extensions
from penstock.compute.functions.failures import InitFailed
from penstock.compute.functions.launch import Launch, Processes, launch
from penstock.compute.functions.model import FunctionSpec, Host, Invocation, InvocationResult
from penstock.compute.functions.preparation import Preparation, Prepared
from penstock.compute.functions.runtime_api import MAX_RESPONSE, TOO_LARGE, RuntimeApi, Streamed
from penstock.compute.supervisor import Supervisor
from penstock.web.stream import Incomplete
from penstock.wire.timestamps import iso8601_milliseconds

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
    LEAVING = enum.auto()
    DEAD = enum.auto()


class Environment:
    def __init__(self, spec: FunctionSpec, host: Host, supervisor: Supervisor, preparation: Preparation) -> None:
        self.spec = spec
        self.state = State.STARTING
        self.idle_since = 0.0
        self._host = host
        self._supervisor = supervisor
        self._preparation = preparation
        self._loop = asyncio.get_running_loop()
        self._extensions = Extensions(spec, self.on_next, self._broken)
        self._api = RuntimeApi(self, self._extensions.handle)
        stream = logs.stream_name(host.clock.now(), spec.version, ids.hex_id(32))
        self.log = logs.EnvironmentLog(spec, host, stream)
        self._processes = Processes()
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._began = self._host.real_time()
        self._init_duration: float | None = None
        self._peak = 0
        self._current: tuple[Invocation, asyncio.Future[InvocationResult], float] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._left: Callable[[], None] | None = None
        self._relaying: asyncio.Task[None] | None = None

    # -- start ---------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Raises InitFailed, or PenstockError where no process can be started at all."""
        try:
            await self._start()
        except TimeoutError:
            self.discard(signal.SIGKILL)
            raise InitFailed("Sandbox.Timedout", failures.timeout(self.spec)) from None
        except NoEntrypoint as error:
            self.discard(signal.SIGKILL)
            raise InitFailed("Runtime.InvalidEntrypoint", str(error)) from None
        except BaseException:
            self.discard(signal.SIGKILL)
            raise

    async def _start(self) -> None:
        try:
            prepared = await self._preparation.of(self.spec)
        except PenstockError as error:
            raise NoEntrypoint(str(error)) from error
        self._began = self._host.real_time()
        self.log.init_start()
        async with asyncio.timeout(INIT_LIMIT + self.spec.timeout):
            child = await launch(self._order(prepared), self._processes)
            child.exited.add_done_callback(self._on_exit)
            await self._ready
        for line in self._extensions.lines():
            self.log.write(line)

    def _order(self, prepared: Prepared) -> Launch:
        credentials = self._host.credentials(self.spec)
        variables = environ.variables(self.spec, credentials, self._host.endpoint(), self.log.stream)
        return Launch(
            spec=self.spec,
            prepared=prepared,
            variables=self._host.network(self.spec, variables),
            supervisor=self._supervisor,
            api=self._api.handle,
            output=self.log.pipe.hand_over(),
            scratch=self._host.scratch,
            extensions=self._extensions,
        )

    # -- invocations ---------------------------------------------------------------------------------

    def invoke(self, invocation: Invocation) -> "asyncio.Future[InvocationResult]":
        """Hands an event to the idle process; the future resolves with its outcome, whatever that is."""
        assert self.state is State.IDLE
        self.state = State.BUSY
        done: asyncio.Future[InvocationResult] = self._loop.create_future()
        self._current = (invocation, done, self._host.real_time())
        self.log.start(invocation.request_id)
        deadline = int((self._current[2] + self.spec.timeout) * 1000)
        self._timer = self._loop.call_later(min(_WATCH_EVERY, self.spec.timeout), self._watch)
        self._extensions.invoke(invocation, deadline)
        self._api.deliver(invocation, deadline)
        return done

    def _watch(self) -> None:
        """Holds the busy process to its time and memory."""
        if self._current is None:
            return
        left = self.spec.timeout - (self._host.real_time() - self._current[2])
        if left <= 0:
            self._timed_out()
        elif self._used_mb(self._processes.resident_kb()) > self.spec.memory:
            self._out_of_memory()
        else:
            self._timer = self._loop.call_later(min(_WATCH_EVERY, left), self._watch)

    def _used_mb(self, resident_kb: int) -> int:
        """MB that count towards the limit: for a fork, what it has beyond its parent, and a bare runtime."""
        self._peak = max(self._peak, resident_kb)
        parent_kb = self._processes.parent_kb
        if not parent_kb:
            return self._peak // 1024
        return (max(0, self._peak - parent_kb) + _BARE_RUNTIME_KB) // 1024

    def _timed_out(self) -> None:
        assert self._current is not None
        request_id = self._current[0].request_id
        message = failures.timeout(self.spec)
        self.log.pipe.drain()
        self.log.write(f"{iso8601_milliseconds(self._host.clock.now())} {request_id} {message}")
        payload = failures.document("Sandbox.Timedout", f"RequestId: {request_id} Error: {message}")
        self._finish(payload, "Unhandled", status="timeout")
        self.discard(signal.SIGKILL, "timeout")

    def _out_of_memory(self) -> None:
        self._crashed("Runtime.OutOfMemory", "Runtime exited with error: signal: killed")
        self.discard(signal.SIGKILL, "failure")

    def _crashed(self, error_type: str, reason: str) -> None:
        assert self._current is not None
        message = f"RequestId: {self._current[0].request_id} Error: {reason}"
        self.log.pipe.drain()
        self.log.write(f"{message}\n{error_type}")
        self._finish(failures.document(error_type, message), "Unhandled", status="error", error_type=error_type)

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
            self.state = State.LEAVING
        if invocation.stream is not None:
            invocation.stream.end()
        if not done.done():
            done.set_result(self._result(payload, function_error, duration))

    def refuse(self, invocation: Invocation, failure: InitFailed) -> InvocationResult:
        """The outcome of an invocation for which this environment was started in vain."""
        started = list(self.log.invocation)
        self.log.start(invocation.request_id)
        self.log.invocation += started
        if not failure.document:
            self.log.write(f"RequestId: {invocation.request_id} Error: {failure.message}\n{failure.error_type}")
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

    # -- what the processes say (runtime_api.Events) ---------------------------------------------------

    def on_next(self) -> None:
        """Somebody asks for the next event: when all do, the environment is there, or free again."""
        if not (self._api.asked and self._extensions.ready):
            return
        if self.state is State.LEAVING:
            self.state = State.IDLE
            if self._left is not None:
                self._tell_left()
        elif self.state is State.STARTING and not self._ready.done():
            self.state = State.IDLE
            self._init_duration = self._host.real_time() - self._began
            self._ready.set_result(None)

    def when_free(self, callback: Callable[[], None]) -> None:
        """Calls back when an environment that is leaving is idle, or dead: at the latest when its time is over."""
        self._left = callback
        self._timer = self._loop.call_later(self.spec.timeout, self.discard, signal.SIGKILL, "timeout")

    def _tell_left(self) -> None:
        if self._left is not None:
            callback, self._left = self._left, None
            if self._timer is not None:
                self._timer.cancel()
            callback()

    def on_outcome(self, request_id: str, payload: bytes, *, failed: bool, error_type: str, peak: int) -> bool:
        if self._current is None or self._current[0].request_id != request_id:
            return False
        if self._used_mb(peak or self._processes.resident_kb()) > self.spec.memory:
            self._out_of_memory()
        else:
            self._finish(payload, "Unhandled" if failed else "")
        return True

    def on_stream(self, request_id: str, response: Streamed) -> bool:
        if self._current is None or self._current[0].request_id != request_id:
            return False
        self._relaying = self._loop.create_task(self._relay(self._current[0], response))
        return True

    async def _relay(self, invocation: Invocation, response: Streamed) -> None:
        """Takes a streamed response: on to who asked for a stream, else into one payload."""
        collected: list[bytes] = []
        try:
            if invocation.stream is not None:
                invocation.stream.begin(response.content_type)
            async for chunk in response.chunks:
                if invocation.stream is not None:
                    await invocation.stream.write(chunk)
                else:
                    collected.append(chunk)
        except Incomplete:
            return  # the process has gone, which is told elsewhere
        response.accept()
        if self._current is not None and self._current[0] is invocation:
            self._streamed(b"".join(collected), *response.error())

    def _streamed(self, payload: bytes, error_type: str, error: bytes) -> None:
        if error_type:
            self._finish(error, "Unhandled")
        elif len(payload) > MAX_RESPONSE:
            document = failures.document("Function.ResponseSizeTooLarge", TOO_LARGE)
            self._finish(document, "Unhandled")
        else:
            self._finish(payload, "")

    def on_init_error(self, document: bytes, error_type: str) -> None:
        self._fail_to_start(InitFailed(error_type, document=document))

    def _fail_to_start(self, failure: InitFailed) -> None:
        if self.state is State.STARTING and not self._ready.done():
            self._ready.set_exception(failure)

    def _on_exit(self, exited: "asyncio.Future[int]") -> None:
        self._broken("Runtime.ExitError", failures.exit_reason(exited.result()))

    def _broken(self, error_type: str, reason: str) -> None:
        self.log.pipe.drain()
        if self._current is not None:
            self._crashed(error_type, reason)
        self._fail_to_start(InitFailed(error_type, reason))
        self.discard(signal.SIGKILL, "failure")

    # -- end -----------------------------------------------------------------------------------------

    def discard(self, number: signal.Signals = signal.SIGTERM, reason: str = "spindown") -> None:
        """Nothing more is given to this process; it ends now (SIGKILL) or when it likes to (SIGTERM)."""
        self.state = State.DEAD
        self._processes.signal(number)
        self._extensions.end(reason, self._host.real_time(), self._close)
        self._tell_left()

    async def end(self, grace: float = 0.5) -> None:
        """Ends the process with the runtime: what it wrote on SIGTERM is still heard."""
        if self._processes.child is not None:
            await self._processes.child.stop(grace)
        self.discard()

    def _close(self) -> None:
        self.log.close()
        self._processes.close()
