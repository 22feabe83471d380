"""Which shards a stream has: all, or those that a filter lets through, page by page.

Source: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListShards.html
"""

from collections.abc import Callable

from penstock.base.errors import AwsError
from penstock.base.paging import page_key, page_token
from penstock.call import Context
from penstock.services.kinesis.errors import invalid
from penstock.services.kinesis.shards import Shard
from penstock.services.kinesis.state import Stream, stream_of
from penstock.wire.model import Json

TOKEN_LIFETIME = 300

_PAGE = 1000

Filter = Callable[[Stream, Shard, Json, float], bool]


def _open_at(shard: Shard, when: float) -> bool:
    return shard.created_at <= when and (shard.closed_at is None or shard.closed_at >= when)


# (stream, shard, filter, trim horizon) -> whether it is listed
_FILTERS: dict[str, Filter] = {
    "AFTER_SHARD_ID": lambda stream, shard, given, horizon: shard.shard_id > given["ShardId"],
    "AT_TRIM_HORIZON": lambda stream, shard, given, horizon: _open_at(shard, max(horizon, stream.created_at)),
    "FROM_TRIM_HORIZON": lambda stream, shard, given, horizon: True,
    "AT_LATEST": lambda stream, shard, given, horizon: shard.closed_at is None,
    "AT_TIMESTAMP": lambda stream, shard, given, horizon: _open_at(shard, given["Timestamp"]),
    "FROM_TIMESTAMP": lambda stream, shard, given, horizon: (
        shard.closed_at is None or shard.closed_at >= given["Timestamp"]
    ),
}
_NEEDS = {"AFTER_SHARD_ID": "ShardId", "AT_TIMESTAMP": "Timestamp", "FROM_TIMESTAMP": "Timestamp"}


def list_shards(ctx: Context, request: Json) -> Json:
    where, after, given = _place(ctx, request)
    stream = stream_of(ctx, where)
    horizon = ctx.clock.now() - stream.retention
    passes = _FILTERS[given["Type"]]
    shards = [
        shard
        for shard in stream.layout.seen(horizon)
        if shard.shard_id > after and passes(stream, shard, given, horizon)
    ]
    page = shards[: min(request.get("MaxResults", _PAGE), _PAGE)]
    result: Json = {"Shards": [shard.described() for shard in page]}
    if len(page) < len(shards):
        result["NextToken"] = page_token(ctx.clock.now(), stream.arn, page[-1].shard_id, given)
    return result


def _place(ctx: Context, request: Json) -> tuple[Json, str, Json]:
    """The stream, the shard after which to go on, and the filter: of the request, or of its token."""
    token = request.get("NextToken")
    named = "StreamName" in request or "StreamARN" in request
    if token is None:
        if not named:
            raise invalid("Either NextToken or StreamName should be provided.")
        given = request.get("ShardFilter", {"Type": "FROM_TRIM_HORIZON"})
        if (needed := _NEEDS.get(given["Type"])) is not None and needed not in given:
            raise invalid(f"{needed} must be specified in a ShardFilter of type {given['Type']}.")
        return request, request.get("ExclusiveStartShardId", ""), given
    if named:
        raise invalid("NextToken and StreamName cannot be provided together.")
    try:
        made, arn, after, given = page_key(token, float, str, str, dict)
    except ValueError:
        raise invalid("NextToken is invalid.") from None
    if ctx.clock.now() - made > TOKEN_LIFETIME:
        raise AwsError("ExpiredNextTokenException", "The NextToken has expired.")
    return {"StreamARN": arn}, after, given
