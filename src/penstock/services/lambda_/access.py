"""Which resource IAM is asked about.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
"""

from penstock.base.arn import arn
from penstock.call import Context
from penstock.services.lambda_.names import function_ref, layer_ref
from penstock.wire.model import Json

ACTIONS = {
    "Invoke": "lambda:InvokeFunction",
    "InvokeAsync": "lambda:InvokeFunction",
    "InvokeWithResponseStream": "lambda:InvokeFunction",
}


def resource(ctx: Context, operation: str, request: Json) -> str:
    if "FunctionName" in request and operation != "CreateEventSourceMapping":
        return function_ref(ctx, request["FunctionName"], request.get("Qualifier")).qualified_arn
    if "LayerName" in request:
        ref = layer_ref(ctx, request["LayerName"], request.get("VersionNumber"))
        return ref.version_arn if ref.version else ref.arn
    if "UUID" in request:
        return arn("lambda", ctx.region, ctx.account, f"event-source-mapping:{request['UUID']}")
    return str(request.get("Resource") or request.get("Arn") or "*")
