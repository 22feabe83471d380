"""ARNs and errors of EventBridge Pipes. Pure."""

from penstock.base.arn import arn
from penstock.base.errors import AwsError

PRINCIPAL = "pipes.amazonaws.com"


def pipe_arn(region: str, account: str, name: str) -> str:
    return arn("pipes", region, account, f"pipe/{name}")


def not_found(name: str) -> AwsError:
    return AwsError("NotFoundException", f"Pipe {name} does not exist.")


def conflict(name: str, message: str) -> AwsError:
    return AwsError("ConflictException", message, resourceId=name, resourceType="Pipe")


def invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message, status=400)
