"""What is set on a table beside its schema: time to live and tags; and the account's limits."""

from typing import Any

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.dynamodb import jobs
from penstock.services.dynamodb.errors import invalid
from penstock.services.dynamodb.option_checks import check_tag_count, check_tags
from penstock.services.dynamodb.schema import Table
from penstock.services.dynamodb.state import check_resource, described, lookup, redefine
from penstock.wire.model import Json

# Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
_LIMITS = {
    "AccountMaxReadCapacityUnits": 80000,
    "AccountMaxWriteCapacityUnits": 80000,
    "TableMaxReadCapacityUnits": 40000,
    "TableMaxWriteCapacityUnits": 40000,
}


def _set(ctx: Context, table: Table, member: str, value: Any) -> Table:
    """The table with a member of its definition set, or without it where `value` is None."""
    definition = {**table.definition, member: value}
    if value is None:
        del definition[member]
    return redefine(ctx, table, definition)


# -- time to live ------------------------------------------------------------------------------------


def update_time_to_live(ctx: Context, request: Json) -> Json:
    wanted = request["TimeToLiveSpecification"]
    table = described(ctx, request["TableName"])
    current = table.definition.get("TimeToLive")
    if wanted["Enabled"]:
        if current is not None:
            _check_attribute(current, wanted)
            raise invalid("TimeToLive is already enabled")
        _set(ctx, table, "TimeToLive", {"AttributeName": wanted["AttributeName"]})
    else:
        if current is None:
            raise invalid("TimeToLive is already disabled")
        _check_attribute(current, wanted)
        _set(ctx, table, "TimeToLive", None)
    jobs.begin(ctx, "set expiries", table.id)
    return {"TimeToLiveSpecification": wanted}


def _check_attribute(current: Json, wanted: Json) -> None:
    if current["AttributeName"] != wanted["AttributeName"]:
        message = f"current AttributeName is {current['AttributeName']}"
        raise invalid(f"TimeToLive is active on a different AttributeName: {message}")


def describe_time_to_live(ctx: Context, request: Json) -> Json:
    current = described(ctx, request["TableName"]).definition.get("TimeToLive")
    if current is None:
        return {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
    return {"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", **current}}


# -- tags --------------------------------------------------------------------------------------------


def _tagged(ctx: Context, arn: str) -> Table:
    check_resource(ctx, arn, "Invalid TableArn: Invalid ResourceArn provided as input ")
    missing = AwsError("ResourceNotFoundException", f"Requested resource not found: ResourceArn: {arn} not found")
    if "/stream/" in arn:
        raise missing
    try:
        return lookup(ctx, arn)
    except AwsError as error:
        if error.code != missing.code:
            raise
        raise missing from None


def tag_resource(ctx: Context, request: Json) -> Json:
    if not request["Tags"]:
        raise invalid("Atleast one Tag needs to be provided as Input.")
    given = check_tags(request["Tags"])
    table = _tagged(ctx, request["ResourceArn"])
    tags = {**table.definition["Tags"], **given}
    check_tag_count(len(tags))
    _set(ctx, table, "Tags", tags)
    return {}


def untag_resource(ctx: Context, request: Json) -> Json:
    if not request["TagKeys"]:
        raise invalid("Atleast one Tag Key needs to be provided as Input.")
    check_tag_count(len(request["TagKeys"]))
    table = _tagged(ctx, request["ResourceArn"])
    tags = {key: value for key, value in table.definition["Tags"].items() if key not in request["TagKeys"]}
    _set(ctx, table, "Tags", tags)
    return {}


def list_tags_of_resource(ctx: Context, request: Json) -> Json:
    table = _tagged(ctx, request["ResourceArn"])
    return {"Tags": [{"Key": key, "Value": value} for key, value in table.definition["Tags"].items()]}


# -- the account -------------------------------------------------------------------------------------


def describe_limits(ctx: Context, request: Json) -> Json:
    return dict(_LIMITS)


def describe_endpoints(ctx: Context, request: Json) -> Json:
    return {"Endpoints": [{"Address": f"{ctx.config.host}:{ctx.config.port}", "CachePeriodInMinutes": 1440}]}
