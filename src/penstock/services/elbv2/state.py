"""The memory of load balancing: a mirror of its rows, by ARN and by what they belong to.

An operation writes with `put` and `drop`; where the transaction is undone, the row is read again. Whoever serves is
told with `changed` what to look at anew, once the change is durable.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson

from penstock.base.errors import AwsError
from penstock.call import Context, Kernel
from penstock.services.elbv2 import names, store
from penstock.services.elbv2.serving.health import Status
from penstock.wire.model import Json

LOAD_BALANCER, LISTENER, RULE, GROUP, TARGET = "loadbalancer", "listener", "listener-rule", "targetgroup", "target"

# kind -> the error that says there is none, its text, and what its ARN is called. Source: the API's answers.
_MISSING = {
    LOAD_BALANCER: ("LoadBalancer", "Load balancer '{}' not found", "load balancer"),
    LISTENER: ("Listener", "Listener '{}' not found", "listener"),
    RULE: ("Rule", "Rule '{}' not found", "listener rule"),
    GROUP: ("TargetGroup", "Target groups '{}' not found", "target group"),
}


@dataclass(slots=True)
class Entry:
    """A load balancer, listener, rule, target group or target. `document` is as AWS describes it."""

    arn: str
    kind: str
    parent: str
    document: Json
    attributes: Json = field(default_factory=dict)  # those that were set
    tags: Json = field(default_factory=dict)


class Plane(Protocol):
    """What is at work, as operations know it."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def settled(self) -> None: ...
    def health(self, entry: Entry) -> Status: ...
    def retire(self, entry: Entry) -> bool: ...


class State:
    plane: Plane  # given by whoever makes the state

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.entries: dict[str, Entry] = {}
        self._children: dict[tuple[str, str], dict[str, Entry]] = {}
        self._uses: dict[str, list[str]] | None = None
        self.changed: Callable[[Entry], None] = lambda entry: None
        for row in kernel.store.all(store.ALL):
            self._enter(_entry(row))

    def get(self, kind: str, arn: str) -> Entry:
        """Raises the error that says there is none."""
        found = self.find(kind, arn)
        if found is None:
            raise _missing(kind, arn)
        return found

    def find(self, kind: str, arn: str) -> Entry | None:
        found = self.entries.get(arn)
        return found if found is not None and found.kind == kind else None

    def children(self, kind: str, parent: str) -> list[Entry]:
        """In the order in which they were made."""
        return list(self._children.get((kind, parent), {}).values())

    def all(self, kind: str) -> Iterator[Entry]:
        return (entry for entry in self.entries.values() if entry.kind == kind)

    def uses(self, group: str) -> list[str]:
        """The load balancers that a target group gets requests from."""
        if self._uses is None:
            self._uses = self._find_uses()
        return self._uses.get(group, [])

    def _find_uses(self) -> dict[str, list[str]]:
        uses: dict[str, list[str]] = {}
        for rule in self.all(RULE):
            balancer = self.entries[rule.parent].parent
            for arn in groups_of(rule.document["Actions"]):
                found = uses.setdefault(arn, [])
                if balancer not in found:
                    found.append(balancer)
        return uses

    # -- writes ------------------------------------------------------------------------------------------

    def put(self, entry: Entry) -> Entry:
        """Writes an entry, new or changed."""
        texts = [orjson.dumps(part).decode() for part in (entry.document, entry.attributes, entry.tags)]
        self.kernel.store.run(store.PUT, entry.arn, entry.kind, entry.parent, *texts)
        self._refresh(entry)
        return self.entries[entry.arn]

    def drop(self, entry: Entry) -> None:
        """Deletes an entry with all that belongs to it."""
        for kind in (LISTENER, RULE, TARGET):
            for child in self.children(kind, entry.arn):
                self.drop(child)
        self.kernel.store.run(store.DELETE, entry.arn)
        self._refresh(entry)

    def _refresh(self, entry: Entry) -> None:
        self._load(entry)
        self.kernel.store.after_rollback(lambda: self._load(entry))
        self.kernel.store.after_commit(lambda: self.changed(entry))

    def _load(self, entry: Entry) -> None:
        row = self.kernel.store.one(store.ONE, entry.arn)
        if row is None:
            self.entries.pop(entry.arn, None)
            self._children.get((entry.kind, entry.parent), {}).pop(entry.arn, None)
            self._uses = None
        else:
            self._enter(_entry(row))

    def _enter(self, entry: Entry) -> None:
        self.entries[entry.arn] = entry
        self._children.setdefault((entry.kind, entry.parent), {})[entry.arn] = entry
        self._uses = None


def _entry(row: tuple[Any, ...]) -> Entry:
    arn, kind, parent, *texts = row
    return Entry(arn, kind, parent, *map(orjson.loads, texts))


def state(ctx: Context) -> State:
    found: State = ctx.state("elbv2")
    return found


def scope_of(ctx: Context) -> str:
    return names.scope(ctx.account, ctx.region)


def mine(ctx: Context, kind: str, arn: str) -> Entry:
    """An entry of the caller's account and region. Raises the error that says there is none."""
    check_arn(ctx, kind, arn)
    found = state(ctx).get(kind, arn)
    if f":{ctx.account}:" not in arn:
        raise _missing(kind, arn)
    return found


def _missing(kind: str, arn: str) -> AwsError:
    error, text, _ = _MISSING[kind]
    return names.missing(error, text.format(arn))


def check_arn(ctx: Context, kind: str, arn: str) -> None:
    """Raises ValidationError where the ARN is of something else, of another region, or none at all."""
    if not names.is_arn(arn, kind) or f":{ctx.region}:" not in arn:
        raise names.invalid(f"'{arn}' is not a valid {_MISSING[kind][2]} ARN")


def groups_of(actions: list[Json]) -> list[str]:
    """The target groups that actions forward to."""
    return [
        group["TargetGroupArn"]
        for action in actions
        for group in action.get("ForwardConfig", {}).get("TargetGroups", [])
    ]


def asked_for(ctx: Context, kind: str, arns: list[str], message: str) -> list[Entry]:
    """The entries of a describe operation by ARN. Raises the kind's error with `message`."""
    for arn in arns:
        check_arn(ctx, kind, arn)
    try:
        return [mine(ctx, kind, arn) for arn in dict.fromkeys(arns)]
    except AwsError as error:
        raise AwsError(error.code, message) from None
