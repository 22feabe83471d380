"""Schedules: create, update, get, delete, list.

Source: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html and its siblings.
"""

import hashlib
import math
from typing import Any

import orjson

from penstock.base.paging import page_key, page_token
from penstock.call import Context
from penstock.services.scheduler import store
from penstock.services.scheduler.checks import check
from penstock.services.scheduler.groups import find_group
from penstock.services.scheduler.names import DEFAULT, exists, invalid, missing, owner, schedule_arn
from penstock.services.scheduler.plan import plan_of
from penstock.services.scheduler.state import state
from penstock.wire.model import Json

_DEFAULTS: Json = {"ActionAfterCompletion": "NONE", "ScheduleExpressionTimezone": "UTC", "State": "ENABLED"}
_OPTIONAL = ("Description", "EndDate", "KmsKeyArn", "StartDate")
_RETRIES: Json = {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}
_SUMMARY = ("Arn", "CreationDate", "GroupName", "LastModificationDate", "Name", "State")
_PAGE = 100


def create_schedule(ctx: Context, request: Json) -> Json:
    now = ctx.clock.now()
    schedule = _document(ctx, request, now)
    check(schedule, now, {})
    find_group(ctx, schedule["GroupName"])
    token, row = token_of(request), ctx.store.one(store.GET, schedule["Arn"])
    if row is not None:
        if token and row[2] == token:
            return {"ScheduleArn": schedule["Arn"]}
        raise exists(f"Schedule {schedule['Name']}")
    anchor = _anchor(schedule, now)
    ctx.store.run(
        store.INSERT,
        schedule["Arn"],
        owner(ctx),
        schedule["GroupName"],
        schedule["Name"],
        schedule["State"],
        orjson.dumps(schedule).decode(),
        token,
        anchor,
        *_next(schedule, anchor, _second_of(now)),
    )
    ctx.store.after_commit(state(ctx).arm)
    return {"ScheduleArn": schedule["Arn"]}


def update_schedule(ctx: Context, request: Json) -> Json:
    """What is not given becomes its default. A rate that has changed begins anew."""
    known, anchor, _ = _lookup(ctx, request)
    now = ctx.clock.now()
    schedule = {**_document(ctx, request, now), "CreationDate": known["CreationDate"]}
    check(schedule, now, known)
    after = now
    if any(schedule.get(name) != known.get(name) for name in ("ScheduleExpression", "StartDate")):
        anchor, after = _anchor(schedule, now), _second_of(now)
    text, coming = orjson.dumps(schedule).decode(), _next(schedule, anchor, after)
    ctx.store.run(store.UPDATE, schedule["State"], text, anchor, *coming, schedule["Arn"])
    ctx.store.after_commit(state(ctx).arm)
    return {"ScheduleArn": schedule["Arn"]}


def get_schedule(ctx: Context, request: Json) -> Json:
    schedule: Json = _lookup(ctx, request)[0]
    return schedule


def delete_schedule(ctx: Context, request: Json) -> Json:
    schedule, _, _ = _lookup(ctx, request)
    ctx.store.run(store.DELETE, schedule["Arn"])
    return {}


def list_schedules(ctx: Context, request: Json) -> Json:
    """The oldest first."""
    limit = request.get("MaxResults", _PAGE)
    after, state, prefix = _page_start(request), request.get("State", ""), request.get("NamePrefix", "")
    if "GroupName" in request:
        group = find_group(ctx, request["GroupName"])["Name"]
        rows = ctx.store.all(store.LIST_GROUP, owner(ctx), after, state, prefix, limit + 1, group)
    else:
        rows = ctx.store.all(store.LIST, owner(ctx), after, state, prefix, limit + 1)
    shown = {"Schedules": [_summary(orjson.loads(row[1])) for row in rows[:limit]]}
    return shown | ({"NextToken": page_token(rows[limit - 1][0])} if len(rows) > limit else {})


# -- shared --------------------------------------------------------------------------------------------


def token_of(request: Json) -> str:
    """What makes a repeated request the same: its ClientToken and all that it asks for."""
    if "ClientToken" not in request:
        return ""
    digest = hashlib.blake2b(orjson.dumps(request, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()
    return f"{request['ClientToken']} {digest}"


def _document(ctx: Context, request: Json, now: float) -> Json:
    group, name = request.get("GroupName", DEFAULT), request["Name"]
    target = request["Target"]
    return {
        "Arn": schedule_arn(ctx, group, name),
        "Name": name,
        "GroupName": group,
        "ScheduleExpression": request["ScheduleExpression"],
        "FlexibleTimeWindow": request["FlexibleTimeWindow"],
        "Target": {**target, "RetryPolicy": {**_RETRIES, **target.get("RetryPolicy", {})}},
        **{member: request.get(member, default) for member, default in _DEFAULTS.items()},
        **{member: request[member] for member in _OPTIONAL if member in request},
        "CreationDate": now,
        "LastModificationDate": now,
    }


def _anchor(schedule: Json, now: float) -> float:
    """What a rate counts from: its StartDate, else now."""
    return float(schedule.get("StartDate", math.floor(now)))


def _second_of(now: float) -> float:
    """Just before the current second: a schedule for this very second, as a new rate is, still fires."""
    return math.floor(now) - 0.001


def _next(schedule: Json, anchor: float, after: float) -> tuple[float | None, float | None]:
    """The next instant, and when the target is invoked for it; nothing comes of a schedule that is disabled."""
    plan = plan_of(schedule, anchor)
    due = plan.next_due(after) if schedule["State"] == "ENABLED" else None
    return due, None if due is None else due + plan.delay


def _lookup(ctx: Context, request: Json) -> tuple[Any, ...]:
    """The schedule, what it counts from, and the token of its creation. Raises ResourceNotFoundException."""
    group = find_group(ctx, request.get("GroupName", DEFAULT))
    row = ctx.store.one(store.GET, schedule_arn(ctx, group["Name"], request["Name"]))
    if row is None:
        raise missing(f"Schedule {request['Name']}")
    return orjson.loads(row[0]), row[1], row[2]


def _summary(schedule: Json) -> Json:
    return {**{member: schedule[member] for member in _SUMMARY}, "Target": {"Arn": schedule["Target"]["Arn"]}}


def _page_start(request: Json) -> int:
    if "NextToken" not in request:
        return 0
    try:
        return int(page_key(request["NextToken"], int)[0])
    except ValueError:
        raise invalid("Invalid NextToken.") from None
