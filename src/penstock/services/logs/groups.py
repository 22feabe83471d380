"""Log groups: create, find, list, settings, delete.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html and its siblings.
"""

import re
from typing import Any

import orjson

from penstock.base.arn import arn
from penstock.base.errors import AwsError
from penstock.base.paging import page_key, page_token
from penstock.call import Context
from penstock.services.logs import retention, store
from penstock.services.logs.store import Group
from penstock.wire.model import Json

RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
BEFORE_ALL, AFTER_ALL = "\0", "\U0010ffff"  # below and above every character that a name may hold
_PAGE = 50


def create_log_group(ctx: Context, request: Json) -> Json:
    name = request["logGroupName"]
    if name.lower().startswith("aws/"):
        raise AwsError("InvalidParameterException", "Log groups starting with AWS/ are reserved for AWS.")
    group_arn = arn_of(ctx, name)
    if ctx.store.one(store.GROUP, group_arn) is not None:
        raise AwsError("ResourceAlreadyExistsException", "The specified log group already exists")
    ctx.store.insert(
        store.INSERT_GROUP, group_arn, int(ctx.clock.now() * 1000), request.get("kmsKeyId"),
        request.get("logGroupClass", "STANDARD"), request.get("deletionProtectionEnabled", False),
        orjson.dumps(request.get("tags", {})).decode(),
    )  # fmt: skip
    return {}


def delete_log_group(ctx: Context, request: Json) -> Json:
    group = group_named(ctx, request["logGroupName"])
    if group.deletion_protection_enabled:
        raise AwsError("ValidationException", "The log group has deletion protection enabled and cannot be deleted.")
    for statement in store.DELETE_GROUP:
        ctx.store.run(statement, group.id)
    retention.sweep(ctx)
    return {}


def put_retention_policy(ctx: Context, request: Json) -> Json:
    group, days = group_named(ctx, request["logGroupName"]), request["retentionInDays"]
    if days not in RETENTION_DAYS:
        raise AwsError(
            "InvalidParameterException",
            f"1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy constraint: "
            f"Member must satisfy enum value set: {list(RETENTION_DAYS)}",
        )
    ctx.store.run(store.SET_RETENTION, days, group.id)
    retention.plan(ctx, group._replace(retention_in_days=days))
    return {}


def delete_retention_policy(ctx: Context, request: Json) -> Json:
    ctx.store.run(store.SET_RETENTION, None, group_named(ctx, request["logGroupName"]).id)
    return {}


def associate_kms_key(ctx: Context, request: Json) -> Json:
    ctx.store.run(store.SET_KMS_KEY, request["kmsKeyId"], _encrypted(ctx, request).id)
    return {}


def disassociate_kms_key(ctx: Context, request: Json) -> Json:
    ctx.store.run(store.SET_KMS_KEY, None, _encrypted(ctx, request).id)
    return {}


def _encrypted(ctx: Context, request: Json) -> Group:
    named = {"logGroupName": request.get("logGroupName"), "logGroupIdentifier": request.get("resourceIdentifier")}
    return group_of(ctx, {key: value for key, value in named.items() if value})


def put_log_group_deletion_protection(ctx: Context, request: Json) -> Json:
    group = group_of(ctx, request)
    ctx.store.run(store.SET_PROTECTION, request["deletionProtectionEnabled"], group.id)
    return {}


# -- lists -------------------------------------------------------------------------------------------


def describe_log_groups(ctx: Context, request: Json) -> Json:
    prefix, pattern = request.get("logGroupNamePrefix"), request.get("logGroupNamePattern")
    if prefix and pattern:
        raise AwsError(
            "InvalidParameterException",
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
        )
    if "logGroupIdentifiers" in request:
        rows = [ctx.store.one(store.GROUP, _arn_from(ctx, item)) for item in request["logGroupIdentifiers"]]
        return {"logGroups": [_described(ctx, Group(*row)) for row in rows if row is not None]}
    wanted = re.compile(re.escape(pattern)).search if pattern else None
    found, token = _page(ctx, request, prefix or "", wanted)
    return {"logGroups": [_described(ctx, group, brief=bool(pattern)) for group in found], **token}


def list_log_groups(ctx: Context, request: Json) -> Json:
    pattern = request.get("logGroupNamePattern")
    # `^a|b`: alternatives, anchored or not; the model allows no other character with a meaning but the full stop.
    wanted = re.compile(pattern.replace(".", r"\.")).search if pattern else None
    found, token = _page(ctx, request, "", wanted)
    shown = [
        {"logGroupName": group.name, "logGroupArn": group.arn, "logGroupClass": group.log_group_class}
        for group in found
    ]
    return {"logGroups": shown, **token}


def _page(ctx: Context, request: Json, prefix: str, wanted: Any) -> tuple[list[Group], Json]:
    """One page of the caller's groups in the order of their names, and the response's token."""
    limit, only = request.get("limit", _PAGE), request.get("logGroupClass")
    after = next_key(request, str)
    first = after[0] + BEFORE_ALL if after else prefix
    found: list[Group] = []
    for row in ctx.store.each(store.GROUPS, arn_of(ctx, first), arn_of(ctx, prefix + AFTER_ALL)):
        group = Group(*row)
        if (wanted is None or wanted(group.name)) and only in (None, group.log_group_class):
            if len(found) == limit:
                return found, {"nextToken": page_token(found[-1].name)}
            found.append(group)
    return found, {}


def next_key(request: Json, *kinds: type) -> list[Any] | None:
    """The sort key in `nextToken`, its parts being of `kinds`. Raises InvalidParameterException."""
    if "nextToken" not in request:
        return None
    try:
        return page_key(request["nextToken"], *kinds)
    except ValueError:
        raise AwsError("InvalidParameterException", "The specified nextToken is invalid.") from None


def _described(ctx: Context, group: Group, brief: bool = False) -> Json:
    count = ctx.store.one(store.METRIC_FILTERS_OF, group.id)
    shown = {
        "logGroupName": group.name,
        "logGroupArn": group.arn,
        "arn": f"{group.arn}:*",
        "creationTime": group.creation_time,
        "metricFilterCount": count[0] if count else 0,
        "logGroupClass": group.log_group_class,
    }
    if not brief:
        shown |= {
            "storedBytes": group.stored_bytes,
            "deletionProtectionEnabled": bool(group.deletion_protection_enabled),
        }
    optional = {"retentionInDays": group.retention_in_days, "kmsKeyId": group.kms_key_id}
    return shown | {key: value for key, value in optional.items() if value is not None}


# -- finding one -------------------------------------------------------------------------------------


def arn_of(ctx: Context, name: str) -> str:
    return arn("logs", ctx.region, ctx.account, f"log-group:{name}")


def group_named(ctx: Context, name: str) -> Group:
    """Raises ResourceNotFoundException."""
    row = ctx.store.one(store.GROUP, arn_of(ctx, name))
    if row is None:
        raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
    return Group(*row)


def group_of(ctx: Context, request: Json) -> Group:
    """The group of a request that takes `logGroupName` or `logGroupIdentifier` (a name or an ARN), but not both."""
    name, identifier = request.get("logGroupName"), request.get("logGroupIdentifier")
    if name and identifier:
        raise AwsError("ValidationException", "LogGroup name and LogGroup ARN are mutually exclusive parameters.")
    either = name or identifier
    if not either:
        raise AwsError("InvalidParameterException", "Either logGroupName or logGroupIdentifier must be specified.")
    row = ctx.store.one(store.GROUP, _arn_from(ctx, either))
    if row is None:
        raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
    return Group(*row)


def _arn_from(ctx: Context, identifier: str) -> str:
    if identifier.startswith("arn:"):
        return identifier.removesuffix(":*")
    return arn_of(ctx, identifier)
