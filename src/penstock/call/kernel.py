"""The door itself: `Context` is what an operation is given, `Kernel` what all operations of one runtime share.

A service comes to work when it is first asked for. Its tables are what says later that it was here before: then it
takes up its work when the runtime starts.
"""

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from penstock.base import ids
from penstock.base.clock import Clock
from penstock.base.errors import AwsError, PenstockError
from penstock.base.lazy import lazily
from penstock.base.signals import Signals
from penstock.base.store import Store
from penstock.base.telemetry import LogLine, Span, Telemetry, Trace
from penstock.call.service import LoadedService, Operation, Room, Service
from penstock.iam.principal import Principal
from penstock.wire.constraints import Faults, Malformed
from penstock.wire.model import Json

if TYPE_CHECKING:
    from penstock.call.authority import Authority

T = TypeVar("T")
log = logging.getLogger("penstock")
_authority = lazily("penstock.call.authority")

_META = "CREATE TABLE IF NOT EXISTS penstock_meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID"
_READ_OFFSET = "SELECT value FROM penstock_meta WHERE name = 'clock_offset'"
_WRITE_OFFSET = "INSERT OR REPLACE INTO penstock_meta VALUES ('clock_offset', ?)"
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"


class Context:
    """Who calls, where, in which trace; and through `kernel` everything an operation may use."""

    __slots__ = ("_trace", "abandoned", "account", "kernel", "principal", "region", "request_id")

    def __init__(
        self, kernel: "Kernel", account: str, region: str, principal: Principal, trace: Trace | None, request_id: str
    ) -> None:
        self.kernel = kernel
        self.account = account
        self.region = region
        self.principal = principal
        self._trace = trace
        self.request_id = request_id
        self.abandoned = False  # the caller has left: nobody will read the reply

    @property
    def trace(self) -> Trace:
        """The caller's trace; a new one, made when it is first asked for, where the caller had none."""
        if self._trace is None:
            self._trace = Trace.start(self.kernel.clock.now())
        return self._trace

    @property
    def traced(self) -> bool:
        """Whether the caller sent a trace, or somebody already asked for one."""
        return self._trace is not None

    @property
    def store(self) -> Store:
        return self.kernel.store

    @property
    def clock(self) -> Clock:
        return self.kernel.clock

    @property
    def signals(self) -> Signals:
        return self.kernel.signals

    @property
    def telemetry(self) -> Telemetry:
        return self.kernel.telemetry

    @property
    def config(self) -> "Config":
        return self.kernel.config

    def state(self, service: str) -> Any:
        """The memory of a service, as its `state` hook made it."""
        return self.kernel.states[service]

    async def call(self, service: str, operation: str, request: Json, *, principal: Principal | None = None) -> Json:
        """Another service's operation, through the front door, in this trace. Raises AwsError."""
        result = self.kernel.enter(self._next(principal), service, operation, request)
        return await result if isinstance(result, Awaitable) else result

    def call_now(self, service: str, operation: str, request: Json, *, principal: Principal | None = None) -> Json:
        """The same in this very turn and transaction, for operations that never wait (plain functions)."""
        result = self.kernel.enter(self._next(principal), service, operation, request)
        if isinstance(result, Awaitable):
            cast(Coroutine[Any, Any, Json], result).close()
            raise TypeError(f"{service}.{operation} waits: await ctx.call(...) instead")
        return result

    def as_service(self, name: str) -> "Context":
        """This context with a service principal (`events.amazonaws.com`) as the caller."""
        return self.at(principal=Principal.service(name, self.account))

    def at(
        self,
        *,
        account: str | None = None,
        region: str | None = None,
        principal: Principal | None = None,
        trace: Trace | None = None,
    ) -> "Context":
        return Context(
            self.kernel,
            account or self.account,
            region or self.region,
            principal or self.principal,
            trace or self.trace,
            ids.uuid(),
        )

    def _next(self, principal: Principal | None) -> "Context":
        who = principal or self.principal
        return Context(self.kernel, self.account, self.region, who, self.trace, ids.uuid())

    def ask(self, action: str, resource: str, policy: str = "", **keys: str) -> None:
        """Raises AccessDeniedException where IAM is enforced and does not allow what is no operation of a model.

        `policy` is the resource's own, where no service here keeps it; `keys` are context keys of the action's service.
        """
        if self.kernel.authorise is not None:
            self.kernel.authorise.ask(self, action, resource, policy, keys)

    def spawn(self, work: Coroutine[Any, Any, Any], name: str) -> "asyncio.Task[Any]":
        """Work beside the request, named for the log; a failure is logged, never lost."""
        return self.kernel.spawn(work, name)


@dataclass(kw_only=True)
class Config:
    """What a runtime was started with: where it keeps its state (None: nowhere), and where it listens."""

    data: Path | None = None
    memory: bool = False  # rows in memory, though `data` says which runtime it is
    scratch: Path = Path()
    host: str = "127.0.0.1"
    port: int = 4566
    account: str = "000000000000"
    region: str = "us-east-1"
    enforce_iam: bool = False

    @property
    def endpoint(self) -> str:
        return f"http://{self.host}:{self.port}"


class Kernel:
    """What all operations of one runtime share, and the door into them."""

    def __init__(self, config: Config, store: Store, clock: Clock, services: Iterable[Room | Service]) -> None:
        self.config = config
        self.store = store
        self.clock = clock
        self.signals = Signals(clock)
        self.telemetry = Telemetry()
        self.services = {service.name: service for service in services}
        self.states = _States(self)
        self.authorise: Authority | None = None
        self.principals: dict[str, Principal] = {}  # by access key; whoever hands out credentials enters them here
        self.tasks: set[asyncio.Task[Any]] = set()
        self._at_work: dict[str, Service] = {}
        self._loaded: dict[str, LoadedService] = {}
        self._shared: dict[type, Any] = {}
        self._started = False
        if config.enforce_iam:
            self.enforce_iam()
        store.create([_META])
        clock.offset = float((store.one(_READ_OFFSET) or (0.0,))[0])
        clock.moved = self._write_offset
        owners = {table.partition("_")[0] for (table,) in store.all(_TABLES)}
        for name in self.services:
            if name in owners:
                self.service(name)

    def at_work(self, name: str) -> bool:
        """Whether a service was ever asked for: of one that was not, nothing exists."""
        return name in self._at_work

    def service(self, name: str) -> Service:
        """A service at work; KeyError for one that is not here."""
        found = self._at_work.get(name)
        return found if found is not None else self._begin(self.services[name].load())

    def _begin(self, service: Service) -> Service:
        self._at_work[service.name] = service
        self._make_tables(service)
        if service.state is not None:
            self.states[service.name] = service.state(self)
        if self._started and service.start is not None:
            _at_once(service.start(self._own(service)))
        return service

    def _make_tables(self, service: Service) -> None:
        """Makes them anew where the transaction that they were made in is undone."""
        self.store.create(service.schema)
        if self.store.open:

            def again() -> None:
                with contextlib.suppress(sqlite3.Error):  # the disk is full, as whoever writes next will say
                    self._make_tables(service)

            self.store.after_rollback(again)

    def _own(self, service: Service) -> Context:
        return self.context(Principal.service(f"{service.name}.amazonaws.com", ""))

    def loaded(self, name: str) -> LoadedService:
        """A service with its model; KeyError for one that is not here."""
        found = self._loaded.get(name)
        if found is None:
            found = self._loaded[name] = LoadedService(self.service(name))
        return found

    def enforce_iam(self, on: bool = True) -> None:
        """From now on what IAM does not allow is denied, or nothing is any more."""
        self.config.enforce_iam = on
        self.authorise = _authority.Authority(self) if on else None

    def shared(self, kind: type[T]) -> T:
        """The one object of a class in this runtime, made when it is first asked for: what several services use."""
        found = self._shared.get(kind)
        if found is None:
            found = self._shared[kind] = kind()
        return cast(T, found)

    def context(self, principal: Principal | None = None, account: str = "", region: str = "") -> Context:
        """A context with a new trace, for work that no request asked for."""
        account = account or self.config.account
        who = principal or Principal.root(account)
        return Context(self, account, region or self.config.region, who, None, ids.uuid())

    def enter(self, ctx: Context, service: str, name: str, request: Json) -> Json | Awaitable[Json]:
        """A call from inside: values are Python's (bytes, epoch seconds), checked like any other."""
        if service not in self.services or (operation := self.loaded(service).operation(name)) is None:
            raise AwsError("UnknownOperationException", f"There is no operation {service}.{name} here", status=501)
        self.validate(operation, request, operation.check_inside)
        return self.perform(ctx, operation, request)

    def validate(self, operation: Operation, request: Json, check: Callable[[Any, str, Faults], Any]) -> None:
        """Holds the request against the model; raises AwsError."""
        faults: Faults = []
        try:
            check(request, "", faults)
        except (Malformed, RecursionError) as error:
            raise AwsError(operation.service.service.malformed_code, str(error), status=400) from None
        if faults:  # of what is not there at all, that is what is said
            missing = operation.function is None
            raise _not_implemented(operation) if missing else operation.service.refuse(operation.model, faults)

    def perform(self, ctx: Context, operation: Operation, request: Json) -> Json | Awaitable[Json]:
        """Authorises, executes and records an operation whose request is valid."""
        start = self.clock.now()
        try:
            if self.authorise is not None:
                self.authorise(ctx, operation, request)
            if operation.function is None:
                raise _not_implemented(operation)
            with self.store.savepoint():
                result = operation.function(ctx, request)
        except AwsError as error:
            self._record(ctx, operation, request, start, error.code)
            raise
        except Exception as error:
            raise self._failed(ctx, operation, request, start, error) from error
        if not isinstance(result, dict):
            return self._finish(ctx, operation, request, start, result)
        self._record(ctx, operation, request, start, None)
        return result

    async def _finish(
        self, ctx: Context, operation: Operation, request: Json, start: float, waiting: Awaitable[Json]
    ) -> Json:
        """The rest of an operation that has to wait."""
        try:
            result = await waiting
        except AwsError as error:
            self._record(ctx, operation, request, start, error.code)
            raise
        except Exception as error:
            raise self._failed(ctx, operation, request, start, error) from error
        self._record(ctx, operation, request, start, None)
        return result

    def _failed(self, ctx: Context, operation: Operation, request: Json, start: float, error: Exception) -> AwsError:
        """What the caller is told of a failure that is none of AWS's; the error itself becomes its cause."""
        if isinstance(error, PenstockError):
            log.error("%s: %s", operation.full_name, error)
            failure = AwsError("ServiceUnavailable", str(error), status=503)
        elif isinstance(error, RecursionError):  # a document within the request that nests without end
            log.warning("%s was asked for what is nested too deeply, request %s", operation.full_name, ctx.request_id)
            code = operation.service.service.malformed_code
            failure = AwsError(code, "The request is nested too deeply", status=400)
        else:
            log.error("%s failed, request %s", operation.full_name, ctx.request_id, exc_info=error)
            self.telemetry.log(LogLine(start, "ERROR", operation.full_name, repr(error), ctx.request_id))
            message = f"Penstock failed in {operation.full_name}, request {ctx.request_id}"
            failure = AwsError("InternalFailure", message, status=500)
        self._record(ctx, operation, request, start, failure.code)
        return failure

    def _record(self, ctx: Context, operation: Operation, request: Json, start: float, error: str | None) -> None:
        span = Span(ctx, operation.full_name, start, self.clock.now(), error)
        self.telemetry.spans.append(span)
        if self.telemetry.watchers:
            self.telemetry.tell(span._replace(resource=_about(ctx, operation, request)))

    def spawn(self, work: Coroutine[Any, Any, Any], name: str) -> "asyncio.Task[Any]":
        task = asyncio.get_running_loop().create_task(work, name=name)
        self.tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("%s failed", task.get_name(), exc_info=error)
            self.telemetry.log(LogLine(self.clock.now(), "ERROR", task.get_name(), repr(error)))

    async def advance(self, seconds: float) -> None:
        """Moves the virtual clock; how far it was moved survives a restart."""
        await self.clock.advance(seconds)
        await self.store.committed()

    def _write_offset(self) -> None:
        """In the transaction of what falls due: nothing is ever stored with a time that is still to come."""
        self.store.run(_WRITE_OFFSET, self.clock.offset)

    async def start(self) -> None:
        """Lets every service that was at work take up where it was."""
        self._started = True
        for service in list(self._at_work.values()):
            if service.start is not None:
                await service.start(self._own(service))

    async def stop(self) -> None:
        for service in reversed(self._at_work.values()):
            if service.stop is not None:
                await service.stop(self.context())
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.store.commit()


def _about(ctx: Context, operation: Operation, request: Json) -> str:
    """What IAM would be asked about; nothing where the request names something impossible."""
    try:
        return operation.service.service.resource(ctx, operation.name, request)
    except (AwsError, LookupError, ValueError, TypeError):
        return ""


def _not_implemented(operation: Operation) -> AwsError:
    return AwsError("NotImplemented", f"Penstock does not implement {operation.full_name}.", status=501)


class _States(dict[str, Any]):
    """The memory of each service, made when it is first looked at."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    def __missing__(self, name: str) -> Any:
        self._kernel.service(name)
        return self[name]


def _at_once(start: Awaitable[None]) -> None:
    """Runs the start of a service that has nothing to take up, and so nothing to wait for."""
    work = cast(Coroutine[Any, Any, None], start)
    with contextlib.suppress(StopIteration):
        work.send(None)
        work.close()
        raise RuntimeError(f"{work} waits though nothing is stored")
