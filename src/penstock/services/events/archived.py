"""The events that an archive keeps. It gets them through a managed rule of its bus, which is named after it.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-archive-event.html
"""

import calendar
import time

import orjson

from penstock.delivery.transform import Event
from penstock.services.events import names, store
from penstock.services.events.state import Bus, Rule, State
from penstock.wire.model import Json

RULE_PREFIX = "Events-Archive-"
_DAY = 86_400.0


def rule_document(bus: Bus, archive_name: str, event_pattern: str | None) -> Json:
    """The managed rule: the archive's pattern, but for events that come from a replay."""
    name = RULE_PREFIX + archive_name
    pattern = orjson.loads(event_pattern) if event_pattern else {}
    return {
        "Name": name,
        "Arn": names.rule_arn(bus.region, bus.account, bus.name, name),
        "EventPattern": orjson.dumps({**pattern, "replay-name": [{"exists": False}]}).decode(),
        "State": "ENABLED",
        "ManagedBy": names.MANAGER,
        "EventBusName": bus.name,
        "CreatedBy": bus.account,
    }


def record(state: State, rule: Rule, event: Event, now: float) -> None:
    """Keeps an event, and lets go of some whose time is over."""
    rows = state.kernel.store
    arn = names.archive_arn(rule.bus.region, rule.bus.account, rule.name.removeprefix(RULE_PREFIX))
    found = rows.one(store.ARCHIVE, arn)
    if found is None:
        return
    rows.run(store.ADD_ARCHIVED, arn, event_time(event.document), event.text)
    rows.run(store.COUNT_ARCHIVED, 1, len(event.text.encode()), arn)
    if days := orjson.loads(found[3]).get("RetentionDays"):
        _expire(state, arn, now - days * _DAY)


def event_time(document: Json) -> float:
    return float(calendar.timegm(time.strptime(document["time"], "%Y-%m-%dT%H:%M:%SZ")))


def _expire(state: State, arn: str, before: float) -> None:
    rows = state.kernel.store
    expired = rows.all(store.EXPIRED, arn, before)
    if expired:
        rows.many(store.DELETE_ARCHIVED, ((row[0],) for row in expired))
        rows.run(store.COUNT_ARCHIVED, -len(expired), -sum(size for _, size in expired), arn)
