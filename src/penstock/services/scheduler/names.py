"""ARNs, owners and errors of EventBridge Scheduler. Pure.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridgescheduler.html
"""

from datetime import UTC, datetime

from penstock.base.arn import arn
from penstock.base.errors import AwsError
from penstock.call import Context

DEFAULT = "default"


def owner(ctx: Context) -> str:
    return f"{ctx.account}:{ctx.region}"


def schedule_arn(ctx: Context, group: str, name: str) -> str:
    return arn("scheduler", ctx.region, ctx.account, f"schedule/{group}/{name}")


def group_arn(ctx: Context, name: str) -> str:
    return arn("scheduler", ctx.region, ctx.account, f"schedule-group/{name}")


def iso(epoch: float) -> str:
    """`2022-03-22T18:59:43Z`."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message, status=400)


def exists(what: str) -> AwsError:
    return AwsError("ConflictException", f"{what} already exists.")


def missing(what: str) -> AwsError:
    return AwsError("ResourceNotFoundException", f"{what} does not exist.")
