"""AWS Security Token Service. Source: https://docs.aws.amazon.com/STS/latest/APIReference/"""

from penstock.call import Context, Service
from penstock.services.sts import sessions, store
from penstock.wire.model import Json


def _resource(ctx: Context, operation: str, request: Json) -> str:
    arn: str = request.get("RoleArn", "*")
    return arn


SERVICE = Service(
    name="sts",
    operations=(sessions,),
    schema=store.SCHEMA,
    resource=_resource,
    validation_code="ValidationError",
    start=sessions.start,
)
