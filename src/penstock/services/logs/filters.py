"""Metric filters and subscription filters: put, list, delete, try out.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html and
API_PutSubscriptionFilter.html
"""

from typing import Any

import orjson

from penstock.base.arn import Arn
from penstock.base.errors import AwsError
from penstock.base.paging import page_token
from penstock.base.store import Row
from penstock.call import Context
from penstock.services.logs import groups, store
from penstock.services.logs.groups import AFTER_ALL, BEFORE_ALL
from penstock.services.logs.search import matcher
from penstock.services.logs.store import Filter, Group
from penstock.wire.model import Json

_PAGE = 50
_MOST = {"metric": 100, "subscription": 2}


def put_metric_filter(ctx: Context, request: Json) -> Json:
    group = groups.group_named(ctx, request["logGroupName"])
    matcher(request["filterPattern"])
    transformation = request["metricTransformations"][0]
    if transformation.get("dimensions") and "defaultValue" in transformation:
        raise AwsError(
            "InvalidParameterException",
            "Invalid metric transformation: dimensions and default value are mutually exclusive",
        )
    settings = {"metricTransformations": request["metricTransformations"]}
    metric = _metric_key(transformation["metricNamespace"], transformation["metricName"])
    _put(ctx, group, "metric", request, settings, metric)
    return {}


def delete_metric_filter(ctx: Context, request: Json) -> Json:
    return _delete(ctx, request, "metric")


def describe_metric_filters(ctx: Context, request: Json) -> Json:
    limit, prefix = request.get("limit", _PAGE), request.get("filterNamePrefix", "")
    name, namespace = request.get("metricName"), request.get("metricNamespace")
    if (name is None) != (namespace is None):
        raise AwsError("InvalidParameterException", "metricName and metricNamespace must be specified together")
    if "logGroupName" in request:
        low = groups.group_named(ctx, request["logGroupName"]).arn
        high = low + " "
    else:
        low, high = groups.arn_of(ctx, ""), groups.arn_of(ctx, AFTER_ALL)
    after = groups.next_key(request, str, str) or ["", ""]
    bounds = (low, high, prefix, prefix + AFTER_ALL, *after, limit + 1)
    if name is not None:
        rows = ctx.store.all(store.METRIC_FILTERS_BY_METRIC, _metric_key(namespace, name), *bounds)
    else:
        rows = ctx.store.all(store.METRIC_FILTERS, *bounds)
    token = {"nextToken": page_token(rows[limit - 1][0], rows[limit - 1][3])} if len(rows) > limit else {}
    return {"metricFilters": [_metric_filter(row) for row in rows[:limit]], **token}


def test_metric_filter(ctx: Context, request: Json) -> Json:
    match = matcher(request["filterPattern"])
    matches = []
    for number, message in enumerate(request["logEventMessages"], 1):
        if (values := match(message)) is not None:
            matches.append({"eventNumber": number, "eventMessage": message, "extractedValues": values})
    return {"matches": matches}


def _metric_key(namespace: Any, name: Any) -> str:
    return f"{namespace}\n{name}"


def _metric_filter(row: Row) -> Json:
    found = Filter(*row[1:])
    return {"logGroupName": row[0].split(":", 6)[6], **_described(found)}


# -- subscriptions -----------------------------------------------------------------------------------


def put_subscription_filter(ctx: Context, request: Json) -> Json:
    group = groups.group_named(ctx, request["logGroupName"])
    matcher(request["filterPattern"])
    _check_destination(ctx, request)
    settings = {
        "destinationArn": request["destinationArn"],
        "distribution": request.get("distribution", "ByLogStream"),
        **({"roleArn": request["roleArn"]} if "roleArn" in request else {}),
    }
    _put(ctx, group, "subscription", request, settings, None)
    return {}


def delete_subscription_filter(ctx: Context, request: Json) -> Json:
    return _delete(ctx, request, "subscription")


def describe_subscription_filters(ctx: Context, request: Json) -> Json:
    group = groups.group_named(ctx, request["logGroupName"])
    limit, prefix = request.get("limit", _PAGE), request.get("filterNamePrefix", "")
    after = groups.next_key(request, str)
    first = after[0] + BEFORE_ALL if after else prefix
    rows = ctx.store.all(store.FILTERS, group.id, "subscription", first, prefix + AFTER_ALL, limit + 1)
    shown = [{"logGroupName": group.name, **_described(Filter(*row))} for row in rows[:limit]]
    token = {"nextToken": page_token(shown[-1]["filterName"])} if len(rows) > limit else {}
    return {"subscriptionFilters": shown, **token}


def _check_destination(ctx: Context, request: Json) -> None:
    """The destination must exist, as AWS finds out by a test delivery. Raises InvalidParameterException."""
    try:
        target = Arn.parse(request["destinationArn"])
    except ValueError:
        raise AwsError("InvalidParameterException", "destinationArn is not a valid ARN.") from None
    if target.service == "lambda":
        _check_function(ctx, target)
    elif target.service == "kinesis":
        _check_kinesis(ctx, request, target)
    else:
        raise AwsError(
            "InvalidParameterException",
            f"Penstock delivers log events to Lambda functions and Kinesis streams, not to {target.service}.",
        )


def _check_function(ctx: Context, target: Arn) -> None:
    if target.account != ctx.account:
        raise AwsError(
            "AccessDeniedException",
            "Cross-account lambda invocation passing is not allowed. You must use DestinationPolicies to create "
            "cross account lambda triggers.",
        )
    try:
        inside = ctx.as_service("logs.amazonaws.com")
        inside.call_now("lambda", "GetFunctionConfiguration", {"FunctionName": str(target)})
    except AwsError:
        raise AwsError(
            "InvalidParameterException",
            "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute "
            "your function.",
        ) from None


def _check_kinesis(ctx: Context, request: Json, target: Arn) -> None:
    if "roleArn" not in request:
        raise AwsError("InvalidParameterException", "destinationArn for vendor kinesis cannot be used without roleArn")
    try:
        inside = ctx.as_service("logs.amazonaws.com")
        inside.call_now("kinesis", "DescribeStreamSummary", {"StreamARN": str(target)})
    except AwsError:
        raise AwsError(
            "InvalidParameterException",
            "Could not deliver test message to specified Kinesis stream. Check if the given kinesis stream is in "
            "ACTIVE state. ",
        ) from None


# -- what both have in common ------------------------------------------------------------------------


def _put(ctx: Context, group: Group, kind: str, request: Json, settings: Json, metric: str | None) -> None:
    name = request["filterName"]
    known = ctx.store.one(store.FILTER, group.id, kind, name)
    count = ctx.store.one(store.COUNT_FILTERS, group.id, kind)
    if known is None and count is not None and count[0] >= _MOST[kind]:
        raise AwsError("LimitExceededException", "Resource limit exceeded.")
    created = known[4] if known is not None else int(ctx.clock.now() * 1000)
    text = orjson.dumps({**settings, "applyOnTransformedLogs": request.get("applyOnTransformedLogs", False)}).decode()
    ctx.store.run(store.PUT_FILTER, group.id, kind, name, request["filterPattern"], created, text, metric)
    ctx.store.run(store.NOTE_FILTERS, group.id)


def _delete(ctx: Context, request: Json, kind: str) -> Json:
    group = groups.group_named(ctx, request["logGroupName"])
    if not ctx.store.run(store.DELETE_FILTER, group.id, kind, request["filterName"]):
        raise AwsError("ResourceNotFoundException", f"The specified {kind} filter does not exist.")
    ctx.store.run(store.NOTE_FILTERS, group.id)
    return {}


def _described(found: Filter) -> Json:
    return {
        "filterName": found.filter_name,
        "filterPattern": found.filter_pattern,
        "creationTime": found.creation_time,
        **orjson.loads(found.settings),
    }
