"""The front door: every call, from a socket or from inside, is validated, authorised, executed and recorded.

`Service` is what a room under `services/` offers; `Context` is what an operation is given; `Kernel` holds what all
operations of one runtime share. An operation is a function `(ctx, request) -> dict`, or a coroutine function where it
has to wait; its request was checked against AWS's own model.
"""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar, cast

from penstock.base import ids
from penstock.base.clock import Clock
from penstock.base.errors import AwsError, PenstockError
from penstock.base.signals import Signals
from penstock.base.store import Store
from penstock.base.telemetry import LogLine, Span, Telemetry, Trace
from penstock.iam.principal import Principal
from penstock.wire.codec import Codec, codec_for, target_codec_for
from penstock.wire.constraints import Checker, Faults, Malformed, summary
from penstock.wire.model import Json, OperationModel, ServiceModel
from penstock.wire.route import Front, RestRoutes, Routes

T = TypeVar("T")
Function = Callable[["Context", Json], Json | Awaitable[Json]]
log = logging.getLogger("penstock")

_META = "CREATE TABLE IF NOT EXISTS penstock_meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID"
_READ_OFFSET = "SELECT value FROM penstock_meta WHERE name = 'clock_offset'"
_WRITE_OFFSET = "INSERT OR REPLACE INTO penstock_meta VALUES ('clock_offset', ?)"


@dataclass(frozen=True, kw_only=True)
class Service:
    """One AWS service. Only `name` and `operations` are always needed.

    `name` is that of botocore's model; where they differ, `signing_name` is that of the credential scope and
    `iam_prefix` that of its IAM actions.
    `operations` are modules: their functions named like an operation are operations. `patches` are merged into the
    model's shapes. `resource` gives the ARN that IAM is asked about, `actions` the IAM actions that are not
    `<prefix>:<Operation>`. Of services that still answer the query protocol, `query_codes` and `query_texts` are
    the errors that it calls otherwise, `query_path` the member that a request's path stands for.
    `refuse` words violated constraints where the service does it in its own way.
    `wrap` goes around every one of its operations.
    `routes` and `codec` read and write its requests where the protocol in its model does not say all; the bodies of the
    operations in `streaming` may be streams; `front` sees its HTTP requests first.
    `places` are the hosts and paths that it answers itself, label -> what makes their `web.site.Place`.
    `state` makes the service's memory; `start` re-creates its timers and pollers from the store; `stop` ends them.
    """

    name: str
    operations: tuple[ModuleType, ...]
    signing_name: str = ""
    iam_prefix: str = ""
    schema: tuple[str, ...] = ()
    resources: tuple[Any, ...] = ()
    patches: Mapping[str, Json] = field(default_factory=dict)
    resource: Callable[["Context", str, Json], str] = lambda ctx, operation, request: "*"
    actions: Mapping[str, str] = field(default_factory=dict)
    validation_code: str = "ValidationException"
    malformed_code: str = "SerializationException"
    refuse: Callable[[OperationModel, Faults], AwsError] | None = None
    query_codes: Mapping[str, str] = field(default_factory=dict)
    query_texts: Mapping[str, str] = field(default_factory=dict)
    query_path: str = ""
    wrap: Callable[[Function], Function] | None = None
    state: Callable[["Kernel"], Any] | None = None
    routes: Callable[[ServiceModel], Routes] | None = None
    codec: Callable[[ServiceModel], Codec] | None = None
    streaming: frozenset[str] = frozenset()
    front: Callable[["Kernel"], Front] | None = None
    places: Mapping[str, Callable[["Kernel"], Any]] = field(default_factory=dict)
    start: Callable[["Context"], Awaitable[None]] | None = None
    stop: Callable[["Context"], Awaitable[None]] | None = None

    @property
    def signs_as(self) -> str:
        return self.signing_name or self.name

    @property
    def acts_as(self) -> str:
        """The prefix of its IAM actions."""
        return self.iam_prefix or self.signs_as


class Operation:
    """One operation, bound: its model, its function, and its checks for bodies from outside and dicts from inside."""

    __slots__ = ("action", "check_inside", "check_outside", "full_name", "function", "model", "name", "service")

    def __init__(self, service: "LoadedService", model: OperationModel, function: Function | None) -> None:
        self.service = service
        self.model = model
        self.name = model.name
        self.full_name = f"{service.service.name}.{model.name}"
        self.function = function
        self.action = service.service.actions.get(model.name, f"{service.service.acts_as}:{model.name}")
        self.check_outside = service.outside.shape(model.input) if model.input else _accept
        self.check_inside = service.inside.shape(model.input) if model.input else _accept


def _accept(value: Any, path: str, faults: Faults) -> Any:
    return value


class LoadedService:
    """A service with its model: made at its first call, because models are large and most are never asked for."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.model = ServiceModel(service.name, service.patches)
        own = service.codec
        self.codec: Codec = own(self.model) if own else codec_for(self.model, dict(service.query_codes))
        self.target_codec: Codec = target_codec_for(self.model, dict(service.query_codes))
        self.outside = Checker(self.model, decode=self.model.protocol in ("json", "rest-json"))
        self.inside = Checker(self.model, decode=False)
        routes = service.routes or (RestRoutes if self.model.protocol.startswith("rest") else None)
        self.routes: Routes | None = routes(self.model) if routes else None
        self._functions = _functions(service.operations, service.wrap)
        self._operations: dict[str, Operation] = {}

    def operation(self, name: str) -> Operation | None:
        model = self.model.operations.get(name)
        return self.bound(model) if model is not None else None

    def bound(self, model: OperationModel) -> Operation:
        found = self._operations.get(model.name)
        if found is None:
            found = self._operations[model.name] = Operation(self, model, self._functions.get(model.snake))
        return found

    def refuse(self, model: OperationModel, faults: Faults) -> AwsError:
        if self.service.refuse is not None:
            return self.service.refuse(model, faults)
        return AwsError(self.service.validation_code, summary(faults), status=400)


def _functions(modules: Iterable[ModuleType], wrap: Callable[[Function], Function] | None) -> dict[str, Function]:
    return {
        name: wrap(function) if wrap else function
        for module in modules
        for name, function in vars(module).items()
        if inspect.isfunction(function) and function.__module__ == module.__name__ and not name.startswith("_")
    }


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

    @property
    def endpoint(self) -> str:
        return f"http://{self.host}:{self.port}"


class Kernel:
    """What all operations of one runtime share, and the door into them."""

    def __init__(self, config: Config, store: Store, clock: Clock, services: Iterable[Service]) -> None:
        self.config = config
        self.store = store
        self.clock = clock
        self.signals = Signals(clock)
        self.telemetry = Telemetry()
        self.services = {service.name: service for service in services}
        self.authorise: Callable[[Context, Operation, Json], None] | None = None
        self.principals: dict[str, Principal] = {}  # by access key; whoever hands out credentials enters them here
        self.tasks: set[asyncio.Task[Any]] = set()
        self._loaded: dict[str, LoadedService] = {}
        self._shared: dict[type, Any] = {}
        store.create([_META])
        clock.offset = float((store.one(_READ_OFFSET) or (0.0,))[0])
        for service in self.services.values():
            store.create(service.schema)
        self.states = {name: service.state(self) for name, service in self.services.items() if service.state}

    def loaded(self, name: str) -> LoadedService:
        """A service with its model; KeyError for one that is not here."""
        found = self._loaded.get(name)
        if found is None:
            found = self._loaded[name] = LoadedService(self.services[name])
        return found

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
        except Malformed as error:
            raise AwsError(operation.service.service.malformed_code, str(error), status=400) from None
        if faults:
            raise operation.service.refuse(operation.model, faults)

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
        except Exception as error:
            raise self._failed(ctx, operation, start, error) from error
        if not isinstance(result, dict):
            return self._finish(ctx, operation, start, result)
        self._record(ctx, operation, start, None)
        return result

    async def _finish(self, ctx: Context, operation: Operation, start: float, waiting: Awaitable[Json]) -> Json:
        """The rest of an operation that has to wait."""
        try:
            result = await waiting
        except Exception as error:
            raise self._failed(ctx, operation, start, error) from error
        self._record(ctx, operation, start, None)
        return result

    def _failed(self, ctx: Context, operation: Operation, start: float, error: Exception) -> AwsError:
        if isinstance(error, PenstockError):
            log.error("%s: %s", operation.full_name, error)
            error = AwsError("ServiceUnavailable", str(error), status=503)
        elif not isinstance(error, AwsError):
            log.error("%s failed, request %s", operation.full_name, ctx.request_id, exc_info=error)
            self.telemetry.log(LogLine(start, "ERROR", operation.full_name, repr(error), ctx.request_id))
            message = f"Penstock failed in {operation.full_name}, request {ctx.request_id}"
            error = AwsError("InternalFailure", message, status=500)
        self._record(ctx, operation, start, error.code)
        return error

    def _record(self, ctx: Context, operation: Operation, start: float, error: str | None) -> None:
        self.telemetry.spans.append(Span(ctx, operation.full_name, start, self.clock.now(), error))

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
        self.store.run(_WRITE_OFFSET, self.clock.offset)
        await self.store.committed()

    async def start(self) -> None:
        """Lets every service take up where it was."""
        for service in self.services.values():
            if service.start is not None:
                await service.start(self.context(Principal.service(f"{service.name}.amazonaws.com", "")))

    async def stop(self) -> None:
        for service in reversed(self.services.values()):
            if service.stop is not None:
                await service.stop(self.context())
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.store.commit()


def _not_implemented(operation: Operation) -> AwsError:
    return AwsError("NotImplemented", f"Penstock does not implement {operation.full_name}.", status=501)
