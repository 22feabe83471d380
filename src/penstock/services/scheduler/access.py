"""Which resource IAM is asked about.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridgescheduler.html
"""

from penstock.call import Context
from penstock.services.scheduler.names import DEFAULT, group_arn, schedule_arn
from penstock.wire.model import Json


def resource(ctx: Context, operation: str, request: Json) -> str:
    if "ResourceArn" in request:
        return str(request["ResourceArn"])
    if "Name" not in request:
        return "*"
    if operation.endswith("Group"):
        return group_arn(ctx, request["Name"])
    return schedule_arn(ctx, request.get("GroupName", DEFAULT), request["Name"])
