"""GetObject, HeadObject and GetObjectAttributes.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html and its siblings.
"""

import orjson

from penstock.call import Context
from penstock.services.s3 import bodies, conditions, store
from penstock.services.s3.bodies import PARTS
from penstock.services.s3.conditions import Span
from penstock.services.s3.describing import check_customer_key, shown
from penstock.services.s3.errors import error, invalid_argument, invalid_request
from penstock.services.s3.state import Bucket, bucket_of
from penstock.services.s3.versions import Version, find, find_with_body, shown_id
from penstock.wire.model import Json

_ATTRIBUTES = frozenset({"ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"})
_MAX_PARTS = 1000


def get_object(ctx: Context, request: Json) -> Json:
    bucket = bucket_of(ctx, request)
    version, data = find_with_body(ctx, bucket, request)
    result, span = _look(ctx, bucket, request, version)
    if data is None:
        result["Body"] = bodies.read(ctx, version.body, span.start, span.length)
    else:
        result["Body"] = data[span.start : span.start + span.length] if span.partial else data
    return result


def head_object(ctx: Context, request: Json) -> Json:
    bucket = bucket_of(ctx, request)
    return _look(ctx, bucket, request, find(ctx, bucket, request))[0]


def _look(ctx: Context, bucket: Bucket, request: Json, version: Version) -> tuple[Json, Span]:
    conditions.check_read(request, version.etag, version.modified_at)
    span, parts = _span(ctx, request, version)
    result = shown(bucket, version, request, whole=span.length == version.size)
    check_customer_key(result, request)
    result["ContentLength"] = span.length
    if span.partial:
        result["ContentRange"] = span.header(version.size)
    if parts:
        result["PartsCount"] = parts
    return result, span


def _span(ctx: Context, request: Json, version: Version) -> tuple[Span, int]:
    """The stretch that a request wants, and of how many parts the object is where it wants one."""
    number = request.get("PartNumber")
    if number is None:
        return conditions.span(request.get("Range"), version.size), 0
    if "Range" in request:
        raise invalid_request("Cannot specify both Range header and partNumber query parameter")
    if not 1 <= number <= 10_000:
        raise invalid_argument("Part number must be an integer between 1 and 10000, inclusive", "partNumber", number)
    if version.kind != PARTS:
        if number > 1:
            raise error("InvalidPartNumber", ActualPartCount=1, PartNumberRequested=number)
        return Span(0, version.size, version.size > 0), 0
    parts = bodies.parts_of(ctx, version.body)
    if number > len(parts):
        raise error("InvalidPartNumber", ActualPartCount=len(parts), PartNumberRequested=number)
    start = sum(part.size for part in parts[: number - 1])
    return Span(start, parts[number - 1].size, True), len(parts)


def get_object_attributes(ctx: Context, request: Json) -> Json:
    wanted = request["ObjectAttributes"]
    if not set(wanted) <= _ATTRIBUTES:
        raise invalid_argument("Invalid attribute name specified.", "x-amz-object-attributes", ",".join(wanted))
    bucket = bucket_of(ctx, request)
    version = find(ctx, bucket, request)
    document = version.document
    check_customer_key(document, request)
    found = {
        "ETag": version.etag,
        "Checksum": _checksum(document) if "Sums" in document else None,
        "ObjectParts": _parts(ctx, version, request) if version.kind == PARTS else None,
        "StorageClass": document.get("StorageClass", "STANDARD"),
        "ObjectSize": version.size,
    }
    result = {name: found[name] for name in wanted if found[name] is not None}
    return result | {"LastModified": version.modified_at} | shown_id(bucket, version.version_id)


def _checksum(document: Json) -> Json:
    """One made of parts' checksums is shown here without their number."""
    sums = {member: value.partition("-")[0] for member, value in document["Sums"].items()}
    return {**sums, "ChecksumType": document["ChecksumType"]}


def _parts(ctx: Context, version: Version, request: Json) -> Json:
    after, limit = request.get("PartNumberMarker", 0), min(request.get("MaxParts", _MAX_PARTS), _MAX_PARTS)
    count = ctx.store.one(store.COUNT_PARTS, version.id)
    rows = ctx.store.all(store.PARTS, version.id, after, limit + 1)
    page, total = rows[:limit], {"TotalPartsCount": count[0] if count else 0}
    if any(len(orjson.loads(row[6])) > 1 for row in page):  # of an upload that did not begin with a checksum
        return total
    return {
        **total,
        "PartNumberMarker": after,
        "NextPartNumberMarker": page[-1][0] if page else after,
        "MaxParts": limit,
        "IsTruncated": len(rows) > limit,
        "Parts": [{"PartNumber": row[0], "Size": row[3], **orjson.loads(row[6])} for row in page],
    }
