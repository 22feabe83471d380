"""Custom::CDKBucketDeployment: files of an app put into a bucket, as CDK's own function does with `aws s3 sync`.

https://github.com/aws/aws-cdk/tree/main/packages/%40aws-cdk/custom-resource-handlers/lib/aws-s3-deployment
"""

import json
import mimetypes
import zipfile
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from penstock.base import ids
from penstock.base.errors import AwsError, PenstockError
from penstock.template.functions import as_text
from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType

# Options of `aws s3 sync`, which system metadata are named after -> members of PutObject
_SYSTEM_METADATA = {
    "acl": "ACL",
    "cache-control": "CacheControl",
    "content-disposition": "ContentDisposition",
    "content-encoding": "ContentEncoding",
    "content-language": "ContentLanguage",
    "content-type": "ContentType",
    "sse": "ServerSideEncryption",
    "sse-kms-key-id": "SSEKMSKeyId",
    "storage-class": "StorageClass",
    "website-redirect": "WebsiteRedirectLocation",
}
_OWNED = "aws:cdk:cr-owned"  # tag of a bucket that another deployment has taken over


async def _create(rc: ResourceContext, properties: Properties) -> Resource:
    return await _sync(rc, properties, f"aws.cdk.s3deployment.{ids.uuid()}")


async def _update(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    if _retains(resource.properties) or _place(resource.properties) == _place(properties):
        return await _sync(rc, properties, resource.physical_id)
    await _empty(rc, resource.properties)
    return await _sync(rc, properties, resource.physical_id)


async def _delete(rc: ResourceContext, resource: Resource) -> None:
    if not _retains(resource.properties) and not await _is_owned(rc, resource.properties):
        await _empty(rc, resource.properties)


async def _sync(rc: ResourceContext, properties: Properties, physical_id: str) -> Resource:
    bucket, prefix = _place(properties)
    options = _options(properties)
    made, versions = set(), []
    for path, body in _contents(rc, properties).items():
        if _is_wanted(path, properties):
            kind = mimetypes.guess_type(path)[0] or "binary/octet-stream"
            request = {"ContentType": kind, **options, "Bucket": bucket, "Key": prefix + path, "Body": body}
            answer = await rc.call("s3", "PutObject", request)
            versions.append(answer.get("VersionId", ""))
            made.add(prefix + path)
    if _is_true(properties.get("Prune", True)):
        await _remove(rc, bucket, [key for key in await _keys(rc, bucket, prefix, properties) if key not in made])
    keys = properties["SourceObjectKeys"] if _is_true(properties.get("OutputObjectKeys", True)) else []
    attributes = {"DestinationBucketArn": properties.get("DestinationBucketArn"), "SourceObjectKeys": keys}
    if _is_true(properties.get("OutputObjectVersionIds", False)):
        attributes["SourceObjectVersionIds"] = versions
    return Resource(physical_id, attributes)


# -- what is deployed --------------------------------------------------------------------------------


def _contents(rc: ResourceContext, properties: Properties) -> dict[str, bytes]:
    """Relative path -> content; a later source wins over an earlier one."""
    found: dict[str, bytes] = {}
    nothing: list[Mapping[str, Any]] = [{}] * len(properties["SourceObjectKeys"])
    sources = zip(
        properties["SourceBucketNames"],
        properties["SourceObjectKeys"],
        properties.get("SourceMarkers") or nothing,
        properties.get("SourceMarkersConfig") or nothing,
        strict=True,
    )
    for bucket, key, markers, config in sources:
        place = rc.asset(bucket, key)
        if place is None:
            raise PenstockError(f"s3://{bucket}/{key} is no asset of this app")
        if not _is_true(properties.get("Extract", True)):
            found[key.rpartition("/")[2]] = place.read_bytes()
            continue
        escaped = _is_true(config.get("jsonEscape", False))
        for path, body in _unpacked(place):
            found[path] = _filled(body, markers, escaped)
    return found


def _unpacked(place: Path) -> Iterator[tuple[str, bytes]]:
    if place.is_dir():
        files = sorted(path for path in place.rglob("*") if path.is_file())
        yield from ((path.relative_to(place).as_posix(), path.read_bytes()) for path in files)
        return
    with zipfile.ZipFile(place) as archive:
        yield from ((each.filename, archive.read(each)) for each in archive.infolist() if not each.is_dir())


def _filled(body: bytes, markers: Mapping[str, Any], escaped: bool) -> bytes:
    """With the values that were not known yet when the app was synthesized."""
    for marker, value in markers.items():
        text = as_text(value)
        body = body.replace(marker.encode(), (json.dumps(text)[1:-1] if escaped else text).encode())
    return body


def _is_wanted(path: str, properties: Properties) -> bool:
    """All that is not excluded, and what is included all the same (`aws s3 sync --exclude ... --include ...`)."""
    if any(fnmatchcase(path, pattern) for pattern in properties.get("Include") or ()):
        return True
    return not any(fnmatchcase(path, pattern) for pattern in properties.get("Exclude") or ())


def _options(properties: Properties) -> dict[str, Any]:
    system = {name.lower(): value for name, value in (properties.get("SystemMetadata") or {}).items()}
    user = {name.lower(): str(value) for name, value in (properties.get("UserMetadata") or {}).items()}
    members = {_SYSTEM_METADATA[name]: value for name, value in system.items() if name in _SYSTEM_METADATA}
    return {**members, **({"Metadata": user} if user else {})}


# -- where it goes -----------------------------------------------------------------------------------


def _place(properties: Properties) -> tuple[str, str]:
    """Bucket and prefix of keys, which is empty or ends with `/`."""
    prefix = str(properties.get("DestinationBucketKeyPrefix") or "").strip("/")
    return str(properties["DestinationBucketName"]), f"{prefix}/" if prefix else ""


def _retains(properties: Properties) -> bool:
    return _is_true(properties.get("RetainOnDelete", True))


def _is_true(value: Any) -> bool:
    return str(value).lower() == "true"


async def _empty(rc: ResourceContext, properties: Properties) -> None:
    bucket, prefix = _place(properties)
    await _remove(rc, bucket, await _keys(rc, bucket, prefix, {}))


async def _keys(rc: ResourceContext, bucket: str, prefix: str, filters: Properties) -> list[str]:
    """The keys below a prefix that a deployment with these filters looks after."""
    found: list[str] = []
    request: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix}
    while True:
        answer = await rc.call("s3", "ListObjectsV2", request)
        found += [entry["Key"] for entry in answer.get("Contents", ())]
        if not answer.get("IsTruncated"):
            return [key for key in found if _is_wanted(key.removeprefix(prefix), filters)]
        request["ContinuationToken"] = answer["NextContinuationToken"]


async def _remove(rc: ResourceContext, bucket: str, keys: list[str]) -> None:
    for start in range(0, len(keys), 1000):  # as many as DeleteObjects takes
        objects = [{"Key": key} for key in keys[start : start + 1000]]
        await rc.call("s3", "DeleteObjects", {"Bucket": bucket, "Delete": {"Objects": objects, "Quiet": True}})


async def _is_owned(rc: ResourceContext, properties: Properties) -> bool:
    """Whether another deployment to the same place exists, to which what is there belongs now."""
    bucket, prefix = _place(properties)
    tag = f"{_OWNED}:{prefix.rstrip('/')}" if prefix else _OWNED
    try:
        tags = (await rc.call("s3", "GetBucketTagging", {"Bucket": bucket}))["TagSet"]
    except AwsError as error:
        if error.code != "NoSuchTagSet":
            raise
        return False
    return any(each["Key"].startswith(tag) for each in tags)


def _problems(properties: Properties) -> Iterator[tuple[str, str]]:
    known = {name.lower() for name in properties.get("SystemMetadata") or {}}
    for name in sorted(known - _SYSTEM_METADATA.keys()):
        yield "SystemMetadata", f"{name} is not supported"


TYPE = ResourceType(
    name="Custom::CDKBucketDeployment",
    create=_create,
    update=_update,
    delete=_delete,
    properties=frozenset(
        {
            "ServiceToken",
            "SourceBucketNames",
            "SourceObjectKeys",
            "SourceMarkers",
            "SourceMarkersConfig",
            "DestinationBucketName",
            "DestinationBucketKeyPrefix",
            "DestinationBucketArn",
            "Extract",
            "RetainOnDelete",
            "Prune",
            "Exclude",
            "Include",
            "UserMetadata",
            "SystemMetadata",
            "OutputObjectKeys",
            "OutputObjectVersionIds",
        }
    ),
    inert={
        "DistributionId": "there is no CloudFront here, and nothing is cached",
        "DistributionPaths": "there is no CloudFront here, and nothing is cached",
        "WaitForDistributionInvalidation": "there is no CloudFront here, and nothing is cached",
        "SignContent": "no content leaves this machine",
    },
    problems=_problems,
)
