"""Which resource IAM is asked about.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
"""

from typing import Any

from penstock.call import Context
from penstock.services.dynamodb.streams.reading import stream_of


def resource(ctx: Context, operation: str, request: dict[str, Any]) -> str:
    """The stream's ARN; `*` for ListStreams."""
    if "ShardIterator" in request:
        return stream_of(request["ShardIterator"])
    return str(request.get("StreamArn", "*"))
