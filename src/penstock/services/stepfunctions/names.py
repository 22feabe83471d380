"""Names and ARNs of Step Functions, and the errors that tell of them."""

import re
from typing import NamedTuple

from penstock.base.arn import arn
from penstock.base.errors import AwsError
from penstock.call import Context

_FORBIDDEN = re.compile(r"[\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]")
_MACHINE = re.compile(r"arn:aws[\w-]*:states:[a-z0-9-]+:\d{12}:stateMachine:([^:/]+)(?:/([^:]+))?(?::([^:]+))?")
_EXECUTION = re.compile(r"arn:aws[\w-]*:states:[a-z0-9-]+:\d{12}:(execution|express):[^:]+:[^:]+(:[^:]+)?")
_ROLE = re.compile(r"arn:aws[\w-]*:iam::\d{12}:role/.+")
_ACTIVITY = re.compile(r"arn:aws[\w-]*:states:[a-z0-9-]+:\d{12}:activity:[^:]+")
ALIAS_NAME = re.compile(r"(?=.*[a-zA-Z_\-.])[a-zA-Z0-9_\-.]{1,80}")


class MachineArn(NamedTuple):
    """`base` is the state machine's own ARN; `qualifier` a version's number, an alias's name, or empty."""

    base: str
    qualifier: str
    label: str

    @property
    def version(self) -> bool:
        return self.qualifier.isdigit()


def check_name(name: str) -> None:
    if not 1 <= len(name) <= 80 or _FORBIDDEN.search(name):
        raise AwsError("InvalidName", f"Invalid Name: '{name}'")


def machine_arn(text: str) -> MachineArn:
    match = _MACHINE.fullmatch(text)
    if match is None:
        raise invalid_arn(text)
    base = text[: match.start(3) - 1] if match[3] else text
    return MachineArn(base.partition("/")[0], match[3] or "", match[2] or "")


def execution_arn(text: str) -> str:
    if not _EXECUTION.fullmatch(text):
        raise invalid_arn(text)
    return text


def check_role(text: str) -> None:
    if not _ROLE.fullmatch(text):
        raise AwsError("InvalidArn", f"Invalid Role Arn: '{text}'")


def activity_arn(text: str) -> str:
    if not _ACTIVITY.fullmatch(text):
        raise invalid_arn(text)
    return text


def arn_of(ctx: Context, resource: str) -> str:
    return arn("states", ctx.region, ctx.account, resource)


def owner(ctx: Context) -> str:
    return f"{ctx.region}:{ctx.account}"


def invalid_arn(text: str) -> AwsError:
    return AwsError(
        "InvalidArn",
        f"Invalid Arn: '{text}'" if text.startswith("arn:") else f"Invalid Arn: 'Invalid ARN prefix: {text}'",
    )


def no_machine(text: str) -> AwsError:
    return AwsError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{text}'")


def no_execution(text: str) -> AwsError:
    return AwsError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{text}'")


def not_found(text: str) -> AwsError:
    return AwsError("ResourceNotFound", f"Resource not found: '{text}'", resourceName=text)


def invalid(message: str, reason: str = "") -> AwsError:
    return AwsError("ValidationException", message, status=400, **({"reason": reason} if reason else {}))
