"""The queue of events that are invoked asynchronously: stored when accepted, deleted when done.

An event is acknowledged once its row is committed. A failed one is tried again after 1 minute and then 2 (on the
virtual clock); when it is given up, or too old, the function's destination and dead-letter queue are told. After a
crash the rows say what is left to do; an event may then run twice, but never not at all.
Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

import random
from typing import NamedTuple

from penstock.base.errors import AwsError
from penstock.base.telemetry import Trace
from penstock.call import Context
from penstock.compute.functions.model import Invocation, InvocationResult
from penstock.delivery.retry import LAMBDA, LAMBDA_THROTTLED, RetryPolicy, configured
from penstock.services.lambda_ import destinations, store
from penstock.services.lambda_.event_invoke import config_for
from penstock.services.lambda_.execute import run
from penstock.services.lambda_.metrics import ACCEPTED, DROPPED, meter_of
from penstock.services.lambda_.names import LATEST
from penstock.services.lambda_.state import Function, state

# Events of one function under way at once; its reserved concurrency may be less.
_PARALLEL = 100
_CONDITIONS = {"MaximumRetryAttempts": "RetriesExhausted", "MaximumEventAgeInSeconds": "EventAgeExceeded"}


class Event(NamedTuple):
    id: int
    qualifier: str
    request_id: str
    payload: bytes
    client_context: str
    trace: str
    accepted_at: float
    attempts: int
    throttles: int


def accept(ctx: Context, function: Function, qualifier: str, payload: bytes, client_context: str) -> None:
    """Stores an event; once that is durable, it is on its way."""
    now = ctx.clock.now()
    meter_of(ctx, function, None).add(ACCEPTED)
    values = (function.arn, qualifier, ctx.request_id, payload, client_context, ctx.trace.header, now, now)
    ctx.store.run(store.INSERT_EVENT, *values)
    ctx.store.after_commit(lambda: wake(ctx, function))


def resume(ctx: Context) -> None:
    """Takes up every event that is left in the store."""
    by_arn = {function.arn: function for function in state(ctx).functions.values()}
    for (arn,) in ctx.store.all(store.SELECT_WAITING):
        if arn in by_arn:
            wake(ctx, by_arn[arn])
        else:
            ctx.store.run(store.DELETE_EVENTS, arn)


def forget(ctx: Context, function: Function) -> None:
    """Drops the events of a function that is deleted."""
    ctx.store.run(store.DELETE_EVENTS, function.arn)
    if function.timer is not None:
        function.timer.cancel()


def wake(ctx: Context, function: Function) -> None:
    """Starts as many of the events that are due as may run, and sets the clock for the next one."""
    if state(ctx).functions.get(function.key) is not function:
        return
    limit = _PARALLEL if function.reserved is None else max(1, min(_PARALLEL, function.reserved))
    room = limit - len(function.running)
    if room > 0:
        now = ctx.clock.now()
        for (id,) in ctx.store.all(store.SELECT_DUE, function.arn, now, limit + 1):
            if id not in function.running and room > 0:
                room -= 1
                function.running.add(id)
                ctx.spawn(_run(_background(ctx, function), function, id), f"event of {function.name}")
    _plan(ctx, function)


def _background(ctx: Context, function: Function) -> Context:
    return ctx.as_service("lambda.amazonaws.com").at(account=function.account, region=function.region)


def _plan(ctx: Context, function: Function) -> None:
    row = ctx.store.one(store.NEXT_DUE, function.arn, ctx.clock.now())
    if function.timer is not None:
        function.timer.cancel()
    function.timer = ctx.clock.call_at(row[0], lambda: wake(ctx, function)) if row else None


async def _run(ctx: Context, function: Function, id: int) -> None:
    with ctx.clock.work():
        try:
            row = ctx.store.one(store.SELECT_EVENT, id)
            if row is not None:
                await _try(ctx, function, Event(id, *row))
        finally:
            function.running.discard(id)
            wake(ctx, function)


async def _try(ctx: Context, function: Function, event: Event) -> None:
    """One attempt, and what follows from it."""
    policy = configured(LAMBDA, config_for(function, event.qualifier))
    if ctx.clock.now() > event.accepted_at + policy.age:
        _give_up(ctx, function, event, "EventAgeExceeded", None)
        return
    try:
        result = await _attempt(ctx, function, event)
    except AwsError as error:
        _not_invoked(ctx, function, event, policy, error)
        return
    if result.function_error:
        _failed(ctx, function, event, policy, result)
    else:
        with ctx.store.savepoint():
            destinations.succeeded(ctx, function, event, result)
            ctx.store.run(store.DELETE_EVENT, event.id)


async def _attempt(ctx: Context, function: Function, event: Event) -> InvocationResult:
    qualifier = None if event.qualifier == LATEST else event.qualifier
    invocation = Invocation(
        request_id=event.request_id,
        payload=event.payload,
        invoked_arn=function.arn_of(qualifier),
        trace=event.trace,
        client_context=event.client_context,
    )
    return await run(ctx.at(trace=Trace.parse(event.trace)), function, qualifier, invocation)


def _not_invoked(ctx: Context, function: Function, event: Event, policy: RetryPolicy, error: AwsError) -> None:
    """Throttled, or Penstock's own trouble: no attempt of the function is used up."""
    if error.code == "ResourceNotFoundException":
        ctx.store.run(store.DELETE_EVENT, event.id)
        return
    patient = RetryPolicy(LAMBDA_THROTTLED.attempts, policy.age, LAMBDA_THROTTLED.backoff)
    when = patient.next_try(event.accepted_at, event.throttles, ctx.clock.now(), random.random)
    if isinstance(when, str):
        _give_up(ctx, function, event, _CONDITIONS[when], None)
    else:
        ctx.store.run(store.POSTPONE_EVENT, when, event.attempts, event.throttles + 1, event.id)


def _failed(ctx: Context, function: Function, event: Event, policy: RetryPolicy, result: InvocationResult) -> None:
    when = policy.next_try(event.accepted_at, event.attempts, ctx.clock.now(), random.random)
    if isinstance(when, str):
        _give_up(ctx, function, event, _CONDITIONS[when], result)
    else:
        ctx.store.run(store.POSTPONE_EVENT, when, event.attempts + 1, event.throttles, event.id)


def _give_up(ctx: Context, function: Function, event: Event, condition: str, result: InvocationResult | None) -> None:
    meter_of(ctx, function, None).add(DROPPED)
    with ctx.store.savepoint():
        destinations.failed(ctx, function, event, condition, result)
        ctx.store.run(store.DELETE_EVENT, event.id)
