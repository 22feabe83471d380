"""Buckets: create, head, list, delete; where they are, and whether they keep versions.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html and its siblings.
"""

import re

import orjson

from penstock.base.errors import AwsError
from penstock.base.paging import page_key, page_token
from penstock.call import Context
from penstock.services.s3 import names, store
from penstock.services.s3.acls import canned, owner
from penstock.services.s3.errors import error, invalid_argument, unsupported
from penstock.services.s3.multipart import Upload, abort
from penstock.services.s3.state import Bucket, bucket_of, change, state
from penstock.services.s3.tags import of_bucket
from penstock.wire.model import Json

_HOME = "us-east-1"
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_OWNERSHIP = ("BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced")
_MAX_BUCKETS = 10_000


def create_bucket(ctx: Context, request: Json) -> Json:
    name = request["Bucket"]
    names.check_bucket(name)
    region = _region(ctx, request.get("CreateBucketConfiguration", {}))
    known = state(ctx).buckets.get(name)
    if known is not None:
        return _again(ctx, known)
    bucket = Bucket((0, name, ctx.account, region, ctx.clock.now(), b"{}"))
    settings = _settings(ctx, bucket, request)
    row = (name, ctx.account, region, bucket.created_at, orjson.dumps(settings).decode())
    bucket.id = ctx.store.insert(store.INSERT_BUCKET, *row)
    bucket.apply(settings)
    buckets = state(ctx).buckets
    buckets[name] = bucket
    ctx.store.after_rollback(lambda: buckets.pop(name))
    return {"Location": _location(ctx, bucket), "BucketArn": names.bucket_arn(name)}


def _location(ctx: Context, bucket: Bucket) -> str:
    return f"/{bucket.name}" if bucket.region == _HOME else f"{ctx.config.endpoint}/{bucket.name}"


def _region(ctx: Context, configuration: Json) -> str:
    """Where the bucket is to be: elsewhere than us-east-1 it has to be said, and be where the request went."""
    wanted = configuration.get("LocationConstraint")
    if wanted is None and ctx.region == _HOME:
        return _HOME
    wanted = {"EU": "eu-west-1"}.get(wanted or "", wanted)
    if ctx.region not in (_HOME, wanted):
        text = (
            f"The {wanted or 'unspecified'} location constraint is incompatible for the region specific endpoint this "
            "request was sent to."
        )
        raise AwsError("IllegalLocationConstraintException", text, status=400)
    if wanted == _HOME or not _REGION.fullmatch(wanted or ""):
        raise error("InvalidLocationConstraint", LocationConstraint=wanted)
    return str(wanted)


def _settings(ctx: Context, bucket: Bucket, request: Json) -> Json:
    settings: Json = {}
    if "ObjectOwnership" in request:
        if request["ObjectOwnership"] not in _OWNERSHIP:
            text = f"Invalid x-amz-object-ownership header: {request['ObjectOwnership']}"
            raise AwsError("InvalidArgument", text, status=400, ArgumentName="x-amz-object-ownership")
        settings["ownership"] = {"Rules": [{"ObjectOwnership": request["ObjectOwnership"]}]}
    if request.get("ObjectLockEnabledForBucket"):
        settings |= {"versioning": {"Status": "Enabled"}, "lock": {"ObjectLockEnabled": "Enabled"}}
    bucket.apply(settings)
    if tagged := request.get("CreateBucketConfiguration", {}).get("Tags"):
        settings["tags"] = of_bucket(ctx, {"Tagging": {"TagSet": tagged}})
    if acl := canned(bucket, request):
        settings["acl"] = acl
    return settings


def _again(ctx: Context, known: Bucket) -> Json:
    """In us-east-1 its owner may create a bucket twice."""
    if known.account != ctx.account:
        raise error("BucketAlreadyExists", BucketName=known.name)
    if ctx.region != _HOME or known.region != _HOME:
        raise error("BucketAlreadyOwnedByYou", BucketName=known.name)
    return {"Location": _location(ctx, known), "BucketArn": names.bucket_arn(known.name)}


def head_bucket(ctx: Context, request: Json) -> Json:
    bucket = bucket_of(ctx, request)
    return {"BucketRegion": bucket.region, "BucketArn": names.bucket_arn(bucket.name), "AccessPointAlias": False}


def get_bucket_location(ctx: Context, request: Json) -> Json:
    region = bucket_of(ctx, request).region
    return {"LocationConstraint": "" if region == _HOME else region}


def list_buckets(ctx: Context, request: Json) -> Json:
    prefix, region, limit = request.get("Prefix", ""), request.get("BucketRegion"), request.get("MaxBuckets")
    if limit is not None and not 1 <= limit <= _MAX_BUCKETS:
        raise invalid_argument(
            f"Argument max-buckets must be an integer between 1 and {_MAX_BUCKETS}", "max-buckets", limit
        )
    if region is not None and not _REGION.fullmatch(region):
        raise invalid_argument(f"Argument value {region} is not a valid AWS Region", "bucket-region", region)
    found = [
        bucket
        for bucket in sorted(state(ctx).buckets.values(), key=lambda bucket: bucket.name)
        if bucket.account == ctx.account
        and bucket.name.startswith(prefix)
        and region in (None, bucket.region)
        and bucket.name > _after(request)
    ]
    page = found[: limit or _MAX_BUCKETS]
    result: Json = {"Buckets": [_shown(bucket, detailed=bool(limit or region)) for bucket in page]}
    result["Owner"] = owner(ctx.account)
    if len(found) > len(page):
        result["ContinuationToken"] = page_token(page[-1].name)
    return result | ({"Prefix": prefix} if prefix else {})


def _after(request: Json) -> str:
    token = request.get("ContinuationToken")
    try:
        return str(page_key(token, str)[0]) if token else ""
    except ValueError:
        raise invalid_argument("The continuation token provided is incorrect", "continuation-token", token) from None


def _shown(bucket: Bucket, detailed: bool) -> Json:
    line = {"Name": bucket.name, "CreationDate": bucket.created_at}
    return line | {"BucketRegion": bucket.region, "BucketArn": names.bucket_arn(bucket.name)} if detailed else line


def delete_bucket(ctx: Context, request: Json) -> Json:
    """Uploads that were not completed are no reason to keep it."""
    bucket = bucket_of(ctx, request)
    if ctx.store.one(store.ANY_VERSION, bucket.id) is not None:
        text = "The bucket you tried to delete is not empty"
        versions = ". You must delete all versions in the bucket." if bucket.versioning else ""
        raise error("BucketNotEmpty", text + versions, BucketName=bucket.name)
    for row in ctx.store.all(store.UPLOADS_FROM, bucket.id, "", -1):
        abort(ctx, Upload(*row))
    buckets = state(ctx).buckets
    del buckets[bucket.name]
    ctx.store.after_rollback(lambda: buckets.setdefault(bucket.name, bucket))
    ctx.store.run(store.DELETE_BUCKET, bucket.id)
    return {}


# -- versioning


def put_bucket_versioning(ctx: Context, request: Json) -> Json:
    bucket, wanted = bucket_of(ctx, request), request["VersioningConfiguration"]
    if wanted.get("MFADelete") == "Enabled":
        raise unsupported("MFA delete")
    if wanted.get("Status") not in ("Enabled", "Suspended"):
        raise error("IllegalVersioningConfigurationException", "The Versioning element must be specified")
    if wanted["Status"] == "Suspended" and "lock" in bucket.settings:
        text = "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."
        raise AwsError("InvalidBucketState", text, status=409)
    change(ctx, bucket, "versioning", {"Status": wanted["Status"]})
    return {}


def get_bucket_versioning(ctx: Context, request: Json) -> Json:
    found: Json = bucket_of(ctx, request).settings.get("versioning", {})
    return found
