"""AWS Secrets Manager. Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/"""

from penstock.base.errors import AwsError
from penstock.call import Context, Service, TagListing
from penstock.services.secretsmanager import (
    listing,
    passwords,
    policies,
    resources,
    rotation,
    secrets,
    store,
    versions,
)
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


def _policy(ctx: Context, arn: str) -> str | None:
    try:
        return secret_of(ctx, arn, deleted=True).resource_policy
    except AwsError:
        return None


def _keys(ctx: Context, operation: str, request: Json) -> dict[str, str]:
    members = {"secretsmanager:VersionStage": "VersionStage", "secretsmanager:VersionId": "VersionId"}
    named = {"secretsmanager:Name": request["Name"]} if "Name" in request else {}
    return named | {key: str(request[member]) for key, member in members.items() if member in request}


async def _start(ctx: Context) -> None:
    await secrets.start(ctx)
    await rotation.start(ctx)


SERVICE = Service(
    name="secretsmanager",
    operations=(secrets, versions, rotation, listing, passwords, policies),
    schema=store.SCHEMA,
    resources=resources.TABLE,
    resource=_resource,
    tags=TagListing("DescribeSecret", "SecretId"),
    policy=_policy,
    keys=_keys,
    start=_start,
)
