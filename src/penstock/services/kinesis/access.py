"""Which resource IAM is asked about.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonkinesisdatastreams.html
"""

from penstock.call import Context
from penstock.services.kinesis import iterators
from penstock.services.kinesis.state import state, stream_arn
from penstock.wire.model import Json

_NAMES = ("ConsumerARN", "ResourceARN", "StreamARN")


def resource(ctx: Context, operation: str, request: Json) -> str:
    """The ARN of the stream or consumer that a request names; that of an iterator's stream; else `*`."""
    for member in _NAMES:
        if member in request:
            return str(request[member])
    if "StreamName" in request:
        return stream_arn(ctx, request["StreamName"])
    if "ShardIterator" in request:
        return _iterated(request["ShardIterator"])
    return "*"


def _iterated(text: str) -> str:
    try:
        return iterators.decode(text).stream
    except iterators.InvalidIterator:
        return "*"


def policy(ctx: Context, arn: str) -> str | None:
    """Of a stream or a consumer."""
    found = state(ctx).by_arn.get(arn) or state(ctx).consumers.get(arn)
    return found.policy if found is not None else None
