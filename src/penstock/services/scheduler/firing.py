"""Firings: each is enqueued in the transaction that moves its schedule on, so that no crash loses or doubles one.

Of firings that fell due while nothing ran, the last is made when the runtime is back, once; if it is older by then than
the target's MaximumEventAgeInSeconds, it goes to the dead-letter queue instead.
"""

import logging

import orjson

from penstock.base import ids
from penstock.base.arn import Arn
from penstock.base.errors import AwsError, PenstockError
from penstock.base.telemetry import LogLine
from penstock.delivery.targets import Delivery
from penstock.services.scheduler import store
from penstock.services.scheduler.names import iso
from penstock.services.scheduler.plan import plan_of
from penstock.services.scheduler.state import State
from penstock.wire.model import Json

log = logging.getLogger("penstock")

_BATCH = 100  # schedules in one transaction
_PAUSE = 60.0  # seconds until firings are taken up that a full disk stopped
_PARAMETERS = ("EcsParameters", "EventBridgeParameters", "KinesisParameters", "SqsParameters")
_MISSED = AwsError("InternalServerException", "Nothing ran when the schedule was due.", status=500)


def begin(state: State) -> None:
    """Takes up deliveries and firings where they were."""

    def fire() -> None:
        state.kernel.spawn(_fire(state), "schedules")

    state.outbox.resume()
    state.fire = fire
    state.arm()


async def _fire(state: State) -> None:
    kernel = state.kernel
    now = kernel.clock.now()
    try:
        with kernel.clock.work(), kernel.store.savepoint():
            for arn, text, anchor, due in kernel.store.all(store.DUE, now, _BATCH):
                _fire_one(state, arn, orjson.loads(text), anchor, due)
            kernel.store.after_commit(state.arm)
    except Exception:
        state.arm_at(now + _PAUSE)
        raise


def _fire_one(state: State, arn: str, schedule: Json, anchor: float, due: float) -> None:
    plan, now = plan_of(schedule, anchor), state.kernel.clock.now()
    due = plan.latest_due(due, now - plan.delay)
    following = plan.next_due(due)
    if following is not None:
        state.kernel.store.run(store.MOVE, following, following + plan.delay, arn)
    elif schedule["ActionAfterCompletion"] == "DELETE":
        state.kernel.store.run(store.DELETE, arn)
    else:
        state.kernel.store.run(store.MOVE, None, None, arn)
    _send(state, schedule, due, due + plan.delay)


def _send(state: State, schedule: Json, due: float, accepted_at: float) -> None:
    """What goes wrong in a way that nobody thought of is lost alone: the other schedules fire."""
    kernel = state.kernel
    now = kernel.clock.now()
    try:
        with kernel.store.savepoint():
            delivery = _delivery(schedule, due, accepted_at)
            if now > accepted_at + delivery.age:
                state.outbox.fail(delivery, _MISSED)
            else:
                state.outbox.deliver(delivery)
    except PenstockError:
        raise  # a full disk: the schedule has to stay where it is
    except Exception as error:
        log.error("%s fired in vain", schedule["Arn"], exc_info=error)
        kernel.telemetry.log(LogLine(now, "ERROR", schedule["Arn"], f"fired in vain: {error!r}"))


def _delivery(schedule: Json, due: float, accepted_at: float) -> Delivery:
    target, policy = schedule["Target"], schedule["Target"]["RetryPolicy"]
    parameters = {name: target[name] for name in _PARAMETERS if name in target}
    if "Tags" in parameters.get("EcsParameters", {}):
        parameters["EcsParameters"] = {**parameters["EcsParameters"], "Tags": _tags(target["EcsParameters"]["Tags"])}
    return Delivery(
        schedule["Arn"],
        target["Arn"],
        target.get("Input") or _notification(schedule["Arn"], target["Arn"], due),
        accepted_at,
        {**parameters, "RoleArn": target["RoleArn"], "ScheduledTime": iso(due)},
        dead_letter_arn=(target.get("DeadLetterConfig") or {}).get("Arn", ""),
        attempts=policy["MaximumRetryAttempts"],
        age=policy["MaximumEventAgeInSeconds"],
    )


def _notification(arn: str, target_arn: str, due: float) -> str:
    """What a target without Input receives; an operation's request is then empty."""
    if ":aws-sdk:" in target_arn:
        return "{}"
    place = Arn.parse(arn)
    event = {
        "version": "0",
        "id": ids.uuid(),
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": place.account,
        "time": iso(due),
        "region": place.region,
        "resources": [arn],
        "detail": "{}",
    }
    return orjson.dumps(event).decode()


def _tags(maps: list[dict[str, str]]) -> list[dict[str, str]]:
    """Tags of a task, each a map of `key` and `value`, or of one to the other: the model leaves it open."""
    tags: dict[str, str] = {}
    for given in maps:
        lowered = {name.lower(): value for name, value in given.items()}
        tags |= {lowered["key"]: lowered.get("value", "")} if "key" in lowered else given
    return [{"Key": key, "Value": value} for key, value in tags.items()]
