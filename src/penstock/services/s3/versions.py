"""Versions of objects: what the newest is, adding one, and what deleting means.

A bucket that never had versioning keeps one version of a key, whose id is `null`; where versioning is suspended, only
that one is replaced.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html
"""

import re
from typing import NamedTuple

import orjson

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.s3 import bodies, store
from penstock.services.s3.bodies import SMALL_BODY, Body
from penstock.services.s3.errors import error, invalid_argument
from penstock.services.s3.state import Bucket
from penstock.wire.model import Json
from penstock.wire.timestamps import http_date

NULL = "null"
_ISSUED = re.compile(r"[0-9a-f]{32}|null")


class Version(NamedTuple):
    """A row of `s3_versions`; the document is what was said of the object, under the model's names."""

    id: int
    key: str
    version_id: str
    latest: int
    marker: int
    size: int
    etag: str
    modified_at: float
    kind: int
    text: str

    @property
    def body(self) -> Body:
        return Body(self.id, self.kind, self.size)

    @property
    def document(self) -> Json:
        found: Json = orjson.loads(self.text)
        return found

    @property
    def quoted_etag(self) -> str:
        return f'"{self.etag}"'


def newest(ctx: Context, bucket: Bucket, key: str) -> Version | None:
    row = ctx.store.one(store.NEWEST, bucket.id, key)
    return Version(*row) if row is not None else None


def current(ctx: Context, bucket: Bucket, key: str) -> Version | None:
    """The newest version, unless that is a delete marker."""
    found = newest(ctx, bucket, key)
    return None if found is None or found.marker else found


def by_id(ctx: Context, bucket: Bucket, key: str, version_id: str) -> Version | None:
    row = ctx.store.one(store.VERSION, bucket.id, key, version_id)
    return Version(*row) if row is not None else None


def find(ctx: Context, bucket: Bucket, request: Json) -> Version:
    """The version that a request asks for. Raises NoSuchKey, NoSuchVersion, MethodNotAllowed for a marker."""
    key, version_id = request["Key"], request.get("VersionId")
    if version_id is None:
        return _there(newest(ctx, bucket, key), key)
    found = by_id(ctx, bucket, key, version_id)
    if found is None:
        check_issued(version_id)
        raise error("NoSuchVersion", Key=key, VersionId=version_id)
    if found.marker:
        raise _not_of_a_marker(found, "GET")
    return found


def find_tagged(ctx: Context, bucket: Bucket, request: Json, method: str) -> Version:
    """The same for tags, which no delete marker has, not even where the newest version is meant."""
    if "VersionId" not in request:
        found = newest(ctx, bucket, request["Key"])
    else:
        found = by_id(ctx, bucket, request["Key"], request["VersionId"])
    if found is not None and found.marker:
        raise _not_of_a_marker(found, method)
    return found or find(ctx, bucket, request)


def check_issued(version_id: str) -> None:
    """Raises InvalidArgument for an id that S3 never gave a version."""
    if not _ISSUED.fullmatch(version_id):
        raise invalid_argument("Invalid version id specified", "versionId", version_id)


def _not_of_a_marker(marker: Version, method: str) -> AwsError:
    headers = _marked(marker) | {"Allow": "DELETE", "Last-Modified": http_date(marker.modified_at)}
    return error("MethodNotAllowed", Method=method, ResourceType="DeleteMarker", headers=headers)


def find_with_body(ctx: Context, bucket: Bucket, request: Json) -> tuple[Version, bytes | None]:
    """The same with the bytes of a small body, where they came with the row."""
    if "VersionId" in request:
        return find(ctx, bucket, request), None
    row = ctx.store.one(store.NEWEST_WITH_BODY, bucket.id, request["Key"])
    found = _there(Version(*row[:-1]) if row is not None else None, request["Key"])
    return found, row[-1] if row is not None else None


def _there(found: Version | None, key: str) -> Version:
    if found is None:
        raise error("NoSuchKey", Key=key)
    if found.marker:
        raise error("NoSuchKey", Key=key, headers=_marked(found))
    return found


def _marked(marker: Version) -> dict[str, str]:
    return {"x-amz-delete-marker": "true", "x-amz-version-id": marker.version_id}


def shown_id(bucket: Bucket, version_id: str) -> Json:
    """The member of a reply that names a version: none where the bucket never had versions."""
    return {"VersionId": version_id} if bucket.versioning else {}


def add(ctx: Context, bucket: Bucket, key: str, body: Body, etag: str, document: Json) -> Version:
    """Makes a body the newest version of a key, in this transaction."""
    bodies.claim(ctx, body)
    return _insert(ctx, bucket, key, body, etag, orjson.dumps(document).decode(), marker=0)


def overwrite(ctx: Context, bucket: Bucket, key: str, data: bytes, etag: str, document: Json) -> Version | None:
    """Puts a small body in the place of another small one, row, indexes and all; None where there is none."""
    if bucket.versioning == "Enabled":
        return None
    text, now, size = orjson.dumps(document).decode(), ctx.clock.now(), len(data)
    found = ctx.store.returning(store.REFRESH_VERSION, size, etag, now, text, bucket.id, key)
    if not found:
        return None
    number: int = found[0][0]
    ctx.store.run(store.REPLACE_BODY, data, number)
    return Version(number, key, NULL, 1, 0, size, etag, now, SMALL_BODY, text)


def mark(ctx: Context, bucket: Bucket, key: str) -> Version:
    """Makes a delete marker the newest version of a key."""
    return _insert(ctx, bucket, key, Body(bodies.next_number(ctx), SMALL_BODY, 0), "", "{}", marker=1)


def _insert(ctx: Context, bucket: Bucket, key: str, body: Body, etag: str, text: str, marker: int) -> Version:
    before = newest(ctx, bucket, key)
    version_id = NULL
    now = ctx.clock.now()
    if before is not None and before.version_id == NULL and not marker and bucket.versioning != "Enabled":
        ctx.store.run(store.REPLACE_VERSION, body.id, body.size, etag, now, body.kind, text, before.id)
        if not before.marker:
            bodies.release(ctx, before.body)
        return Version(body.id, key, NULL, 1, 0, body.size, etag, now, body.kind, text)
    if bucket.versioning == "Enabled":
        version_id = ids.hex_id(32)
    elif before is not None and (replaced := _null(ctx, bucket, before)) is not None:
        _take_away(ctx, replaced)
        before = None if replaced.id == before.id else before
    if before is not None:
        ctx.store.run(store.UNLATEST, before.id)
    row = (body.id, bucket.id, key, version_id, marker, body.size, etag, now, body.kind, text)
    ctx.store.run(store.INSERT_VERSION, *row)
    return Version(body.id, key, version_id, 1, marker, body.size, etag, now, body.kind, text)


def _null(ctx: Context, bucket: Bucket, before: Version) -> Version | None:
    return before if before.version_id == NULL else by_id(ctx, bucket, before.key, NULL)


def _take_away(ctx: Context, version: Version) -> None:
    ctx.store.run(store.DELETE_VERSION, version.id)
    if not version.marker:
        bodies.release(ctx, version.body)


def remove(ctx: Context, bucket: Bucket, version: Version) -> None:
    """Deletes one version for good; the one before it becomes the newest."""
    _take_away(ctx, version)
    if version.latest and bucket.versioning:
        ctx.store.run(store.SET_LATEST, bucket.id, version.key)


def rewrite(ctx: Context, version: Version, document: Json) -> None:
    """Changes what is said of a version: tags, access control."""
    ctx.store.run(store.UPDATE_DOCUMENT, orjson.dumps(document).decode(), version.id)
