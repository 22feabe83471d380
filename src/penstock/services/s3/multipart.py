"""Multipart uploads: created, completed, aborted. The parts stay where they are: the object is their sequence.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
"""

import hashlib
from itertools import pairwise
from typing import NamedTuple

import orjson

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.base.store import Row
from penstock.call import Context
from penstock.services.s3 import bodies, checksums, events, locks, names, store
from penstock.services.s3.bodies import PARTS, Body
from penstock.services.s3.describing import described
from penstock.services.s3.errors import error, invalid_request
from penstock.services.s3.state import Bucket, bucket_of
from penstock.services.s3.versions import Version, add, current, newest, shown_id
from penstock.services.s3.writing import check
from penstock.wire.model import Json

MIN_PART = 5 * 1024**2
MAX_NUMBER = 10_000
_SHOWN = ("ServerSideEncryption", "SSEKMSKeyId", "BucketKeyEnabled", "SSECustomerAlgorithm", "SSECustomerKeyMD5")
_FULL_ONLY = frozenset({"CRC64NVME"})
_COMPOSITE_ONLY = frozenset({"SHA1", "SHA256", "SHA512", "MD5"})


class Upload(NamedTuple):
    """A row of `s3_uploads`; `document` is that of the object to be."""

    id: int
    key: str
    upload_id: str
    created_at: float
    text: str

    @property
    def document(self) -> Json:
        found: Json = orjson.loads(self.text)
        return found


def upload_of(ctx: Context, bucket: Bucket, request: Json) -> Upload:
    row = ctx.store.one(store.UPLOAD, request["UploadId"], bucket.id, request["Key"])
    if row is None:
        raise error("NoSuchUpload", UploadId=request["UploadId"])
    return Upload(*row)


def create_multipart_upload(ctx: Context, request: Json) -> Json:
    bucket, key = bucket_of(ctx, request), request["Key"]
    names.check_key(key)
    document = described(bucket, request) | locks.locked(ctx, bucket, request)
    algorithm = request.get("ChecksumAlgorithm", "")
    said: Json = {}
    if algorithm:
        kind = _kind(algorithm, request.get("ChecksumType"))
        said = {"ChecksumAlgorithm": algorithm, "ChecksumType": kind}
    elif "ChecksumType" in request:
        raise invalid_request(
            "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."
        )
    upload_id = ids.token(64)
    kept = document | said | ({"Replaces": True} if current(ctx, bucket, key) else {})
    row = (bodies.next_number(ctx), upload_id, bucket.id, key, ctx.clock.now(), orjson.dumps(kept).decode())
    ctx.store.run(store.INSERT_UPLOAD, *row)
    shown = {name: document[name] for name in _SHOWN if name in document}
    return {"Bucket": bucket.name, "Key": key, "UploadId": upload_id, **said, **shown}


def _kind(algorithm: str, asked: str | None) -> str:
    checksums.new(algorithm)
    kind = asked or checksums.default_type(algorithm)
    wrong = _FULL_ONLY if kind == checksums.COMPOSITE else _COMPOSITE_ONLY
    if algorithm in wrong:
        raise invalid_request(
            f"The {kind} checksum type cannot be used with the {algorithm.lower()} checksum algorithm."
        )
    return kind


def abort_multipart_upload(ctx: Context, request: Json) -> Json:
    abort(ctx, upload_of(ctx, bucket_of(ctx, request), request))
    return {}


def abort(ctx: Context, upload: Upload) -> None:
    bodies.release(ctx, Body(upload.id, PARTS, 0))
    ctx.store.run(store.DELETE_UPLOAD, upload.id)


def complete_multipart_upload(ctx: Context, request: Json) -> Json:
    bucket, key = bucket_of(ctx, request), request["Key"]
    if (done := _completed(ctx, bucket, request)) is not None:
        return _made(ctx, bucket, done, done.document)
    upload = upload_of(ctx, bucket, request)
    kept = {row[0]: row for row in ctx.store.all(store.ALL_PARTS, upload.id)}
    _check_type(upload.document, request)
    chosen = _chosen(request, kept, upload.document)
    check(ctx, bucket, request)
    _check_conflict(ctx, bucket, upload, request)
    size = sum(row[3] for row in chosen)
    if request.get("MpuObjectSize", size) != size:
        raise invalid_request(
            f"The provided 'x-amz-mp-object-size' header value {request['MpuObjectSize']} does not match what was "
            f"computed: {size}"
        )
    document = _document(upload.document, chosen, request) | {"Upload": upload.upload_id}
    _drop_others(ctx, upload, kept, chosen)
    ctx.store.run(store.DELETE_UPLOAD, upload.id)
    version = add(ctx, bucket, key, Body(upload.id, PARTS, size), _etag(chosen), document)
    events.notify(ctx, bucket, "ObjectCreated:CompleteMultipartUpload", version)
    return _made(ctx, bucket, version, document)


def _completed(ctx: Context, bucket: Bucket, request: Json) -> Version | None:
    """What the upload became, if it was completed before and is the newest: completing it again changes nothing."""
    found = newest(ctx, bucket, request["Key"])
    if found is None or found.kind != PARTS:
        return None
    return found if found.document.get("Upload") == request["UploadId"] else None


def _made(ctx: Context, bucket: Bucket, version: Version, document: Json) -> Json:
    shown = {name: document[name] for name in (*_SHOWN, "ChecksumType") if name in document}
    return {
        "Location": f"{ctx.config.endpoint}/{bucket.name}/{version.key}",
        "Bucket": bucket.name,
        "Key": version.key,
        "ETag": version.quoted_etag,
        **document.get("Sums", {}),
        **shown,
        **shown_id(bucket, version.version_id),
    }


def _check_conflict(ctx: Context, bucket: Bucket, upload: Upload, request: Json) -> None:
    """What holds now must have held since the upload began. Raises ConditionalRequestConflict."""
    if "IfNoneMatch" in request and "Replaces" in upload.document:
        raise error("ConditionalRequestConflict", Condition="If-None-Match", Key=upload.key)
    if "IfMatch" in request:
        found = current(ctx, bucket, upload.key)
        if found is not None and found.modified_at > upload.created_at:
            raise error("ConditionalRequestConflict", Condition="If-Match", Key=upload.key)


def _check_type(document: Json, request: Json) -> None:
    kind = document.get("ChecksumType", "null")
    if request.get("ChecksumType", kind) != kind:
        raise invalid_request(
            f"The upload was created using the {kind} checksum mode. The complete request must use the same checksum "
            "mode."
        )


def _chosen(request: Json, kept: dict[int, Row], document: Json) -> list[Row]:
    """The parts that make the object, in their order, each as it was announced. Raises AwsError."""
    if "MultipartUpload" not in request:
        raise invalid_request("You must specify at least one part")
    wanted = request["MultipartUpload"].get("Parts", [])
    if not wanted:
        raise error("MalformedXML")
    numbers = [part.get("PartNumber", 0) for part in wanted]
    if any(later <= earlier for earlier, later in pairwise(numbers)):
        raise error("InvalidPartOrder", UploadId=request["UploadId"])
    chosen = []
    for part, number in zip(wanted, numbers, strict=True):
        row = kept.get(number)
        etag = part.get("ETag", "").strip('"')
        if row is None or etag != row[4] or not _sums_match(part, row, document):
            raise error("InvalidPart", UploadId=request["UploadId"], PartNumber=number, ETag=etag)
        chosen.append(row)
    for row in chosen[:-1]:
        if row[3] < MIN_PART:
            raise error("EntityTooSmall", ProposedSize=row[3], MinSizeAllowed=MIN_PART, PartNumber=row[0], ETag=row[4])
    return chosen


def _sums_match(part: Json, row: Row, document: Json) -> bool:
    """Whether a part is announced with its checksum, which only uploads that began with an algorithm have."""
    said = {name: part[member] for name, member in checksums.MEMBERS.items() if member in part}
    algorithm = document.get("ChecksumAlgorithm")
    if algorithm is None:
        return not said
    if algorithm in said:
        return bool(said[algorithm] == orjson.loads(row[6])[checksums.MEMBERS[algorithm]])
    if document["ChecksumType"] == checksums.COMPOSITE:
        raise _unsaid(row[0], algorithm, said)
    return True


def _unsaid(number: int, algorithm: str, said: dict[str, str]) -> AwsError:
    if said:
        name = next(iter(said)).lower()
        return error("BadDigest", f"The {name} you specified for part {number} did not match what we received.")
    return invalid_request(
        f"The upload was created using a {algorithm.lower()} checksum. The complete request must include the checksum "
        f"for each part. It was missing for part {number} in the request."
    )


def _etag(chosen: list[Row]) -> str:
    digest = hashlib.md5(b"".join(bytes.fromhex(row[4]) for row in chosen), usedforsecurity=False)
    return f"{digest.hexdigest()}-{len(chosen)}"


def _document(document: Json, chosen: list[Row], request: Json) -> Json:
    """The object's, with a checksum: of the kind that the upload began with, else CRC64NVME of the whole."""
    document.pop("Replaces", None)
    algorithm, kind = document.pop("ChecksumAlgorithm", checksums.DEFAULT), document.pop("ChecksumType", checksums.FULL)
    member = checksums.MEMBERS[algorithm]
    parts = [(orjson.loads(row[6]).get(member), row[3]) for row in chosen]
    if any(value is None for value, _ in parts):
        return document
    value = checksums.combined(algorithm, kind, parts)
    said = request.get(member)
    if said is not None and said.partition("-")[0] != value.partition("-")[0]:
        raise _wrong_sum(algorithm)
    return document | {"Sums": {member: value}, "ChecksumType": kind}


def _wrong_sum(algorithm: str) -> AwsError:
    return checksums.mismatch(algorithm.lower())


def _drop_others(ctx: Context, upload: Upload, kept: dict[int, Row], chosen: list[Row]) -> None:
    """Parts that were uploaded and not chosen are gone with the upload; the others are numbered as the object's."""
    numbers = {row[0] for row in chosen}
    for number, row in kept.items():
        if number not in numbers:
            bodies.release(ctx, Body(row[1], row[2], row[3]))
            ctx.store.run(store.DELETE_PART, upload.id, number)
