"""ListObjects, ListObjectsV2, ListObjectVersions, ListMultipartUploads.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html and its siblings.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any
from urllib.parse import quote

from penstock.base.paging import page_key, page_token
from penstock.call import Context
from penstock.services.s3 import store
from penstock.services.s3.acls import owner
from penstock.services.s3.errors import invalid_argument, whole
from penstock.services.s3.listing import Entry, Fetch, Position, after, entries
from penstock.services.s3.multipart import Upload
from penstock.services.s3.state import Bucket, bucket_of
from penstock.services.s3.versions import Version, by_id
from penstock.wire.model import Json

MAX_KEYS = 1000


class _Page:
    """One page of entries, apart by what they are, and how it is written."""

    def __init__(self, request: Json, limit: int, found: Iterator[Entry]) -> None:
        self.limit = limit
        shown = list(islice(found, limit + 1)) if limit else []
        self.truncated = len(shown) > limit
        self.entries = shown[:limit]
        self.last: Entry = self.entries[-1] if self.entries else ("", None)
        self._encoded = request.get("EncodingType") == "url"
        self.prefixes = [{"Prefix": self.text(name)} for name, row in self.entries if row is None]

    def rows(self) -> list[Any]:
        return [row for _, row in self.entries if row is not None]

    def text(self, key: str) -> str:
        """A key in the reply: XML cannot say every character, so a client may ask for them percent-encoded."""
        return quote(key, safe="/-_.~*") if self._encoded else key

    def common(self, request: Json, **members: str | None) -> Json:
        """What all listings say; `members` are written as keys are."""
        result: Json = {"IsTruncated": self.truncated}
        if self.prefixes:
            result["CommonPrefixes"] = self.prefixes
        if "EncodingType" in request:
            result["EncodingType"] = request["EncodingType"]
        if request.get("Delimiter"):
            result["Delimiter"] = self.text(request["Delimiter"])
        return result | {name: self.text(value) for name, value in members.items() if value is not None}


def _limit(request: Json, member: str = "MaxKeys", argument: str = "max-keys") -> int:
    asked = whole(request.get(member, MAX_KEYS), argument)
    if request.get("EncodingType", "url") != "url":
        raise invalid_argument("Invalid Encoding Method specified in Request", "encoding-type", request["EncodingType"])
    return min(asked, MAX_KEYS)


# -- objects


def _objects(ctx: Context, bucket: Bucket, request: Json, marker: str) -> _Page:
    prefix, delimiter = request.get("Prefix", ""), request.get("Delimiter", "")

    def fetch(position: Position, limit: int) -> list[Any]:
        key = position.key if position.row is None else position.key + "\0"
        return ctx.store.all(store.CURRENT, bucket.id, key, limit)

    found = entries(fetch, prefix, delimiter, after(marker, prefix, delimiter))
    return _Page(request, _limit(request), found)


def list_objects_v2(ctx: Context, request: Json) -> Json:
    bucket = bucket_of(ctx, request)
    token, start = request.get("ContinuationToken"), request.get("StartAfter", "")
    if token == "":
        raise invalid_argument("The continuation token provided is incorrect", "continuation-token")
    page = _objects(ctx, bucket, request, _marker(token) if token else start)
    who = owner(bucket.account) if request.get("FetchOwner") else None
    result = page.common(request, Prefix=request.get("Prefix", ""), StartAfter=start or None)
    result |= {"Name": bucket.name, "MaxKeys": page.limit, "KeyCount": len(page.entries)}
    if contents := [_content(page, Version(*row), who) for row in page.rows()]:
        result["Contents"] = contents
    if token:
        result["ContinuationToken"] = token
    if page.truncated:
        result["NextContinuationToken"] = page_token(page.last[0])
    return result


def _marker(token: str) -> str:
    try:
        return str(page_key(token, str)[0])
    except ValueError:
        text = "The continuation token provided is incorrect"
        raise invalid_argument(text, "continuation-token", token) from None


def list_objects(ctx: Context, request: Json) -> Json:
    bucket = bucket_of(ctx, request)
    page = _objects(ctx, bucket, request, request.get("Marker", ""))
    who = owner(bucket.account)
    result = page.common(request, Prefix=request.get("Prefix", ""), Marker=request.get("Marker", ""))
    result |= {"Name": bucket.name, "MaxKeys": page.limit}
    if contents := [_content(page, Version(*row), who) for row in page.rows()]:
        result["Contents"] = contents
    if page.truncated and request.get("Delimiter"):
        result["NextMarker"] = page.text(page.last[0])
    return result


def _content(page: _Page, version: Version, who: Json | None) -> Json:
    shown = {"Key": page.text(version.key), **_shown(version)}
    return shown | {"Owner": who} if who else shown


def _shown(version: Version) -> Json:
    document = version.document
    line: Json = {
        "LastModified": version.modified_at,
        "ETag": version.quoted_etag,
        "Size": version.size,
        "StorageClass": document.get("StorageClass", "STANDARD"),
    }
    if sums := document.get("Sums"):
        line["ChecksumAlgorithm"] = [name.removeprefix("Checksum") for name in sums]
        line["ChecksumType"] = document["ChecksumType"]
    return line


# -- versions


def list_object_versions(ctx: Context, request: Json) -> Json:
    bucket = bucket_of(ctx, request)
    prefix, delimiter = request.get("Prefix", ""), request.get("Delimiter", "")
    page = _Page(
        request, _limit(request), entries(versions_from(ctx, bucket), prefix, delimiter, _begin(ctx, request, bucket))
    )
    result = page.common(request, Prefix=prefix, KeyMarker=request.get("KeyMarker", ""))
    result |= {"Name": bucket.name, "MaxKeys": page.limit, "VersionIdMarker": request.get("VersionIdMarker", "")}
    found = [Version(*row) for row in page.rows()]
    who = owner(bucket.account)
    for member, marker in (("Versions", 0), ("DeleteMarkers", 1)):
        if lines := [_version(page, version, who) for version in found if version.marker == marker]:
            result[member] = lines
    if page.truncated:
        key, row = page.last
        result["NextKeyMarker"] = page.text(key)
        if row is not None:
            result["NextVersionIdMarker"] = Version(*row).version_id
    return result


def versions_from(ctx: Context, bucket: Bucket) -> Fetch:
    def fetch(position: Position, limit: int) -> list[Any]:
        key, row = position
        if row is None:
            return ctx.store.all(store.ALL_FROM, bucket.id, key, limit)
        rest = ctx.store.all(store.ALL_OF_KEY, bucket.id, key, row[0], limit)
        more = limit - len(rest)
        return rest + ctx.store.all(store.ALL_FROM, bucket.id, key + "\0", more) if more else rest

    return fetch


def _begin(ctx: Context, request: Json, bucket: Bucket) -> Position:
    marker, version_id = request.get("KeyMarker", ""), request.get("VersionIdMarker", "")
    if not version_id:
        return after(marker, request.get("Prefix", ""), request.get("Delimiter", ""))
    if not marker:
        text = "A version-id marker cannot be specified without a key marker."
        raise invalid_argument(text, "version-id-marker", version_id)
    found = by_id(ctx, bucket, marker, version_id)
    if found is None:
        raise invalid_argument("Invalid version id specified", "version-id-marker", version_id)
    return Position(marker, found)


def _version(page: _Page, version: Version, who: Json) -> Json:
    line = {} if version.marker else _shown(version)
    return line | {
        "Key": page.text(version.key),
        "VersionId": version.version_id,
        "IsLatest": bool(version.latest),
        "LastModified": version.modified_at,
        "Owner": who,
    }


# -- multipart uploads


def list_multipart_uploads(ctx: Context, request: Json) -> Json:
    bucket = bucket_of(ctx, request)
    prefix, delimiter, marker = (request.get(name, "") for name in ("Prefix", "Delimiter", "KeyMarker"))
    behind = request.get("UploadIdMarker", "")
    start = Position(marker, ("", marker, behind)) if marker and behind else after(marker, prefix, delimiter)
    limit = _limit(request, "MaxUploads", "max-uploads")
    page = _Page(request, limit, entries(_uploads(ctx, bucket), prefix, delimiter, start))
    result = page.common(request, Prefix=prefix, KeyMarker=marker)
    result |= {"Bucket": bucket.name, "MaxUploads": limit, "UploadIdMarker": behind if marker else ""}
    if uploads := [_upload(page, row, owner(bucket.account)) for row in page.rows()]:
        result["Uploads"] = uploads
    if uploads or page.truncated:  # said of the last page too
        key, row = page.last
        result |= {"NextKeyMarker": page.text(key), "NextUploadIdMarker": row[2] if row else ""}
    return result


def _uploads(ctx: Context, bucket: Bucket) -> Fetch:
    def fetch(position: Position, limit: int) -> list[Any]:
        key, row = position
        if row is None:
            return ctx.store.all(store.UPLOADS_FROM, bucket.id, key, limit)
        rest = ctx.store.all(store.UPLOADS_OF_KEY, bucket.id, key, row[2], limit)
        more = limit - len(rest)
        return rest + ctx.store.all(store.UPLOADS_FROM, bucket.id, key + "\0", more) if more else rest

    return fetch


def _upload(page: _Page, row: Any, who: Json) -> Json:
    upload = Upload(*row)
    document = upload.document
    return {
        "UploadId": upload.upload_id,
        "Key": page.text(upload.key),
        "Initiated": upload.created_at,
        "StorageClass": document.get("StorageClass", "STANDARD"),
        "Owner": who,
        "Initiator": who,
        **{name: document[name] for name in ("ChecksumAlgorithm", "ChecksumType") if name in document},
    }
