"""Resource policies and tags of secrets.

Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutResourcePolicy.html, API_TagResource.html
"""

import orjson

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.iam.policy import PolicyError, parse
from penstock.services.secretsmanager import store
from penstock.services.secretsmanager.find import secret_of, shown_name
from penstock.wire.model import Json

_MOST_TAGS = 50


def put_resource_policy(ctx: Context, request: Json) -> Json:
    secret = secret_of(ctx, request["SecretId"])
    problem = _problem(request["ResourcePolicy"])
    if problem is not None:
        raise AwsError("MalformedPolicyDocumentException", problem)
    ctx.store.run(store.SET_POLICY, request["ResourcePolicy"], secret.arn)
    return shown_name(secret)


def get_resource_policy(ctx: Context, request: Json) -> Json:
    secret = secret_of(ctx, request["SecretId"])
    policy = {"ResourcePolicy": secret.resource_policy} if secret.resource_policy else {}
    return {**shown_name(secret), **policy}


def delete_resource_policy(ctx: Context, request: Json) -> Json:
    secret = secret_of(ctx, request["SecretId"], deleted=True)
    ctx.store.run(store.SET_POLICY, None, secret.arn)
    return shown_name(secret)


def validate_resource_policy(ctx: Context, request: Json) -> Json:
    problem = _problem(request["ResourcePolicy"])
    errors = [] if problem is None else [{"CheckName": "PolicySyntax", "ErrorMessage": problem}]
    return {"PolicyValidationPassed": problem is None, "ValidationErrors": errors}


def _problem(document: str) -> str | None:
    try:
        parse(document)
    except PolicyError as error:
        return f"This resource policy contains an error: {error}"
    return None


# -- tags --------------------------------------------------------------------------------------------


def tag_resource(ctx: Context, request: Json) -> Json:
    secret = secret_of(ctx, request["SecretId"])
    tags = (orjson.loads(secret.tags) or {}) | {tag["Key"]: tag.get("Value", "") for tag in request["Tags"]}
    if len(tags) > _MOST_TAGS:
        raise AwsError("InvalidParameterException", f"A secret can have at most {_MOST_TAGS} tags.")
    ctx.store.run(store.SET_TAGS, orjson.dumps(tags).decode(), secret.arn)
    return {}


def untag_resource(ctx: Context, request: Json) -> Json:
    secret = secret_of(ctx, request["SecretId"])
    kept = {key: value for key, value in (orjson.loads(secret.tags) or {}).items() if key not in request["TagKeys"]}
    ctx.store.run(store.SET_TAGS, orjson.dumps(kept).decode(), secret.arn)
    return {}
