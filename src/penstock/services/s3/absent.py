"""What no bucket here ever has, because it cannot be put: said as AWS says it of a bucket that has none.

Tools read all of a bucket's configuration, whether or not they put any.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketReplication.html and its siblings.
"""

from penstock.call import Context
from penstock.services.s3.errors import error
from penstock.services.s3.state import bucket_of
from penstock.wire.model import Json


def get_bucket_replication(ctx: Context, request: Json) -> Json:
    raise error("ReplicationConfigurationNotFoundError", BucketName=bucket_of(ctx, request).name)


def delete_bucket_replication(ctx: Context, request: Json) -> Json:
    bucket_of(ctx, request)
    return {}


def _none(ctx: Context, request: Json) -> Json:
    bucket_of(ctx, request)
    return {"IsTruncated": False}


def list_bucket_analytics_configurations(ctx: Context, request: Json) -> Json:
    return _none(ctx, request)


def list_bucket_intelligent_tiering_configurations(ctx: Context, request: Json) -> Json:
    return _none(ctx, request)


def list_bucket_inventory_configurations(ctx: Context, request: Json) -> Json:
    return _none(ctx, request)


def list_bucket_metrics_configurations(ctx: Context, request: Json) -> Json:
    return _none(ctx, request)
