"""Lambda's memory: the functions with all that belongs to them (a mirror of their documents), and the pool.

Kinds of documents of a function, by id: `version` ($LATEST, 1, 2, ...), `alias` (name), and by qualifier `policy`,
`url`, `event-invoke`, `provisioned`; and one `settings` (tags, reserved concurrency, the next version's number).
A version's document is {"Configuration": as AWS answers it, "Code": where the code lies, "Generation": an id that
changes with each deployment}.
"""

from pathlib import Path
from typing import Any

import orjson

from penstock.base.arn import Arn
from penstock.base.clock import Timer
from penstock.base.errors import AwsError
from penstock.call import Context, Kernel
from penstock.compute.functions.model import FunctionSpec
from penstock.compute.functions.pool import Pool
from penstock.compute.supervisor import Supervisor
from penstock.delivery.mappings import Mapping
from penstock.delivery.outbox import Outbox
from penstock.delivery.sender import Sender
from penstock.delivery.streams import StreamMapping
from penstock.services.lambda_.host import FunctionHost
from penstock.services.lambda_.names import LATEST, FunctionRef, missing, not_found
from penstock.services.lambda_.store import DELIVERIES, DOCUMENTS, SELECT_DOCUMENTS
from penstock.wire.model import Json

Key = tuple[str, str, str]  # account, region, name


class Function:
    """One function. Documents are replaced, never changed in place, so that a rollback can bring the old ones back."""

    def __init__(self, arn: str) -> None:
        parsed = Arn.parse(arn)
        self.arn = arn
        self.account, self.region, self.name = parsed.account, parsed.region, parsed.resource_id
        self.documents: dict[str, dict[str, Json]] = {}
        self.specs: dict[str, FunctionSpec] = {}  # by version, as last derived from the documents
        self.running: set[int] = set()  # events of the asynchronous queue that are under way
        self.timer: Timer | None = None  # for the next event that is to be tried again

    def kind(self, kind: str) -> dict[str, Json]:
        return self.documents.setdefault(kind, {})

    @property
    def key(self) -> Key:
        return self.account, self.region, self.name

    @property
    def latest(self) -> Json:
        return self.kind("version")[LATEST]

    @property
    def settings(self) -> Json:
        return self.kind("settings").get("", {})

    @property
    def reserved(self) -> int | None:
        return self.settings.get("ReservedConcurrentExecutions")

    def arn_of(self, qualifier: str | None) -> str:
        return f"{self.arn}:{qualifier}" if qualifier else self.arn


class State:
    def __init__(self, kernel: Kernel) -> None:
        by_arn: dict[str, Function] = {}
        for owner, kind, id, document in kernel.store.all(SELECT_DOCUMENTS):
            if owner.startswith("arn:"):
                function = by_arn.setdefault(owner, Function(owner))
                function.kind(kind)[id] = orjson.loads(document)
        self.functions: dict[Key, Function] = {function.key: function for function in by_arn.values()}
        self.assets: Path = kernel.config.scratch / "assets"
        self.host = FunctionHost(kernel, self._configuration)
        self.pool = Pool(self.host.host, kernel.shared(Supervisor))
        self.deliveries = Outbox(kernel, DELIVERIES, Sender("lambda.amazonaws.com", self.host.session))
        self.mappings: dict[str, Mapping | StreamMapping] = {}  # event source mappings that run, by UUID
        self.results: dict[str, str] = {}  # how those that read streams went until they were stopped

    def _configuration(self, spec: FunctionSpec) -> Json:
        version = self.functions[spec.account, spec.region, spec.name].kind("version")[spec.version]
        configuration: Json = version["Configuration"]
        return configuration


def state(ctx: Context) -> State:
    found: State = ctx.state("lambda")
    return found


# -- find --------------------------------------------------------------------------------------------


def find(ctx: Context, ref: FunctionRef) -> Function | None:
    return state(ctx).functions.get((ref.account, ref.region, ref.name))


def function_of(ctx: Context, ref: FunctionRef) -> Function:
    """Raises ResourceNotFoundException with the ARN that was asked for."""
    function = find(ctx, ref)
    if function is None:
        raise not_found(ref.qualified_arn)
    return function


def version_of(function: Function, qualifier: str | None) -> str:
    """The version that a qualifier leads to, aliases followed. Raises ResourceNotFoundException."""
    if qualifier is None or qualifier in function.kind("version"):
        return qualifier or LATEST
    alias = function.kind("alias").get(qualifier)
    if alias is None:
        raise not_found(function.arn_of(qualifier))
    version: str = alias["FunctionVersion"]
    return version


def check_qualifier(function: Function, qualifier: str | None) -> None:
    """Raises where a version or alias does not exist, in the words of the permission operations."""
    if qualifier and qualifier not in function.kind("version") and qualifier not in function.kind("alias"):
        raise qualifier_missing(function.arn_of(qualifier))


def qualifier_missing(qualified_arn: str) -> AwsError:
    """A number is said to be a version, any other qualifier an alias, unless no alias could be named so."""
    qualifier = qualified_arn.rpartition(":")[2]
    if qualifier.isdigit() or "$" in qualifier:
        return not_found(qualified_arn)
    return missing(f"Cannot find alias arn: {qualified_arn}")


# -- change ------------------------------------------------------------------------------------------


def put(ctx: Context, function: Function, kind: str, id: str, document: Json) -> None:
    """Stores a document of a function, in memory and on disk."""
    _undo(ctx, function, kind, id)
    function.kind(kind)[id] = document
    function.specs.clear()
    DOCUMENTS.put(ctx.store, function.arn, kind, id, document)


def drop(ctx: Context, function: Function, kind: str, id: str) -> None:
    _undo(ctx, function, kind, id)
    function.kind(kind).pop(id, None)
    function.specs.clear()
    DOCUMENTS.delete(ctx.store, function.arn, kind, id)


def set_settings(ctx: Context, function: Function, **changes: Any) -> None:
    """Changes settings; None takes one away."""
    kept = {**function.settings, **changes}
    put(ctx, function, "settings", "", {key: value for key, value in kept.items() if value is not None})


def _undo(ctx: Context, function: Function, kind: str, id: str) -> None:
    table = function.kind(kind)
    before = table.get(id)

    def restore() -> None:
        function.specs.clear()
        if before is None:
            table.pop(id, None)
        else:
            table[id] = before

    ctx.store.after_rollback(restore)
