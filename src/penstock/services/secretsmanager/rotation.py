"""Rotation: a function makes, sets, tests and finishes a new version of a secret, now and on a schedule.

The new version is there without a value, labelled AWSPENDING, before the function is first called. Where the function
fails, the rotation stops; it is tried again, with the same version, when the next one is due or asked for.
Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
"""

import logging
from functools import partial

import orjson

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.base.telemetry import LogLine
from penstock.call import Context
from penstock.iam.principal import Principal
from penstock.services.secretsmanager import schedules, store, versions
from penstock.services.secretsmanager.find import secret_of, shown_name
from penstock.services.secretsmanager.store import Rotation, Secret
from penstock.wire.model import Json

log = logging.getLogger("penstock")

_STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
_TEST = ("testSecret",)


async def start(ctx: Context) -> None:
    """Takes up schedules, and rotations that the end of the process cut short."""
    for row in ctx.store.all(store.ROTATIONS):
        rotation = Rotation(*row)
        _plan(ctx, rotation)
        if rotation.running:
            _begin(ctx, rotation)


def rotate_secret(ctx: Context, request: Json) -> Json:
    if "ClientRequestToken" not in request:
        message = "You must provide a ClientRequestToken value. We recommend a UUID-type value."
        raise AwsError("InvalidParameterException", message)
    secret, token = secret_of(ctx, request["SecretId"]), request["ClientRequestToken"]
    known = rotation_of(ctx, secret.arn)
    function = request.get("RotationLambdaARN") or (known.lambda_arn if known else "")
    if not function:
        raise AwsError("InvalidRequestException", "No Lambda rotation function ARN is associated with this secret.")
    rules = schedules.checked(request.get("RotationRules", orjson.loads(known.rules) if known else {}))
    _check_function(ctx, secret, function)
    now, immediately = ctx.clock.now(), request.get("RotateImmediately", True)
    rotation = Rotation(
        arn=secret.arn,
        lambda_arn=function,
        rules=orjson.dumps(rules).decode(),
        enabled=1,
        last_rotated=known.last_rotated if known else None,
        next_at=schedules.next_start(rules, now),
        running=token,
        steps=orjson.dumps(_STEPS if immediately else _TEST).decode(),
    )
    if _unfinished(ctx, secret) not in (None, token):
        if known is not None and known.running is None:
            ctx.clock.call_at(now, partial(_attempt, ctx, known))
        message = "A previous rotation isn't complete. That rotation will be reattempted."
        raise AwsError("InvalidRequestException", message)
    _save(ctx, rotation)
    versions.add_pending(ctx, secret, token)
    ctx.store.after_commit(partial(_begin, ctx, rotation))
    return {**shown_name(secret), "VersionId": token}


def cancel_rotate_secret(ctx: Context, request: Json) -> Json:
    """No more rotations; of one that is under way the version is named."""
    secret = secret_of(ctx, request["SecretId"])
    rotation = rotation_of(ctx, secret.arn)
    if rotation is None:
        return shown_name(secret)
    _save(ctx, rotation._replace(enabled=0, next_at=None, running=None))
    return {**shown_name(secret), **({"VersionId": rotation.running} if rotation.running else {})}


def shown(ctx: Context, secret: Secret) -> Json:
    """What DescribeSecret and ListSecrets say of a secret's rotation; nothing of one that never had any."""
    rotation = rotation_of(ctx, secret.arn)
    if rotation is None:
        return {}
    if not rotation.enabled:
        return {"RotationEnabled": False, "LastRotatedDate": rotation.last_rotated}
    rules = orjson.loads(rotation.rules)
    return {
        "RotationEnabled": True,
        "RotationLambdaARN": rotation.lambda_arn,
        "RotationRules": rules,
        "LastRotatedDate": rotation.last_rotated,
        "NextRotationDate": schedules.end_of_window(rules, rotation.next_at) if rotation.next_at else None,
    }


def rotation_of(ctx: Context, arn: str) -> Rotation | None:
    row = ctx.store.one(store.ROTATION, arn)
    return Rotation(*row) if row else None


def _check_function(ctx: Context, secret: Secret, function: str) -> None:
    try:
        request = {"FunctionName": function, "InvocationType": "DryRun"}
        ctx.call_now("lambda", "Invoke", request, principal=_principal(ctx, secret.arn))
    except AwsError:
        raise AwsError(
            "AccessDeniedException",
            "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants "
            "access to the principal secretsmanager.amazonaws.com.",
            status=400,
        ) from None


def _principal(ctx: Context, arn: str) -> Principal:
    return Principal.service("secretsmanager.amazonaws.com", ctx.account, arn)


def _unfinished(ctx: Context, secret: Secret) -> str | None:
    """The version of a rotation that has not come to its end."""
    for version in versions.of(ctx, secret):
        stages = orjson.loads(version.stages)
        if versions.PENDING in stages and versions.CURRENT not in stages:
            return version.version_id
    return None


# -- schedule ----------------------------------------------------------------------------------------


def _save(ctx: Context, rotation: Rotation) -> None:
    ctx.store.run(store.PUT_ROTATION, *rotation)
    ctx.store.after_commit(partial(_plan, ctx, rotation))


def _plan(ctx: Context, rotation: Rotation) -> None:
    if rotation.next_at is not None:
        ctx.clock.call_at(rotation.next_at, partial(_due, ctx, rotation.arn, rotation.next_at))


def _due(ctx: Context, arn: str, when: float) -> None:
    """Unless the schedule is another one by now."""
    rotation = rotation_of(ctx, arn)
    if rotation is not None and rotation.next_at == when:
        _attempt(ctx, rotation._replace(next_at=schedules.next_start(orjson.loads(rotation.rules), when)))


def _attempt(ctx: Context, rotation: Rotation) -> None:
    """Rotates a secret, or goes on with what is not complete."""
    row, here = ctx.store.one(store.BY_ARN, rotation.arn), _here(ctx, rotation.arn)
    if row is None:
        return
    secret = Secret(*row)
    with ctx.store.savepoint():
        running = _unfinished(here, secret) or ids.uuid()
        rotation = rotation._replace(running=running, steps=orjson.dumps(_STEPS).decode())
        _save(here, rotation)
        if secret.deletion_date is None:
            versions.add_pending(here, secret, running)
            ctx.store.after_commit(partial(_begin, here, rotation))


def _here(ctx: Context, arn: str) -> Context:
    _, _, _, region, account, _ = arn.split(":", 5)
    return ctx.at(account=account, region=region)


# -- the steps ---------------------------------------------------------------------------------------


def _begin(ctx: Context, rotation: Rotation) -> None:
    ctx.spawn(_rotate(_here(ctx, rotation.arn), rotation), f"rotation of {rotation.arn}")


async def _rotate(ctx: Context, rotation: Rotation) -> None:
    with ctx.clock.work():
        for step in orjson.loads(rotation.steps):
            if (problem := await _step(ctx, rotation, step)) is not None:
                what = f"{step} failed: {problem}"
                ctx.telemetry.log(LogLine(ctx.clock.now(), "ERROR", rotation.arn, what, ctx.request_id))
                log.warning("Rotation of %s: %s", rotation.arn, what)
                _end(ctx, rotation, done=False)
                return
        _end(ctx, rotation, done=True)


async def _step(ctx: Context, rotation: Rotation, step: str) -> str | None:
    """Why the function failed, if it did."""
    event = {"Step": step, "SecretId": rotation.arn, "ClientRequestToken": rotation.running}
    request = {"FunctionName": rotation.lambda_arn, "Payload": orjson.dumps(event)}
    try:
        answer = await ctx.call("lambda", "Invoke", request, principal=_principal(ctx, rotation.arn))
    except AwsError as error:
        return error.message
    return answer["Payload"].decode("utf-8", "replace") if "FunctionError" in answer else None


def _end(ctx: Context, rotation: Rotation, done: bool) -> None:
    """Of a test nothing is left; a rotation counts once its version is the current one."""
    now, row = ctx.clock.now(), ctx.store.one(store.BY_ARN, rotation.arn)
    known = rotation_of(ctx, rotation.arn)
    if row is None or known is None or known.running != rotation.running:
        return
    secret, tested = Secret(*row), len(orjson.loads(rotation.steps)) == len(_TEST)
    with ctx.store.savepoint():
        if tested:
            versions.drop_pending(ctx, secret, rotation.running or "")
        rotated = now if done and not tested else known.last_rotated
        ctx.store.run(store.END_ROTATION, rotated, rotation.arn)
