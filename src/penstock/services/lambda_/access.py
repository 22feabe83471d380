"""Which resource IAM is asked about.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
"""

import orjson

from penstock.base.arn import arn
from penstock.call import Context
from penstock.services.lambda_.names import LATEST, function_ref, layer_ref
from penstock.services.lambda_.state import find
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
    return str(request.get("Resource") or request.get("Arn") or request.get("CodeSigningConfigArn") or "*")


def policy(ctx: Context, arn: str) -> str | None:
    """Of a function, or of one of its versions or aliases."""
    if ":function:" not in arn:
        return None
    ref = function_ref(ctx, arn)
    function = find(ctx, ref)
    statements = function.kind("policy").get(ref.qualifier or LATEST, {}).get("Statement") if function else None
    return orjson.dumps({"Version": "2012-10-17", "Statement": statements}).decode() if statements else None


def keys(ctx: Context, operation: str, request: Json) -> dict[str, str]:
    members = {"lambda:Principal": "Principal", "lambda:FunctionUrlAuthType": "FunctionUrlAuthType"}
    given = {key: str(request[member]) for key, member in members.items() if member in request}
    if operation.endswith("EventSourceMapping") and "FunctionName" in request:
        given["lambda:FunctionArn"] = function_ref(ctx, request["FunctionName"]).qualified_arn
    return given
