"""Parts of multipart uploads: UploadPart, UploadPartCopy, ListParts.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html and its siblings.
"""

from collections.abc import Awaitable
from typing import Any

import orjson

from penstock.call import Context
from penstock.services.s3 import bodies, checksums, store
from penstock.services.s3.acls import owner
from penstock.services.s3.bodies import Body
from penstock.services.s3.checksums import Digest
from penstock.services.s3.describing import check_customer_key
from penstock.services.s3.errors import invalid_argument, invalid_request, whole
from penstock.services.s3.multipart import MAX_NUMBER, Upload, upload_of
from penstock.services.s3.sources import source_of, stretch
from penstock.services.s3.state import bucket_of
from penstock.services.s3.writing import digest_for, receive
from penstock.wire.model import Json

_MAX_PARTS = 1000
_SHOWN = ("ServerSideEncryption", "SSEKMSKeyId", "SSECustomerAlgorithm", "SSECustomerKeyMD5")


def upload_part(ctx: Context, request: Json) -> Json | Awaitable[Json]:
    upload = _upload(ctx, request)
    document = upload.document
    check_customer_key(document, request)
    digest, sums = digest_for(request, _algorithm(document))
    _check_algorithm(document, digest)
    if "ChecksumAlgorithm" not in document:
        digest.also(checksums.DEFAULT)
    content = request.get("Body", b"")
    if isinstance(content, bytes) and len(content) <= bodies.INLINE:
        digest.update(content)
        digest.check(request.get("ContentMD5"), sums)
        return _finish(ctx, upload, request, bodies.keep(ctx, content), digest)
    return _upload_large(ctx, request, content, digest)


async def _upload_large(ctx: Context, request: Json, content: Any, digest: Digest) -> Json:
    body = await receive(ctx, request, content, digest)
    with ctx.store.savepoint():
        return _finish(ctx, _upload(ctx, request), request, body, digest)


def _upload(ctx: Context, request: Json) -> Upload:
    number = request["PartNumber"]
    if not 1 <= number <= MAX_NUMBER:
        raise invalid_argument(
            f"Part number must be an integer between 1 and {MAX_NUMBER}, inclusive", "partNumber", number
        )
    return upload_of(ctx, bucket_of(ctx, request), request)


def _algorithm(document: Json) -> str:
    return str(document.get("ChecksumAlgorithm", checksums.DEFAULT))


def _check_algorithm(document: Json, digest: Digest) -> None:
    """A part of an upload that began with a checksum has that one, or none of its own."""
    wanted = document.get("ChecksumAlgorithm")
    if wanted and digest.algorithm != wanted:
        raise invalid_request(
            f"Checksum Type mismatch occurred, expected checksum Type: {wanted.lower()}, actual checksum Type: "
            f"{digest.algorithm.lower()}"
        )


def _finish(ctx: Context, upload: Upload, request: Json, body: Body, digest: Digest) -> Json:
    _put(ctx, upload, request["PartNumber"], body, digest)
    shown = {name: value for name, value in upload.document.items() if name in _SHOWN}
    sums = {checksums.MEMBERS[digest.algorithm]: digest.checksum}
    return {"ETag": f'"{digest.etag}"', **sums, **shown}


def _put(ctx: Context, upload: Upload, number: int, body: Body, digest: Digest) -> float:
    """Takes the place of an earlier part with that number. When it was put."""
    bodies.claim(ctx, body)
    before = ctx.store.one(store.PART, upload.id, number)
    if before is not None:
        bodies.release(ctx, Body(before[1], before[2], before[3]))
    sums = orjson.dumps(digest.sums).decode()
    now = ctx.clock.now()
    ctx.store.run(store.REPLACE_PART, upload.id, number, body.id, body.kind, body.size, digest.etag, now, sums)
    return now


def upload_part_copy(ctx: Context, request: Json) -> Json | Awaitable[Json]:
    upload = _upload(ctx, request)
    source = source_of(ctx, request)
    start, length = stretch(request, source.version.size)
    digest = Digest(_algorithm(upload.document))
    content = bodies.read(ctx, source.version.body, start, length)
    if isinstance(content, bytes):
        digest.update(content)
        result = _copied(ctx, upload, request, bodies.keep(ctx, content), digest)
        return result | source.version_member
    return _copy_large(ctx, request, content, digest, source.version_member)


async def _copy_large(ctx: Context, request: Json, content: Any, digest: Digest, more: Json) -> Json:
    body = await bodies.receive(ctx, content, digest)
    with ctx.store.savepoint():
        return _copied(ctx, _upload(ctx, request), request, body, digest) | more


def _copied(ctx: Context, upload: Upload, request: Json, body: Body, digest: Digest) -> Json:
    now = _put(ctx, upload, request["PartNumber"], body, digest)
    sums = {checksums.MEMBERS[digest.algorithm]: digest.checksum}
    return {"CopyPartResult": {"ETag": f'"{digest.etag}"', "LastModified": now, **sums}}


def list_parts(ctx: Context, request: Json) -> Json:
    bucket = bucket_of(ctx, request)
    upload = upload_of(ctx, bucket, request)
    limit = min(whole(request.get("MaxParts", _MAX_PARTS), "max-parts"), _MAX_PARTS)
    after = whole(request.get("PartNumberMarker", 0), "part-number-marker")
    rows = ctx.store.all(store.PARTS, upload.id, after, limit + 1)
    page, document = rows[:limit], upload.document
    who = owner(bucket.account)
    said: Json = {name: document[name] for name in ("ChecksumAlgorithm", "ChecksumType") if name in document}
    return {
        "Bucket": bucket.name,
        "Key": upload.key,
        "UploadId": upload.upload_id,
        "PartNumberMarker": after,
        "NextPartNumberMarker": page[-1][0] if page else 0,
        "MaxParts": limit,
        "IsTruncated": len(rows) > limit,
        "Parts": [_shown(row, said) for row in page],
        "Initiator": who,
        "Owner": who,
        "StorageClass": document.get("StorageClass", "STANDARD"),
        **said,
    }


def _shown(row: Any, said: Json) -> Json:
    """Checksums are shown of uploads that began with one."""
    sums = orjson.loads(row[6]) if said else {}
    return {"PartNumber": row[0], "Size": row[3], "ETag": f'"{row[4]}"', "LastModified": row[5], **sums}
