"""Which resource IAM is asked about.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html
"""

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
    return next((str(request[member]) for member in _MEMBERS if member in request), "*")
