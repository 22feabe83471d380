"""What a service is: what it offers to the kernel, and how its operations are found.

Its code and AWS's model of it are large, and most services are never asked for: a `Room` is all that is known of one
until then.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from types import FunctionType, MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from penstock.base.arn import Arn
from penstock.base.errors import AwsError
from penstock.wire import cbor_codec
from penstock.wire.codec import Codec, codec_for, target_codec_for
from penstock.wire.constraints import Checker, Faults, summary
from penstock.wire.model import Json, OperationModel, ServiceModel
from penstock.wire.route import Front, RestRoutes, Routes

if TYPE_CHECKING:
    from penstock.call.kernel import Context, Kernel

Function = Callable[["Context", Json], Json | Awaitable[Json]]


class Question(NamedTuple):
    """One thing that IAM is asked: may the caller do this to that? `keys` are context keys of this question alone."""

    action: str
    resource: str
    keys: Mapping[str, str] = MappingProxyType({})


Questions = Callable[["Context", Json], Iterable[Question]]


class TagListing(NamedTuple):
    """The operation that lists a resource's tags, the member that names the resource, and the one with the tags.

    `named` makes what the member takes of an ARN, where that is not the ARN itself.
    """

    operation: str
    member: str
    tags: str = "Tags"
    named: Callable[[Arn], str] = str


@dataclass(frozen=True, kw_only=True)
class Service:
    """One AWS service. Only `name` and `operations` are always needed.

    `name` is that of botocore's model; where they differ, `signing_name` is that of the credential scope and
    `iam_prefix` that of its IAM actions.
    `operations` are modules: their functions named like an operation are operations. `patches` are merged into the
    model's shapes.
    Of IAM: `resource` gives the ARN that is asked about, `tags` says how its tags are found, `actions` the actions that
    are not `<prefix>:<Operation>` (or what makes the action of an operation), and `questions` what is asked of
    operations for which that is not all. `passes` are the members of requests that pass a role to the service
    (`iam:PassRole`; dots lead below, and through lists); with `untrusted`, the code and text of its refusal, a role has
    to trust it. `policy` gives the text of a resource's own policy, `owner` the account of what an action is about,
    where its ARN names none, `keys` its context keys of a request, `denied` the code of a denial where it is not that
    of the protocol.
    Of services that still answer the query protocol, `query_codes` and `query_texts` are the errors that it calls
    otherwise, `query_path` the member that a request's path stands for.
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
    tags: TagListing | None = None
    actions: Mapping[str, str] | Callable[[OperationModel], str] = field(default_factory=dict)
    questions: Mapping[str, Questions] = field(default_factory=dict)
    passes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    untrusted: tuple[str, str] | None = None
    policy: Callable[["Context", str], str | None] | None = None
    owner: Callable[["Context", str, str], str] | None = None
    keys: Callable[["Context", str, Json], Mapping[str, str | Iterable[str]]] | None = None
    denied: str = ""
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
    def types(self) -> tuple[str, ...]:
        return tuple(kind.name for kind in self.resources)

    def load(self) -> "Service":
        return self

    @property
    def acts_as(self) -> str:
        """The prefix of its IAM actions."""
        return self.iam_prefix or self.signs_as


class Room(NamedTuple):
    """What is known of a service before its code is loaded, and where it is: `package.module:NAME`.

    `types` are the names of its CloudFormation types, or how they begin, up to `::`; `places` the labels of its places.
    """

    name: str
    where: str
    signs_as: str
    types: tuple[str, ...] = ()
    places: tuple[str, ...] = ()

    def load(self) -> Service:
        module, _, name = self.where.partition(":")
        service: Service = getattr(import_module(module), name)
        return service


class Operation:
    """One operation, bound: its model, its function, and its checks for bodies from outside and dicts from inside."""

    __slots__ = (
        "action",
        "asks_more",
        "check_inside",
        "check_outside",
        "full_name",
        "function",
        "model",
        "name",
        "passes",
        "questions",
        "service",
    )

    def __init__(self, service: "LoadedService", model: OperationModel, function: Function | None) -> None:
        self.service = service
        self.model = model
        self.name = model.name
        self.full_name = f"{service.service.name}.{model.name}"
        self.function = function
        actions = service.service.actions
        usual = f"{service.service.acts_as}:{model.name}"
        self.action = actions(model) if callable(actions) else actions.get(model.name, usual)
        self.questions = service.service.questions.get(model.name)
        self.passes = service.service.passes.get(model.name, ())
        self.asks_more = self.questions is not None or bool(self.passes)
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
        self.target_codecs: dict[str, Codec] = {}  # by content type, where it is not that of the protocol
        if self.model.protocol == "json":
            self.target_codecs[cbor_codec.CONTENT_TYPE] = cbor_codec.AmzCborCodec(self.model)
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
    """By `type`, not `isinstance`, whose look at `__class__` would load every lazy module among the names."""
    return {
        name: wrap(function) if wrap else function
        for module in modules
        for name, function in vars(module).items()
        if type(function) is FunctionType and function.__module__ == module.__name__ and not name.startswith("_")
    }
