"""A change of an alarm's state, and what follows from it: history, an event, actions.

Everything is written in the transaction of the change. An action that fails is noted in the history, as on AWS; nobody
tries it again.
"""

from collections.abc import Callable

import orjson

from penstock.base.arn import Arn
from penstock.base.errors import AwsError
from penstock.base.telemetry import LogLine
from penstock.call import Context
from penstock.iam.principal import Principal
from penstock.services.cloudwatch import history, notices, store
from penstock.services.cloudwatch.notices import Change
from penstock.services.cloudwatch.store import Alarm
from penstock.wire.model import Json

ACTIONS = {"OK": "OKActions", "ALARM": "AlarmActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}


def move(ctx: Context, alarm: Alarm, state: str, reason: str, data: str | None) -> Change | None:
    """Gives an alarm its state and the reason; the change, where it had another state."""
    now = ctx.clock.now()
    moved = alarm.state_transitioned_at if state == alarm.state_value else now
    ctx.store.run(store.SET_STATE, state, reason, data, now, moved, alarm.arn)
    if state == alarm.state_value:
        return None
    after = alarm._replace(
        state_value=state,
        state_reason=reason,
        state_reason_data=data,
        state_updated_at=now,
        state_transitioned_at=moved,
    )
    change = Change(alarm, after, orjson.loads(alarm.settings))
    summary = f"Alarm updated from {alarm.state_value} to {state}"
    states = {"oldState": _noted(alarm), "newState": _noted(after)}
    history.note(ctx, after, "StateUpdate", summary, {"version": "1.0", **states})
    _tell(ctx, change)
    return change


def _noted(alarm: Alarm) -> Json:
    data = {"stateReasonData": orjson.loads(alarm.state_reason_data)} if alarm.state_reason_data else {}
    return {"stateValue": alarm.state_value, "stateReason": alarm.state_reason, **data}


def _tell(ctx: Context, change: Change) -> None:
    """EventBridge, unless nobody has ever made a rule."""
    if not ctx.kernel.at_work("events"):
        return
    entry = {
        "Source": "aws.cloudwatch",
        "DetailType": "CloudWatch Alarm State Change",
        "Resources": [change.after.arn],
        "Detail": orjson.dumps(notices.detail(change)).decode(),
    }
    try:
        ctx.call_now("events", "PutEvents", {"Entries": [entry]}, principal=_principal(ctx, change, "cloudwatch"))
    except AwsError as error:
        ctx.telemetry.log(LogLine(ctx.clock.now(), "ERROR", change.after.arn, str(error), ctx.request_id))


def _principal(ctx: Context, change: Change, service: str) -> Principal:
    return Principal.service(f"{service}.amazonaws.com", ctx.account, change.after.arn)


# -- actions -----------------------------------------------------------------------------------------


def act(ctx: Context, change: Change) -> None:
    """What the alarm's new state is to set off."""
    if change.settings["ActionsEnabled"]:
        for action in change.settings[ACTIONS[change.after.state_value]]:
            _act(ctx, change, action)


def _act(ctx: Context, change: Change, action: str) -> None:
    published, error = None, None
    try:
        published = _call(action)(ctx, change, action)
    except AwsError as failure:
        error = failure.message
    data = {
        "actionState": "Failed" if error else "Succeeded",
        "stateUpdateTimestamp": int(change.after.state_updated_at * 1000),
        "notificationResource": action,
        **({} if error else {"publishedMessage": published}),
        "error": error,
    }
    summary = f"{'Failed to execute' if error else 'Successfully executed'} action {action}"
    history.note(ctx, change.after, "Action", summary, data)


def _publish(ctx: Context, change: Change, action: str) -> str:
    text = orjson.dumps(notices.message(change)).decode()
    request = {"TopicArn": action, "Subject": notices.subject(change), "Message": text}
    ctx.call_now("sns", "Publish", request, principal=_principal(ctx, change, "cloudwatch"))
    return orjson.dumps({"default": text}).decode()


def _invoke(ctx: Context, change: Change, action: str) -> str:
    payload = orjson.dumps(notices.event(change))
    request = {"FunctionName": action, "InvocationType": "Event", "Payload": payload}
    ctx.call_now("lambda", "Invoke", request, principal=_principal(ctx, change, "lambda.alarms.cloudwatch"))
    return payload.decode()


# By the service in the action's ARN: makes the call, and gives what it said.
_CALLS = {"sns": _publish, "lambda": _invoke}


def _call(action: str) -> Callable[[Context, Change, str], str]:
    if reason := not_carried_out(action):
        raise AwsError("NotImplemented", reason, status=501)
    return _CALLS[Arn.parse(action).service]


def not_carried_out(action: str) -> str:
    """Why an action is noted as failed whenever it is due; empty for one that is carried out."""
    service = Arn.parse(action).service if action.startswith("arn:") and action.count(":") > 4 else ""
    return "" if service in _CALLS else f"Penstock does not carry out actions such as {action}."
