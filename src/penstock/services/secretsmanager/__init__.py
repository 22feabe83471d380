"""AWS Secrets Manager. Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/"""

from penstock.base.errors import AwsError
from penstock.call import Context, Service
from penstock.services.secretsmanager import listing, passwords, policies, resources, secrets, store, versions
from penstock.services.secretsmanager.find import secret_of
from penstock.wire.model import Json


def _resource(ctx: Context, operation: str, request: Json) -> str:
    secret_id = request.get("SecretId")
    if secret_id is None:
        return "*"
    try:
        return secret_of(ctx, secret_id, deleted=True).arn
    except AwsError:
        return f"arn:aws:secretsmanager:{ctx.region}:{ctx.account}:secret:{secret_id}"


SERVICE = Service(
    name="secretsmanager",
    operations=(secrets, versions, listing, passwords, policies),
    schema=store.SCHEMA,
    resources=resources.TABLE,
    resource=_resource,
    start=secrets.start,
)
