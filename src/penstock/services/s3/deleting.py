"""DeleteObject and DeleteObjects: one version for good, or a delete marker in front of all.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html and API_DeleteObjects.html
"""

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.s3 import events, locks
from penstock.services.s3.conditions import not_here
from penstock.services.s3.errors import error
from penstock.services.s3.names import check_key
from penstock.services.s3.state import Bucket, bucket_of
from penstock.services.s3.versions import Version, by_id, check_issued, mark, newest, remove
from penstock.wire.model import Json

MAX_KEYS = 1000
# Conditions that only directory buckets know, in DeleteObject and in the items of DeleteObjects: member -> header
_DIRECTORY_ONLY = {
    "IfMatchSize": "x-amz-if-match-size",
    "IfMatchLastModifiedTime": "x-amz-if-match-last-modified-time",
    "Size": "x-amz-if-match-size",
    "LastModifiedTime": "x-amz-if-match-last-modified-time",
}
EXPIRED = "LifecycleExpiration"


def delete_object(ctx: Context, request: Json) -> Json:
    bucket = bucket_of(ctx, request)
    check_key(request["Key"])
    return _delete(ctx, bucket, request)


def _delete(ctx: Context, bucket: Bucket, request: Json) -> Json:
    key, version_id = request["Key"], request.get("VersionId")
    if version_id is None:
        _check(request, newest(ctx, bucket, key))
        return delete_newest(ctx, bucket, key)
    found = by_id(ctx, bucket, key, version_id)
    _check(request, found)
    if found is None:
        check_issued(version_id)
        return {"VersionId": version_id}
    if not found.marker:
        locks.check_deletable(ctx, found, request)
    remove(ctx, bucket, found)
    events.notify(ctx, bucket, "ObjectRemoved:Delete", found)
    return {"VersionId": version_id} | ({"DeleteMarker": True} if found.marker else {})


def _check(request: Json, found: Version | None) -> None:
    if header := next((header for member, header in _DIRECTORY_ONLY.items() if member in request), ""):
        raise not_here(header, f"{header} is only supported for directory buckets")
    etag = request.get("IfMatch") or request.get("ETag")
    if etag is None:
        return
    if found is None or found.marker:
        raise error("NoSuchKey", Key=request["Key"])
    if etag != "*" and etag.strip('"') != found.etag:
        raise error("PreconditionFailed", Condition="If-Match")


def delete_newest(ctx: Context, bucket: Bucket, key: str, cause: str = "ObjectRemoved") -> Json:
    """What deleting a key without a version does; nothing is said of a key that is not there."""
    if bucket.versioning:
        marker = mark(ctx, bucket, key)
        events.notify(ctx, bucket, f"{cause}:DeleteMarkerCreated", marker)
        return {"DeleteMarker": True, "VersionId": marker.version_id}
    found = newest(ctx, bucket, key)
    if found is not None:
        remove(ctx, bucket, found)
        events.notify(ctx, bucket, f"{cause}:Delete", found)
    return {}


def delete_objects(ctx: Context, request: Json) -> Json:
    bucket = bucket_of(ctx, request)
    wanted = request["Delete"]["Objects"]
    if not 0 < len(wanted) <= MAX_KEYS:
        raise error("MalformedXML")
    bypass = {"BypassGovernanceRetention": request.get("BypassGovernanceRetention")}
    deleted, errors = [], []
    for item in wanted:
        try:
            check_key(item["Key"])
            deleted.append(_deleted(item, _delete(ctx, bucket, item | bypass)))
        except AwsError as failed:
            errors.append(_refused(item, failed))
    quiet = request["Delete"].get("Quiet", False)
    return {"Errors": errors, **({} if quiet else {"Deleted": deleted})}


def _refused(item: Json, failed: AwsError) -> Json:
    """Of many, a version with an impossible id is one that is not there."""
    if failed.fields.get("ArgumentName") == "versionId":
        failed = error("NoSuchVersion")
    named: Json = {name: item[name] for name in ("Key", "VersionId") if name in item}
    return {**named, "Code": failed.code, "Message": failed.message}


def _deleted(item: Json, result: Json) -> Json:
    line: Json = {"Key": item["Key"]}
    if "VersionId" in item:
        line["VersionId"] = item["VersionId"]
    if result.get("DeleteMarker"):
        line |= {"DeleteMarker": True, "DeleteMarkerVersionId": result["VersionId"]}
    return line
