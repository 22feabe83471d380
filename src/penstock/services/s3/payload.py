"""Bodies as they come in: whole, or a stream that is decoded while it is read.

`checked` and `incoming` make of an HTTP request what an operation is given as its Body.
"""

import hashlib
import re
from collections.abc import AsyncIterator

from penstock.services.s3 import checksums
from penstock.services.s3.chunked import Decoder
from penstock.services.s3.errors import error, invalid_argument
from penstock.web.stream import Incomplete
from penstock.wire.message import Request
from penstock.wire.model import Json

_SHA256 = re.compile("[0-9a-f]{64}")
_LENGTH = re.compile("[0-9]{1,18}")
_UNSIGNED = frozenset(
    {
        "UNSIGNED-PAYLOAD",
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        *(
            f"STREAMING-AWS4-{kind}-PAYLOAD{trailer}"
            for kind in ("HMAC-SHA256", "ECDSA-P256-SHA256")
            for trailer in ("", "-TRAILER")
        ),
    }
)


class Incoming:
    """A large body: iterate over its content once; then `trailers` are there. `signed` is its announced SHA-256."""

    def __init__(self, request: Request, stream: AsyncIterator[bytes]) -> None:
        self._stream = stream
        self._decoder = Decoder() if is_chunked(request) else None
        header = "x-amz-decoded-content-length" if self._decoder else "content-length"
        self.length = _length(request.headers.get(header))
        self.trailer = checksums.of_trailer(request.headers.get("x-amz-trailer", ""))
        self.signed = _signed(request)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for data in self._stream:
                yield data if self._decoder is None else self._decoder.feed(data)
        except Incomplete:
            raise error("IncompleteBody") from None
        if self._decoder is not None:
            self._decoder.finish()

    @property
    def trailers(self) -> Json:
        return _as_members(self._decoder)


def is_chunked(request: Request) -> bool:
    headers = request.headers
    return headers.get("x-amz-content-sha256", "").startswith("STREAMING-") or (
        "aws-chunked" in headers.get("content-encoding", "") and "x-amz-decoded-content-length" in headers
    )


def whole(request: Request) -> tuple[bytes, Json]:
    """A small body, decoded and held against its SHA-256, and the members that its trailers are. Raises AwsError."""
    body = request.body
    if is_chunked(request):
        decoder = Decoder()
        body = decoder.feed(body)
        decoder.finish()
        if len(body) != _length(request.headers.get("x-amz-decoded-content-length"), len(body)):
            raise error("IncompleteBody")
        return body, _as_members(decoder)
    if signed := _signed(request):
        computed = hashlib.sha256(body).hexdigest()
        if computed != signed:
            raise checksums.sha256_mismatch(signed, computed)
    return body, {}


def _as_members(decoder: Decoder | None) -> Json:
    trailers = decoder.trailers if decoder else {}
    found = {checksums.of_trailer(name): value for name, value in trailers.items()}
    return {checksums.MEMBERS[name]: value for name, value in found.items() if name}


def _signed(request: Request) -> str:
    """The announced SHA-256 of a body, or nothing. Raises InvalidArgument for what is neither."""
    said = request.headers.get("x-amz-content-sha256", "")
    if _SHA256.fullmatch(said):
        return said
    if said and said not in _UNSIGNED:
        text = (
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, "
            "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid "
            "sha256 value."
        )
        raise invalid_argument(text, "x-amz-content-sha256", said)
    return ""


def _length(header: str | None, default: int | None = None) -> int | None:
    return int(header) if header is not None and _LENGTH.fullmatch(header) else default
