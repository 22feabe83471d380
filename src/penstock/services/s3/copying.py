"""CopyObject. A file that is copied gets a second name; what else is large is read and written again.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
"""

from collections.abc import Awaitable

from penstock.call import Context
from penstock.services.s3 import bodies, checksums, events, locks, names
from penstock.services.s3.bodies import FILE, SMALL_BODY, Body
from penstock.services.s3.checksums import Digest
from penstock.services.s3.describing import described, summed
from penstock.services.s3.errors import invalid_argument, invalid_request
from penstock.services.s3.sources import Source, source_of
from penstock.services.s3.state import Bucket, bucket_of
from penstock.services.s3.versions import Version, add, shown_id
from penstock.services.s3.writing import check
from penstock.wire.model import Json

_DIRECTIVES = {"MetadataDirective": "metadata directive", "TaggingDirective": "tagging directive"}
# What a copy takes over unless it is told to replace it.
_COPIED = (
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
    "Expires",
    "Metadata",
)
_CHANGES = frozenset({"StorageClass", "WebsiteRedirectLocation", "ServerSideEncryption", "SSECustomerAlgorithm"})
_ENCRYPTION = ("ServerSideEncryption", "SSEKMSKeyId", "SSECustomerAlgorithm", "SSECustomerKeyMD5")

Sums = tuple[str, str, str]  # ETag, algorithm, checksum


def copy_object(ctx: Context, request: Json) -> Json | Awaitable[Json]:
    bucket = bucket_of(ctx, request)
    names.check_key(request["Key"])
    for name, what in _DIRECTIVES.items():
        if request.get(name, "COPY") not in ("COPY", "REPLACE"):
            raise invalid_argument(f"Unknown {what}.", name, request[name])
    source = source_of(ctx, request)
    _check_itself(bucket, source, request)
    document = _document(bucket, source, request) | locks.locked(ctx, bucket, request)
    check(ctx, bucket, request)
    same = _same_sums(source, request)
    if source.version.kind == SMALL_BODY:
        data = bodies.stored(ctx, source.version.id)
        return _finish(ctx, bucket, source, request, bodies.keep(ctx, data), same or _summed(request, data), document)
    return _copy_large(ctx, bucket, source, request, same, document)


async def _copy_large(
    ctx: Context, bucket: Bucket, source: Source, request: Json, same: Sums | None, document: Json
) -> Json:
    version = source.version
    if same is not None and version.kind == FILE:
        body, sums = await bodies.link(ctx, version.body), same
    else:
        digest = Digest(_algorithm(request))
        content = bodies.read(ctx, version.body, 0, version.size)
        body = await bodies.receive(ctx, bodies.as_stream(content) if isinstance(content, bytes) else content, digest)
        sums = (digest.etag, digest.algorithm, digest.checksum)
    with ctx.store.savepoint():
        bucket = bucket_of(ctx, request)
        check(ctx, bucket, request)
        return _finish(ctx, bucket, source, request, body, sums, document)


def _check_itself(bucket: Bucket, source: Source, request: Json) -> None:
    """Legal are a change, a version named by its id, and a bucket that says how it is encrypted."""
    same = source.bucket is bucket and source.version.key == request["Key"] and not source.named
    changed = request.get("MetadataDirective") == "REPLACE" or not _CHANGES.isdisjoint(request)
    if same and not changed and "encryption" not in bucket.settings:
        raise invalid_request(
            "This copy request is illegal because it is trying to copy an object to itself without changing the "
            "object's metadata, storage class, website redirect location or encryption attributes."
        )


def _document(bucket: Bucket, source: Source, request: Json) -> Json:
    if request.get("TaggingDirective") != "REPLACE":
        request = {name: value for name, value in request.items() if name != "Tagging"}
    document = described(bucket, request)
    if request.get("MetadataDirective") != "REPLACE":
        document = {name: value for name, value in document.items() if name not in _COPIED}
        document |= {name: source.document[name] for name in _COPIED if name in source.document}
    if request.get("TaggingDirective") != "REPLACE" and "Tags" in source.document:
        document["Tags"] = source.document["Tags"]
    return document


def _same_sums(source: Source, request: Json) -> Sums | None:
    """The source's own sums, where they are the copy's: not those of parts, nor of another algorithm."""
    sums = source.document.get("Sums", {})
    member, value = next(iter(sums.items()), ("", ""))
    algorithm = member.removeprefix("Checksum")
    whole = source.version.kind != bodies.PARTS and source.document.get("ChecksumType") == checksums.FULL
    if not whole or request.get("ChecksumAlgorithm", algorithm) != algorithm:
        return None
    return source.version.etag, algorithm, value


def _algorithm(request: Json) -> str:
    return str(request.get("ChecksumAlgorithm", checksums.DEFAULT))


def _summed(request: Json, data: bytes) -> Sums:
    digest = Digest(_algorithm(request))
    digest.update(data)
    return digest.etag, digest.algorithm, digest.checksum


def _finish(
    ctx: Context, bucket: Bucket, source: Source, request: Json, body: Body, sums: Sums, document: Json
) -> Json:
    etag, algorithm, value = sums
    document = summed(document, algorithm, value)
    version = add(ctx, bucket, request["Key"], body, etag, document)
    events.notify(ctx, bucket, "ObjectCreated:Copy", version)
    shown = {name: document[name] for name in _ENCRYPTION if name in document}
    return _result(version, document) | shown | source.version_member | shown_id(bucket, version.version_id)


def _result(version: Version, document: Json) -> Json:
    sums = document.get("Sums", {})
    return {"CopyObjectResult": {"ETag": version.quoted_etag, "LastModified": version.modified_at, **sums}}
