"""Which resource IAM is asked about.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridgepipes.html
"""

from penstock.call import Context
from penstock.services.pipes.names import pipe_arn
from penstock.wire.model import Json


def resource(ctx: Context, operation: str, request: Json) -> str:
    if "resourceArn" in request:
        return str(request["resourceArn"])
    return pipe_arn(ctx.region, ctx.account, request["Name"]) if "Name" in request else "*"
