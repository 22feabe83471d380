"""PutObject. A small body is stored in the turn in which it came, a large one in a file while it comes.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
"""

from collections.abc import Awaitable
from typing import Any

from penstock.call import Context
from penstock.services.s3 import bodies, checksums, conditions, events, locks, names
from penstock.services.s3.bodies import Body
from penstock.services.s3.checksums import Digest
from penstock.services.s3.describing import described, summed, written
from penstock.services.s3.errors import error
from penstock.services.s3.payload import Incoming
from penstock.services.s3.state import Bucket, bucket_of
from penstock.services.s3.versions import add, current, overwrite
from penstock.wire.model import Json

MAX_UPLOAD = 5 * 1024**3  # bytes in one request


def put_object(ctx: Context, request: Json) -> Json | Awaitable[Json]:
    bucket = bucket_of(ctx, request)
    names.check_key(request["Key"])
    document = described(bucket, request)
    document.update(locks.locked(ctx, bucket, request))
    check(ctx, bucket, request)
    digest, sums = digest_for(request)
    content = request.get("Body", b"")
    if isinstance(content, bytes) and len(content) <= bodies.INLINE:
        digest.update(content)
        digest.check(request.get("ContentMD5"), sums)
        return _put_small(ctx, bucket, request, content, digest, document)
    return _put_large(ctx, bucket, request, content, digest, document)


def _put_small(ctx: Context, bucket: Bucket, request: Json, content: bytes, digest: Digest, document: Json) -> Json:
    shown = summed(document, digest.algorithm, digest.checksum)
    version = overwrite(ctx, bucket, request["Key"], content, digest.etag, shown)
    if version is None:
        return finish(ctx, bucket, request, bodies.keep(ctx, content), digest, document)
    events.notify(ctx, bucket, "ObjectCreated:Put", version)
    return written(bucket, version, shown)


async def _put_large(ctx: Context, bucket: Bucket, request: Json, content: Any, digest: Digest, document: Json) -> Json:
    body = await receive(ctx, request, content, digest)
    with ctx.store.savepoint():
        bucket = bucket_of(ctx, request)
        check(ctx, bucket, request)
        return finish(ctx, bucket, request, body, digest, document)


async def receive(ctx: Context, request: Json, content: Any, digest: Digest) -> Body:
    """A large body, in a file that is nobody's yet, held against all that its sender said of it."""
    if isinstance(content, bytes):
        content = bodies.as_stream(content)
    if isinstance(content, Incoming) and (content.length or 0) > MAX_UPLOAD:
        raise error("EntityTooLarge", ProposedSize=content.length, MaxSizeAllowed=MAX_UPLOAD)
    body = await bodies.receive(ctx, content, digest)
    try:
        said = content.trailers if isinstance(content, Incoming) else {}
        digest.check(request.get("ContentMD5"), checksums.given({**request, **said}))
        if isinstance(content, Incoming) and content.length not in (None, digest.size):
            raise error("IncompleteBody")
    except Exception:
        bodies.forget(ctx, body.id)
        raise
    return body


def digest_for(request: Json, default: str = checksums.DEFAULT) -> tuple[Digest, dict[str, str]]:
    """What is to be reckoned of a request's body, and the checksums that its headers give."""
    sums = checksums.given(request)
    content = request.get("Body")
    incoming = content if isinstance(content, Incoming) else None
    announced = incoming.trailer if incoming else ""
    algorithm = next(iter(sums), "") or announced or request.get("ChecksumAlgorithm") or default
    return Digest(algorithm, incoming.signed if incoming else ""), sums


def check(ctx: Context, bucket: Bucket, request: Json) -> None:
    """The conditions under which an object may be written."""
    if "IfMatch" in request or "IfNoneMatch" in request:
        found = current(ctx, bucket, request["Key"])
        conditions.check_write(request, request["Key"], found.etag if found else None)


def finish(ctx: Context, bucket: Bucket, request: Json, body: Body, digest: Digest, document: Json) -> Json:
    document = summed(document, digest.algorithm, digest.checksum)
    version = add(ctx, bucket, request["Key"], body, digest.etag, document)
    events.notify(ctx, bucket, "ObjectCreated:Put", version)
    return written(bucket, version, document)
