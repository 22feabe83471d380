"""What IAM is asked about: a bucket's or an object's ARN, which action an operation is, a bucket's policy and owner.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from penstock.call import Context, Question
from penstock.call.service import Questions
from penstock.services.s3.names import bucket_arn
from penstock.services.s3.state import Bucket, state
from penstock.wire.model import Json

ACTIONS = {
    "CompleteMultipartUpload": "s3:PutObject",
    "CopyObject": "s3:PutObject",
    "CreateMultipartUpload": "s3:PutObject",
    "DeleteBucketCors": "s3:PutBucketCORS",
    "DeleteBucketEncryption": "s3:PutEncryptionConfiguration",
    "DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
    "DeleteBucketOwnershipControls": "s3:PutBucketOwnershipControls",
    "DeleteBucketTagging": "s3:PutBucketTagging",
    "DeleteObjects": "s3:DeleteObject",
    "DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "s3:GetAccelerateConfiguration",
    "GetBucketCors": "s3:GetBucketCORS",
    "GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "GetBucketNotificationConfiguration": "s3:GetBucketNotification",
    "GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "HeadBucket": "s3:ListBucket",
    "HeadObject": "s3:GetObject",
    "ListBuckets": "s3:ListAllMyBuckets",
    "ListMultipartUploads": "s3:ListBucketMultipartUploads",
    "ListObjectVersions": "s3:ListBucketVersions",
    "ListObjects": "s3:ListBucket",
    "ListObjectsV2": "s3:ListBucket",
    "ListParts": "s3:ListMultipartUploadParts",
    "PutBucketAccelerateConfiguration": "s3:PutAccelerateConfiguration",
    "PutBucketCors": "s3:PutBucketCORS",
    "PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "PutBucketNotificationConfiguration": "s3:PutBucketNotification",
    "PutObjectLockConfiguration": "s3:PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "UploadPart": "s3:PutObject",
    "UploadPartCopy": "s3:PutObject",
}


def resource(ctx: Context, operation: str, request: Json) -> str:
    """Of a batch deletion all objects are asked about together."""
    if "Bucket" not in request:
        return "*"
    key = "*" if operation == "DeleteObjects" else request.get("Key")
    return bucket_arn(request["Bucket"]) + (f"/{key}" if key is not None else "")


def _bucket(ctx: Context, arn: str) -> Bucket | None:
    return state(ctx).buckets.get(arn.rpartition(":")[2].partition("/")[0])


def owner(ctx: Context, action: str, arn: str) -> str:
    """Whoever makes a bucket asks about his own, though the name may be taken."""
    bucket = _bucket(ctx, arn) if action != "s3:CreateBucket" else None
    return bucket.account if bucket is not None else ""


def policy(ctx: Context, arn: str) -> str | None:
    bucket = _bucket(ctx, arn)
    return bucket.settings.get("policy") if bucket is not None else None


_KEYS = {
    "s3:delimiter": "Delimiter",
    "s3:max-keys": "MaxKeys",
    "s3:prefix": "Prefix",
    "s3:VersionId": "VersionId",
    "s3:x-amz-acl": "ACL",
    "s3:x-amz-copy-source": "CopySource",
    "s3:x-amz-metadata-directive": "MetadataDirective",
    "s3:x-amz-server-side-encryption": "ServerSideEncryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId",
    "s3:x-amz-storage-class": "StorageClass",
}


def keys(ctx: Context, operation: str, request: Json) -> dict[str, str]:
    """Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html"""
    return {key: str(request[member]) for key, member in _KEYS.items() if member in request}


# -- operations about several objects, or about one of its versions ------------------------------------


def _versioned(action: str) -> Questions:
    """`s3:GetObjectVersion` is another permission than `s3:GetObject`."""
    return lambda ctx, request: (
        Question(f"{action}Version" if request.get("VersionId") else action, resource(ctx, "", request)),
    )


def _copied(ctx: Context, request: Json) -> Iterable[Question]:
    """To read what is copied, and to write the copy."""
    source, version = unquote(str(request["CopySource"])).removeprefix("/").partition("?versionId=")[::2]
    bucket, _, key = source.partition("/")
    yield Question("s3:GetObjectVersion" if version else "s3:GetObject", f"{bucket_arn(bucket)}/{key}")
    yield Question("s3:PutObject", resource(ctx, "", request))


def _deleted(ctx: Context, request: Json) -> Iterable[Question]:
    bucket = bucket_arn(request["Bucket"])
    for each in request["Delete"]["Objects"]:
        action = "s3:DeleteObjectVersion" if each.get("VersionId") else "s3:DeleteObject"
        yield Question(action, f"{bucket}/{each['Key']}")


QUESTIONS: Mapping[str, Questions] = {
    "CopyObject": _copied,
    "DeleteObject": _versioned("s3:DeleteObject"),
    "DeleteObjects": _deleted,
    "DeleteObjectTagging": lambda ctx, request: _tagging("Delete", ctx, request),
    "GetObject": _versioned("s3:GetObject"),
    "GetObjectTagging": lambda ctx, request: _tagging("Get", ctx, request),
    "HeadObject": _versioned("s3:GetObject"),
    "PutObjectTagging": lambda ctx, request: _tagging("Put", ctx, request),
    "UploadPartCopy": _copied,
}


def _tagging(verb: str, ctx: Context, request: Json) -> Iterable[Question]:
    kind = "ObjectVersionTagging" if request.get("VersionId") else "ObjectTagging"
    return (Question(f"s3:{verb}{kind}", resource(ctx, "", request)),)
