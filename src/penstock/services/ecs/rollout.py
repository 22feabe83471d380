"""What a service's keeper does next: how many tasks to start, which to stop. Pure.

A rolling deployment keeps at least `minimum` healthy tasks and at most `maximum` altogether. New ones are started as
far as the maximum has room; an old one is stopped when a new one has taken its place, or to make room.
Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html
"""

import math
from collections import Counter
from dataclasses import dataclass

DEFAULT_THRESHOLD = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A task that is meant to run. `healthy`: it does, and every target group agrees."""

    arn: str
    deployment: str
    zone: str = ""
    running: bool = False
    healthy: bool = False
    protected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The primary deployment. `frozen`: it has failed, and nothing is started for it any more."""

    deployment: str
    desired: int
    minimum: int
    maximum: int
    frozen: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    start: int
    stop: tuple[View, ...]
    steady: bool  # everything that is wanted is there, and nothing else


def target(deployment: str, desired: int, configuration: dict[str, int], *, frozen: bool = False) -> Target:
    return Target(
        deployment=deployment,
        desired=desired,
        minimum=math.ceil(desired * configuration["minimumHealthyPercent"] / 100),
        maximum=desired * configuration["maximumPercent"] // 100,
        frozen=frozen,
    )


def plan(wanted: Target, tasks: list[View]) -> Plan:
    """`tasks` in the order in which they were made."""
    fresh = [task for task in tasks if task.deployment == wanted.deployment]
    old = [task for task in tasks if task.deployment != wanted.deployment]
    if wanted.frozen:
        return Plan(0, (), False)
    if len(fresh) > wanted.desired:
        return Plan(0, tuple(_excess(fresh, len(fresh) - wanted.desired)), False)
    missing = wanted.desired - len(fresh)
    stop = _replaced(wanted, fresh, old)
    room = max(0, max(wanted.maximum, wanted.desired if not old else 0) - len(tasks))
    start = min(missing, room)
    if missing and not start and not stop:
        stop = _make_room(wanted, tasks, old)
    steady = not missing and not old and all(task.healthy for task in fresh)
    return Plan(start, tuple(stop), steady)


def _replaced(wanted: Target, fresh: list[View], old: list[View]) -> list[View]:
    """Old tasks that may go: those that do no work, and as many as healthy new ones have replaced."""
    stop = [task for task in old if task.running and not task.healthy and not task.protected]
    healthy_old = [task for task in old if task.healthy and not task.protected]
    still_starting = [task for task in old if not task.running]
    ready = sum(task.healthy for task in fresh)
    kept = max(0, max(wanted.desired, wanted.minimum) - ready)
    protected = sum(task.healthy and task.protected for task in old)
    surplus = max(0, len(healthy_old) + protected - kept)
    return [*stop, *still_starting, *_first_to_go(healthy_old)[:surplus]]


def _make_room(wanted: Target, tasks: list[View], old: list[View]) -> list[View]:
    """Where the maximum leaves no room for a new task, old ones go as far as the minimum allows."""
    spare = sum(task.healthy for task in tasks) - wanted.minimum
    return [task for task in _first_to_go(old) if not task.protected][: max(0, spare)]


def _excess(tasks: list[View], count: int) -> list[View]:
    return [task for task in _first_to_go(tasks) if not task.protected][:count]


def _first_to_go(tasks: list[View]) -> list[View]:
    """Those that do not work yet first, then from the zone with the most tasks, the newest first."""
    order: list[View] = []
    remaining = list(reversed(tasks))
    zones = Counter(task.zone for task in tasks)
    while remaining:
        chosen = min(remaining, key=lambda task: (task.healthy, task.running, -zones[task.zone]))
        zones[chosen.zone] -= 1
        remaining.remove(chosen)
        order.append(chosen)
    return order


# -- failures ------------------------------------------------------------------------------------------

LONGEST_PAUSE = 900.0  # seconds
IMPAIRED = 3  # failures in a row after which a service says that it has trouble


def pause(failures: int) -> float:
    """Seconds until the next task after so many failures in a row: the first is replaced at once."""
    return 0.0 if failures < 2 else min(LONGEST_PAUSE, 2.0 ** (failures - 2))


def threshold(desired: int, breaker: dict[str, object]) -> int:
    """Failed tasks after which the deployment has failed: half of what is desired, at least 3, at most 200."""
    configured = breaker.get("thresholdConfiguration")
    if not isinstance(configured, dict):
        return max(DEFAULT_THRESHOLD, min(200, math.ceil(desired / 2)))
    value = int(configured["value"])
    if configured["type"] == "COUNT":
        return max(1, value)
    count = math.ceil(desired * value / 100)
    return max(DEFAULT_THRESHOLD, min(200, count)) if configured["type"] == "BOUNDED_PERCENT" else max(1, count)
