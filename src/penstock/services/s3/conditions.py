"""Conditional requests and ranges. Pure.

Source: RFC 9110 13 and 14, https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
"""

import re
from typing import NamedTuple

from penstock.base.errors import AwsError
from penstock.services.s3.errors import error
from penstock.wire.model import Json
from penstock.wire.timestamps import http_date

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
READ = frozenset({"IfMatch", "IfNoneMatch", "IfModifiedSince", "IfUnmodifiedSince"})


class Span(NamedTuple):
    """A stretch of an object; `partial` where it was asked for."""

    start: int
    length: int
    partial: bool

    def header(self, size: int) -> str:
        return f"bytes {self.start}-{self.start + self.length - 1}/{size}"


def check_read(request: Json, etag: str, modified_at: float) -> None:
    """The conditions of GET and HEAD. Raises PreconditionFailed or NotModified."""
    if request.keys().isdisjoint(READ):
        return
    modified = int(modified_at)
    if "IfMatch" in request:
        if not _matches(request["IfMatch"], etag):
            raise _failed("If-Match")
    elif "IfUnmodifiedSince" in request and modified > request["IfUnmodifiedSince"]:
        raise _failed("If-Unmodified-Since")
    if "IfNoneMatch" in request:
        unchanged = _matches(request["IfNoneMatch"], etag)
    else:
        unchanged = "IfModifiedSince" in request and modified <= request["IfModifiedSince"]
    if unchanged:
        raise error("NotModified", headers={"ETag": f'"{etag}"', "Last-Modified": http_date(modified_at)})


def check_copy(request: Json, etag: str, modified_at: float) -> None:
    """Those of a copy's source, where nothing is "not modified"."""
    named = {name: request[f"CopySource{name}"] for name in READ if f"CopySource{name}" in request}
    try:
        check_read(named, etag, modified_at)
    except AwsError as failed:
        unchanged = "If-None-Match" if "IfNoneMatch" in named else "If-Modified-Since"
        raise _failed(f"x-amz-copy-source-{failed.fields.get('Condition', unchanged)}") from None


def check_write(request: Json, key: str, etag: str | None) -> None:
    """The conditions of a write; `etag` is that of what is there now."""
    wanted, unwanted = request.get("IfMatch"), request.get("IfNoneMatch")
    if wanted is not None and unwanted is not None:
        raise not_here("If-Match,If-None-Match", "Multiple conditional request headers present in the request")
    if unwanted is not None:
        if unwanted != "*":
            text = "We don't accept the provided value of If-None-Match header for this API"
            raise not_here("If-None-Match", text)
        if etag is not None:
            raise _failed("If-None-Match")
    if wanted is not None:
        if etag is None:
            raise error("NoSuchKey", Key=key)
        if not _matches(wanted, etag):
            raise _failed("If-Match")


def _matches(header: str, etag: str) -> bool:
    tags = [tag.strip().removeprefix("W/").strip('"') for tag in header.split(",")]
    return "*" in tags or etag in tags


def _failed(condition: str) -> AwsError:
    return error("PreconditionFailed", Condition=condition)


def not_here(header: str, why: str) -> AwsError:
    text = "A header you provided implies functionality that is not implemented"
    return AwsError("NotImplemented", text, status=501, Header=header, additionalMessage=why)


def span(header: str | None, size: int) -> Span:
    """What a Range header asks for; one that cannot be read asks for all. Raises InvalidRange."""
    match = _RANGE.fullmatch(header.strip()) if header else None
    if match is None or (not match[1] and not match[2]):
        return Span(0, size, False)
    if not match[1]:
        length = min(int(match[2]), size)
        start, end = size - length, size - 1
    else:
        start = int(match[1])
        end = min(int(match[2]), size - 1) if match[2] else size - 1
        if match[2] and int(match[2]) < start:
            return Span(0, size, False)
    if start >= size or end < start:
        raise error("InvalidRange", RangeRequested=header, ActualObjectSize=size)
    return Span(start, end - start + 1, True)
