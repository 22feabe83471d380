"""Which resource IAM is asked about.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html
"""

import base64
import binascii

import orjson

from penstock.call import Context
from penstock.services.stepfunctions.names import arn_of
from penstock.wire.model import Json

_MEMBERS = (
    "stateMachineArn",
    "executionArn",
    "activityArn",
    "mapRunArn",
    "stateMachineAliasArn",
    "stateMachineVersionArn",
    "resourceArn",
)
_CREATED = {"CreateStateMachine": "stateMachine", "CreateActivity": "activity"}


def resource(ctx: Context, operation: str, request: Json) -> str:
    if operation in _CREATED:
        return arn_of(ctx, f"{_CREATED[operation]}:{request['name']}")
    if "taskToken" in request:
        return _machine_of(request["taskToken"])
    return next((str(request[member]) for member in _MEMBERS if member in request), "*")


def _machine_of(token: str) -> str:
    """The state machine whose execution waits for a task's token: the execution's ARN has its name."""
    try:
        execution, *_ = orjson.loads(base64.b64decode(token, validate=True))
        *place, _, name = execution.split(":")[:7]
    except (binascii.Error, ValueError, TypeError, AttributeError):
        return "*"
    return ":".join([*place, "stateMachine", name.partition("/")[0]])
