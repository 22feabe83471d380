"""AWS Systems Manager: its Parameter Store. Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/"""

from penstock.call import Context, Question, Service
from penstock.services.ssm import listing, parameters, resources, store, tags, versions
from penstock.services.ssm.names import Reference
from penstock.wire.model import Json


def _resource(ctx: Context, operation: str, request: Json) -> str:
    name = request.get("Name") or request.get("Path") or request.get("ResourceId")
    return parameters.arn_of(ctx, Reference.of(name).name) if name else "*"


def _names(ctx: Context, request: Json) -> list[Question]:
    """GetParameters: each of them."""
    return [Question("ssm:GetParameters", _resource(ctx, "", {"Name": name})) for name in request["Names"]]


def _deleted(ctx: Context, request: Json) -> list[Question]:
    return [Question("ssm:DeleteParameters", _resource(ctx, "", {"Name": name})) for name in request["Names"]]


SERVICE = Service(
    name="ssm",
    operations=(parameters, listing, versions, tags),
    schema=store.SCHEMA,
    resources=resources.TABLE,
    resource=_resource,
    questions={"DeleteParameters": _deleted, "GetParameters": _names},
    # AWS refuses an empty value, which its model does not say, and lists the types in another order.
    patches={"PSParameterValue": {"min": 1}, "ParameterType": {"enum": ["SecureString", "StringList", "String"]}},
)
