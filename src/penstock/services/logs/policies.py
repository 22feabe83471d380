"""Resource policies of the account and of log groups: stored and readable.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html
"""

from typing import Any

import orjson

from penstock.base.arn import arn
from penstock.base.errors import AwsError
from penstock.base.paging import page_token
from penstock.call import Context
from penstock.services.logs import groups, store
from penstock.wire.model import Json

_MOST = 10
_PAGE = 50


def put_resource_policy(ctx: Context, request: Json) -> Json:
    scope, name = _key(ctx, request)
    document = request.get("policyDocument", "")
    _check_json(document)
    count = ctx.store.one(store.COUNT_POLICIES, scope)
    if ctx.store.one(store.POLICY, scope, name) is None and count is not None and count[0] >= _MOST:
        raise AwsError("LimitExceededException", "Resource limit exceeded.")
    now = int(ctx.clock.now() * 1000)
    ctx.store.run(store.PUT_POLICY, scope, name, document, now)
    return {"resourcePolicy": _described(request.get("resourceArn"), name, document, now)}


def delete_resource_policy(ctx: Context, request: Json) -> Json:
    scope, name = _key(ctx, request)
    if not ctx.store.run(store.DELETE_POLICY, scope, name):
        raise AwsError("ResourceNotFoundException", f"Policy with name [{name}] does not exist.")
    return {}


def describe_resource_policies(ctx: Context, request: Json) -> Json:
    limit, resource = request.get("limit", _PAGE), request.get("resourceArn")
    after = groups.next_key(request, str) or ["\0"]
    rows = ctx.store.all(store.POLICIES, resource or _account_scope(ctx), after[0] if not resource else "\0", limit + 1)
    token = {"nextToken": page_token(rows[limit - 1][0])} if len(rows) > limit else {}
    return {"resourcePolicies": [_described(resource, *row) for row in rows[:limit]], **token}


def _key(ctx: Context, request: Json) -> tuple[str, str]:
    """(scope, name): the account's policies are named, a resource has one without a name."""
    if "resourceArn" in request:
        return request["resourceArn"], request.get("policyName", "ResourcePolicy")
    if not request.get("policyName"):
        raise AwsError("InvalidParameterException", "policyName is required for a policy of the account.")
    return _account_scope(ctx), request["policyName"]


def _account_scope(ctx: Context) -> str:
    return arn("logs", ctx.region, ctx.account, "")


def _check_json(document: str) -> None:
    try:
        orjson.loads(document)
    except orjson.JSONDecodeError:
        raise AwsError("InvalidParameterException", "The policy document is not valid JSON.") from None


def _described(resource: str | None, name: str, document: str, updated: int) -> Json:
    shown: dict[str, Any] = {"policyName": name, "policyDocument": document, "lastUpdatedTime": updated}
    if resource:
        return {**shown, "policyScope": "RESOURCE", "resourceArn": resource}
    return {**shown, "policyScope": "ACCOUNT"}
