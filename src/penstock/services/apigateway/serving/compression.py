"""Bodies compressed with gzip, for APIs that have a minimum compression size.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gzip-compression-decompression.html
"""

import gzip
import zlib

from penstock.services.apigateway.serving.refusal import Refusal
from penstock.web.gateways.exchange import MAX_BODY
from penstock.wire.message import Request, Response

_LEVEL = 6
_GZIP = 16 + zlib.MAX_WBITS  # zlib's way to say that a gzip header is expected


def decompress(request: Request) -> None:
    """The body that a client sent compressed. Raises Refusal (413) where it is too large, (400) where it is broken."""
    if request.headers.get("content-encoding", "").lower() != "gzip":
        return
    unpacker = zlib.decompressobj(_GZIP)
    try:
        request.body = unpacker.decompress(request.body, MAX_BODY + 1)
    except zlib.error:
        raise Refusal("DEFAULT_4XX", "Bad Request", status=400) from None
    if len(request.body) > MAX_BODY:
        raise Refusal("REQUEST_TOO_LARGE", "Request Too Long")


def compress(request: Request, response: Response, minimum: int) -> None:
    """Compresses a body of at least `minimum` bytes, where the client takes that and the backend has not done so."""
    body = response.body
    if not isinstance(body, bytes) or not body or len(body) < minimum or response.header("Content-Encoding"):
        return
    if "gzip" in request.headers.get("accept-encoding", ""):
        response.body = gzip.compress(body, _LEVEL, mtime=0)
        response.headers.append(("Content-Encoding", "gzip"))
