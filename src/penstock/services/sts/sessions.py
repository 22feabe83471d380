"""Temporary credentials, and who they are.

A role need not exist to be assumed while IAM is not enforced; one that exists gives the session its id and its limit.
What a session's own policies and tags are belongs to its principal, as IAM asks for them at each of its calls.
Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html and its siblings.
"""

import base64
import re
from typing import Any
from urllib.parse import unquote

import orjson

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.iam import keys
from penstock.iam.policy import PolicyError, parse
from penstock.iam.principal import Principal
from penstock.services.sts import store
from penstock.wire.model import Json

_ARN = re.compile(r"arn:[^:]+:[^:]+:[^:]*:[^:]*:.+", re.DOTALL)
_ROLE = re.compile(r"arn:aws[\w-]*:iam::(\d{12}):role/(?:.*/)?([^/]+)")
_DAY = 86400.0
_NOTHING = '{"Version": "2012-10-17", "Statement": []}'


async def start(ctx: Context) -> None:
    """Knows the callers of the last run again, but for the processes that ended with it."""
    expired, unlimited = store.FORGET
    ctx.store.run(expired, ctx.clock.now() - 7 * _DAY)
    ctx.store.run(unlimited)
    for access_key, *known, expiration, policies, tags in ctx.store.all(store.ALL):
        limits = tuple(orjson.loads(policies)) if policies else None
        own = tuple((name, value) for name, value in orjson.loads(tags or "[]"))
        _enter(ctx, access_key, Principal(*known)._replace(policies=limits, tags=own), expiration)


def get_caller_identity(ctx: Context, request: Json) -> Json:
    return {"UserId": ctx.principal.user_id, "Account": ctx.principal.account, "Arn": ctx.principal.arn}


def get_access_key_info(ctx: Context, request: Json) -> Json:
    return {"Account": keys.account_of(request["AccessKeyId"]) or ctx.account}


# -- roles -------------------------------------------------------------------------------------------


def assume_role(ctx: Context, request: Json) -> Json:
    tags = _transitive_tags(ctx, request)
    return _assume(ctx, request, tags) | _packed(request)


def assume_role_with_web_identity(ctx: Context, request: Json) -> Json:
    """The token is read and not verified: no identity provider is reached from here."""
    claims = _claims(request["WebIdentityToken"])
    return {
        **_assume(ctx, request, {}),
        **_packed(request),
        "SubjectFromWebIdentityToken": claims.get("sub", request["RoleSessionName"]),
        "Audience": claims.get("aud", "sts.amazonaws.com"),
        "Provider": request.get("ProviderId") or claims.get("iss", "localhost"),
    }


def _assume(ctx: Context, request: Json, transitive_tags: dict[str, str]) -> Json:
    account, role_name = _role(request["RoleArn"])
    role = _known_role(ctx, account, role_name)
    duration = request.get("DurationSeconds", 3600)
    if duration > role.get("MaxSessionDuration", 43200):
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
            status=400,
        )
    role_id = role.get("RoleId") or keys.unique_id("AROA")
    principal = Principal.role_session(account, role_name, request["RoleSessionName"], role_id)
    own = principal._replace(policies=_policies(ctx, request), tags=_tags(request, transitive_tags))
    credentials = _credentials(ctx, own, duration, transitive_tags)
    result = {
        "Credentials": credentials,
        "AssumedRoleUser": {"AssumedRoleId": principal.user_id, "Arn": principal.arn},
    }
    return result | ({"SourceIdentity": request["SourceIdentity"]} if "SourceIdentity" in request else {})


def _policies(ctx: Context, request: Json) -> tuple[str, ...] | None:
    """The session's own policies, as text: the one in the request, and those that it names."""
    given = [request["Policy"]] if "Policy" in request else []
    named = [_document(ctx, item["arn"]) for item in request.get("PolicyArns", ())]
    return (*given, *named) if given or named else None


def _document(ctx: Context, arn: str) -> str:
    """Of a managed policy; one that nobody knows allows nothing."""
    inside = ctx.as_service("sts.amazonaws.com")
    try:
        version = inside.call_now("iam", "GetPolicy", {"PolicyArn": arn})["Policy"]["DefaultVersionId"]
        found = inside.call_now("iam", "GetPolicyVersion", {"PolicyArn": arn, "VersionId": version})["PolicyVersion"]
    except AwsError:
        return _NOTHING
    return unquote(found["Document"])


def _tags(request: Json, transitive: dict[str, str]) -> tuple[tuple[str, str], ...]:
    own = {tag["Key"].lower(): tag["Value"] for tag in request.get("Tags", ())}
    return tuple((transitive | own).items())


def _role(arn: str) -> tuple[str, str]:
    """(account, name) of a role's ARN."""
    if not _ARN.fullmatch(arn):
        raise AwsError("ValidationError", f"{arn} is invalid", status=400)
    match = _ROLE.fullmatch(arn)
    if match is None:
        raise AwsError("ValidationError", "Request ARN is invalid", status=400)
    return match[1], match[2]


def _known_role(ctx: Context, account: str, name: str) -> Json:
    try:
        inside = ctx.as_service("sts.amazonaws.com").at(account=account)
        role: Json = inside.call_now("iam", "GetRole", {"RoleName": name})["Role"]
    except AwsError:
        return {}
    return role


def _claims(token: str) -> dict[str, Any]:
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = orjson.loads(base64.urlsafe_b64decode(parts[1] + "=="))
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) else {}


def _packed(request: Json) -> Json:
    """`PackedPolicySize` where session policies or tags were given: per cent of what is allowed."""
    if not any(member in request for member in ("Policy", "PolicyArns", "Tags")):
        return {}
    _check_policy(request)
    size = len(request.get("Policy", "")) + sum(len(item["arn"]) for item in request.get("PolicyArns", ()))
    return {"PackedPolicySize": min(100, size * 100 // 2048 + 1)}


def _check_policy(request: Json) -> None:
    try:
        parse(request.get("Policy", '{"Statement": []}'))
    except PolicyError as error:
        raise AwsError("MalformedPolicyDocumentException", str(error)) from None


def _transitive_tags(ctx: Context, request: Json) -> dict[str, str]:
    """The tags that sessions chained to this one will have, the calling session's own among them."""
    tags = {tag["Key"].lower(): tag["Value"] for tag in request.get("Tags", ())}
    transitive = {key.lower() for key in request.get("TransitiveTagKeys", ())}
    if len(tags) < len(request.get("Tags", ())):
        raise _refused("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    if not transitive <= tags.keys():
        raise _refused("The specified transitive tag key must be included in the requested tags.")
    row = ctx.store.one(store.TRANSITIVE_TAGS, ctx.principal.arn)
    inherited: dict[str, str] = orjson.loads(row[0]) if row else {}
    if inherited.keys() & tags.keys():
        raise _refused(
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key "
            "from the calling session."
        )
    return inherited | {key: tags[key] for key in transitive}


def _refused(message: str) -> AwsError:
    return AwsError("InvalidParameterValue", message, status=400)


# -- users -------------------------------------------------------------------------------------------


def get_session_token(ctx: Context, request: Json) -> Json:
    if ctx.principal.kind not in ("account", "user"):
        raise AwsError("AccessDenied", "Cannot call GetSessionToken with session credentials", status=403)
    return {"Credentials": _credentials(ctx, ctx.principal, request.get("DurationSeconds", 43200), {})}


def get_federation_token(ctx: Context, request: Json) -> Json:
    if ctx.principal.kind not in ("account", "user"):
        raise AwsError("AccessDenied", "Cannot call GetFederationToken with session credentials", status=403)
    _check_policy(request)
    principal = Principal.federated_user(ctx.account, request["Name"])._replace(policies=_policies(ctx, request))
    return {
        "Credentials": _credentials(ctx, principal, request.get("DurationSeconds", 43200), {}),
        "FederatedUser": {"FederatedUserId": principal.user_id, "Arn": principal.arn},
        "PackedPolicySize": 0,
    }


# -- credentials -------------------------------------------------------------------------------------


def _credentials(ctx: Context, principal: Principal, duration: int, transitive_tags: dict[str, str]) -> Json:
    access_key = keys.access_key_id("ASIA", principal.account)
    expiration = ctx.clock.now() + duration
    # What a service assumes for a process of its own lasts as long as the process: AWS renews it unseen.
    lasting = ctx.principal.kind == "service"
    tags = orjson.dumps(transitive_tags).decode()
    ctx.store.run(store.INSERT, access_key, *principal[:4], tags, None if lasting else expiration)
    if principal.policies is not None or principal.tags:
        policies = None if principal.policies is None else orjson.dumps(principal.policies).decode()
        ctx.store.run(store.LIMIT, access_key, policies, orjson.dumps(principal.tags).decode())
    _enter(ctx, access_key, principal, None if lasting else expiration)
    ctx.store.after_rollback(lambda: ctx.kernel.principals.pop(access_key, None))
    return {
        "AccessKeyId": access_key,
        "SecretAccessKey": keys.secret_access_key(),
        "SessionToken": keys.session_token(),
        "Expiration": expiration,
    }


def _enter(ctx: Context, access_key: str, principal: Principal, expiration: float | None) -> None:
    """Makes the key mean the principal until it expires."""
    principals = ctx.kernel.principals
    expired = principal._replace(kind="expired")
    if expiration is not None and expiration <= ctx.clock.now():
        principals[access_key] = expired
        return
    principals[access_key] = principal
    if expiration is not None:
        ctx.clock.call_at(expiration, lambda: principals.update({access_key: expired}))
