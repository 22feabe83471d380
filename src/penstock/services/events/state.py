"""EventBridge's memory: buses with their rules compiled, a mirror of their rows.

An operation writes rows and then calls `refresh_bus` or `refresh_rule`, which reads them back; where the transaction is
undone they are read again. So memory and rows cannot disagree, and a restart is nothing special.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from penstock.base.arn import Arn
from penstock.base.clock import Timer
from penstock.base.errors import AwsError
from penstock.call import Context, Kernel
from penstock.compute.sessions import RoleSessions
from penstock.delivery import schedule
from penstock.delivery.outbox import Outbox
from penstock.delivery.patterns import Index, compile
from penstock.delivery.retry import EVENTBRIDGE
from penstock.delivery.transform import Render, compile_input
from penstock.services.events import names, store
from penstock.services.events.sender import RuleSender
from penstock.wire.model import Json

Fire = Callable[[str, str, float], None]  # (bus ARN, rule name, when it was due)


@dataclass(frozen=True, slots=True)
class Target:
    """A target compiled: `render` makes of an event the text that it receives."""

    arn: str
    is_bus: bool
    render: Render
    parameters: Json
    dead_letter_arn: str
    attempts: int
    age: float


@dataclass(slots=True)
class Rule:
    """`document` holds what DescribeRule shows; `scheduled_at` is what a rate counts from."""

    arn: str
    name: str
    bus: "Bus"
    document: Json
    scheduled_at: float
    targets: list[Target]

    @property
    def enabled(self) -> bool:
        return bool(self.document["State"] != "DISABLED")

    @property
    def managed(self) -> bool:
        return "ManagedBy" in self.document


@dataclass(slots=True)
class Bus:
    arn: str
    settings: Json
    policy: str | None
    created_at: float
    modified_at: float
    name: str = field(init=False)
    account: str = field(init=False)
    region: str = field(init=False)
    rules: dict[str, Rule] = field(default_factory=dict)
    index: Index[str] = field(default_factory=Index)

    def __post_init__(self) -> None:
        arn = Arn.parse(self.arn)
        self.name, self.account, self.region = arn.resource.removeprefix("event-bus/"), arn.account, arn.region


class State:
    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.outbox = Outbox(kernel, store.DELIVERIES, RuleSender(RoleSessions(kernel)))
        self.timers: dict[str, Timer] = {}  # of scheduled rules, by ARN
        self.fire: Fire | None = None  # set once the service has started
        self.buses = {row[0]: _bus(row) for row in kernel.store.all(store.BUSES)}
        for row in kernel.store.all(store.RULES):
            self._load_rule(self.buses[row[0]], row)

    def refresh_bus(self, arn: str) -> None:
        self._load_bus(arn)
        self.kernel.store.after_rollback(lambda: self._load_bus(arn))

    def refresh_rule(self, bus: Bus, name: str) -> None:
        self._reload_rule(bus.arn, name)
        self.kernel.store.after_rollback(lambda: self._reload_rule(bus.arn, name))

    def _load_bus(self, arn: str) -> None:
        row, known = self.kernel.store.one(store.BUS, arn), self.buses.get(arn)
        if row is None:
            self.buses.pop(arn, None)
        elif known is None:
            self.buses[arn] = _bus(row)
        else:
            known.settings, known.policy = orjson.loads(row[1]), row[2]
            known.created_at, known.modified_at = row[3], row[4]

    def _reload_rule(self, bus_arn: str, name: str) -> None:
        bus, row = self.buses.get(bus_arn), self.kernel.store.one(store.RULE, bus_arn, name)
        if bus is None:
            return
        if (known := bus.rules.pop(name, None)) is not None and (timer := self.timers.pop(known.arn, None)):
            timer.cancel()
        bus.index.remove(name)
        if row is not None:
            self._load_rule(bus, row)

    def _load_rule(self, bus: Bus, row: tuple[Any, ...]) -> None:
        name, document = row[1], orjson.loads(row[2])
        rule = Rule(document["Arn"], name, bus, document, row[3], [])
        targets = self.kernel.store.all(store.TARGETS, bus.arn, name, 0, -1)
        rule.targets = [compile_target(orjson.loads(target), rule.arn, name) for _, target in targets]
        bus.rules[name] = rule
        if rule.enabled and document.get("EventPattern"):
            bus.index.add(name, compile(document["EventPattern"]))
        if rule.enabled and document.get("ScheduleExpression"):
            self.arm(rule)

    def arm(self, rule: Rule) -> None:
        """Sets the timer of a scheduled rule, unless the service has not started yet."""
        if (fire := self.fire) is None:
            return
        clock, expression = self.kernel.clock, rule.document["ScheduleExpression"]
        when = schedule.parse(expression).next_after(clock.now(), rule.scheduled_at)
        if when is not None:
            self.timers[rule.arn] = clock.call_at(when, lambda: fire(rule.bus.arn, rule.name, when))


def _bus(row: tuple[Any, ...]) -> Bus:
    return Bus(row[0], orjson.loads(row[1]), *row[2:])


_PARAMETERS = ("EcsParameters", "HttpParameters", "KinesisParameters", "RoleArn", "SqsParameters")


def compile_target(target: Json, rule_arn: str, rule_name: str) -> Target:
    """Raises InputError for input settings that are not valid."""
    policy = target.get("RetryPolicy") or {}
    return Target(
        target["Arn"],
        ":event-bus/" in target["Arn"],
        compile_input(target, rule_arn, rule_name),
        {name: target[name] for name in _PARAMETERS if name in target},
        (target.get("DeadLetterConfig") or {}).get("Arn", ""),
        policy.get("MaximumRetryAttempts", EVENTBRIDGE.attempts),
        policy.get("MaximumEventAgeInSeconds", EVENTBRIDGE.age),
    )


def state(ctx: Context) -> State:
    found: State = ctx.state("events")
    return found


def bus_of(ctx: Context, name_or_arn: str | None) -> Bus:
    """The bus of a request; the default one comes into being when it is first asked for. Raises ResourceNotFound."""
    name = name_or_arn or names.DEFAULT
    arn = name if name.startswith("arn:") else names.bus_arn(ctx.region, ctx.account, name)
    found = state(ctx).buses.get(arn)
    if found is not None:
        return found
    if not arn.endswith(f":event-bus/{names.DEFAULT}"):
        raise names.not_found(f"Event bus {name.rpartition(':event-bus/')[2]}")
    ctx.store.run(store.PUT_BUS, arn, "{}", None, ctx.clock.now())
    state(ctx).refresh_bus(arn)
    return state(ctx).buses[arn]


def rule_of(bus: Bus, name: str) -> Rule:
    found = bus.rules.get(name)
    if found is None:
        raise AwsError("ResourceNotFoundException", f"Rule {name} does not exist on EventBus {bus.name}.")
    return found
