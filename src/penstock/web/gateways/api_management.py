"""What IAM is asked of who manages APIs: an HTTP method on the path of what an operation is about.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html
"""

import re

from penstock.call import Context
from penstock.wire.model import Json, OperationModel

_LABEL = re.compile(r"\{(\w+)\+?\}")


def action(model: OperationModel) -> str:
    return f"apigateway:{model.method}"


def resource(ctx: Context, service: str, operation: str, request: Json) -> str:
    """`arn:aws:apigateway:us-east-1::/restapis/a1b2c3`, in the account of whoever asks."""
    model = ctx.kernel.loaded(service).model
    asked = model.operations[operation]
    members = model.shapes[asked.input]["members"] if asked.input else {}
    labels = {member.get("locationName", name): request.get(name, "") for name, member in members.items()}
    path = _LABEL.sub(lambda found: str(labels.get(found[1], "")), asked.uri)
    return f"arn:aws:apigateway:{ctx.region}::{path}"
