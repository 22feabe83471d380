"""Function URLs of invoke mode RESPONSE_STREAM: the events of an invocation as an HTTP response that comes in pieces.

Status and headers stand ahead of the body where the content type says so: as JSON, and eight NUL bytes behind it.
Whatever else a function answers is the body as it is.
Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
"""

from collections.abc import AsyncIterator

import orjson

from penstock.web.gateways.payloads import Malformed, response_2
from penstock.wire.message import Response
from penstock.wire.model import Json

_HTTP = "application/vnd.awslambda.http-integration-response"
_DELIMITER = bytes(8)
_LONGEST_PRELUDE = 1 << 20


class Failed(Exception):
    """The function failed; text is its error."""


async def respond(result: Json) -> Response:
    """`result` is InvokeWithResponseStream's. Raises Malformed, Failed; after the first byte the connection is cut."""
    chunks, kind = _payload(result["EventStream"]), result["ResponseStreamContentType"]
    if kind != _HTTP:
        first = await anext(chunks, b"")
        return Response(200, [("Content-Type", kind)], _chained(first, chunks))
    head = b""
    while _DELIMITER not in head:
        chunk = await anext(chunks, b"")
        if not chunk or len(head) > _LONGEST_PRELUDE:
            raise Malformed("there is no end of its metadata")
        head += chunk
    prelude, _, rest = head.partition(_DELIMITER)
    response = _head(prelude)
    response.body = _chained(rest, chunks)
    return response


async def _payload(events: AsyncIterator[Json]) -> AsyncIterator[bytes]:
    async for event in events:
        if chunk := event.get("PayloadChunk", {}).get("Payload"):
            yield chunk
        if "ErrorCode" in event.get("InvokeComplete", {}):
            raise Failed(event["InvokeComplete"]["ErrorDetails"])


async def _chained(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if first:
        yield first
    async for chunk in rest:
        yield chunk


def _head(prelude: bytes) -> Response:
    try:
        document = orjson.loads(prelude)
    except orjson.JSONDecodeError as error:
        raise Malformed(f"its metadata is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise Malformed("its metadata is no object")
    return response_2(orjson.dumps({"statusCode": 200, **document, "body": ""}), "application/octet-stream")
