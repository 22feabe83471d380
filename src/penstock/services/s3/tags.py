"""Tags of objects and buckets: read, checked, put.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
"""

import re
from urllib.parse import parse_qsl

from penstock.call import Context
from penstock.services.s3 import events
from penstock.services.s3.errors import error, invalid_argument
from penstock.services.s3.state import bucket_of, change
from penstock.services.s3.versions import find_tagged, rewrite, shown_id
from penstock.wire.model import Json

MAX_TAGS, MAX_BUCKET_TAGS = 10, 50
_STACKS = "cloudformation.amazonaws.com"
_ALLOWED = re.compile(r"[\w\s+\-=.:/@]*")

Tags = dict[str, str]


def from_header(header: str) -> Tags:
    """`a=b&c=d`, as the header of an upload has them."""
    pairs = parse_qsl(header, keep_blank_values=True)
    if (header and not pairs) or len(dict(pairs)) != len(pairs):
        text = (
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag "
            "name duplicates."
        )
        raise invalid_argument(text, "x-amz-tagging", header)
    return _checked(pairs, MAX_TAGS)


def from_set(request: Json, limit: int = MAX_TAGS) -> Tags:
    pairs = [(tag["Key"], tag["Value"]) for tag in request["Tagging"]["TagSet"]]
    if len(dict(pairs)) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise error("InvalidTag", "Cannot provide multiple Tags with the same key", TagKey=twice)
    return _checked(pairs, limit)


def _checked(pairs: list[tuple[str, str]], limit: int) -> Tags:
    if len(pairs) > limit:
        noun = "Object tags" if limit == MAX_TAGS else "Bucket tag count"
        raise error("BadRequest", f"{noun} cannot be greater than {limit}")
    for key, value in pairs:
        if not key or len(key) > 128 or not _ALLOWED.fullmatch(key):
            raise error("InvalidTag", "The TagKey you have provided is invalid", TagKey=key)
        if key.startswith("aws:") and limit == MAX_TAGS:
            raise error("InvalidTag", "Your TagKey cannot be prefixed with aws:", TagKey=key)
        if len(value) > 256 or not _ALLOWED.fullmatch(value):
            raise error("InvalidTag", TagKey=key, TagValue=value)
    return dict(pairs)


def as_set(tags: Tags) -> list[Json]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


# -- objects


def put_object_tagging(ctx: Context, request: Json) -> Json:
    return _replace(ctx, request, from_set(request), "PUT", "ObjectTagging:Put")


def delete_object_tagging(ctx: Context, request: Json) -> Json:
    return _replace(ctx, request, {}, "DELETE", "ObjectTagging:Delete")


def _replace(ctx: Context, request: Json, tags: Tags, method: str, event: str) -> Json:
    bucket = bucket_of(ctx, request)
    version = find_tagged(ctx, bucket, request, method)
    document = {name: value for name, value in version.document.items() if name != "Tags"}
    rewrite(ctx, version, document | ({"Tags": tags} if tags else {}))
    events.notify(ctx, bucket, event, version)
    return shown_id(bucket, version.version_id)


def get_object_tagging(ctx: Context, request: Json) -> Json:
    bucket = bucket_of(ctx, request)
    version = find_tagged(ctx, bucket, request, "GET")
    return {"TagSet": as_set(version.document.get("Tags", {}))} | shown_id(bucket, version.version_id)


# -- buckets


def put_bucket_tagging(ctx: Context, request: Json) -> Json:
    change(ctx, bucket_of(ctx, request), "tags", of_bucket(ctx, request))
    return {}


def of_bucket(ctx: Context, request: Json) -> Tags:
    """A bucket's tags. Those of AWS's own, only a stack may give. Raises InvalidTag."""
    tags = from_set(request, MAX_BUCKET_TAGS)
    if ctx.principal.arn != _STACKS and any(key.startswith("aws:") for key in tags):
        raise error("InvalidTag", "System tags cannot be added/updated by requester")
    return tags


def get_bucket_tagging(ctx: Context, request: Json) -> Json:
    bucket = bucket_of(ctx, request)
    tags = bucket.settings.get("tags")
    if not tags:
        raise error("NoSuchTagSet", BucketName=bucket.name)
    return {"TagSet": as_set(tags)}


def delete_bucket_tagging(ctx: Context, request: Json) -> Json:
    change(ctx, bucket_of(ctx, request), "tags", None)
    return {}
