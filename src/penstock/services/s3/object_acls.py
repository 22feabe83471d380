"""Access control lists of objects."""

from penstock.call import Context
from penstock.services.s3 import acls, events
from penstock.services.s3.state import bucket_of
from penstock.services.s3.versions import find, rewrite
from penstock.wire.model import Json


def put_object_acl(ctx: Context, request: Json) -> Json:
    bucket = bucket_of(ctx, request)
    version = find(ctx, bucket, request)
    grants = acls.replaced(bucket, request)
    document = {name: value for name, value in version.document.items() if name != "Acl"}
    rewrite(ctx, version, document | ({"Acl": grants} if grants is not None else {}))
    events.notify(ctx, bucket, "ObjectAcl:Put", version)
    return {}


def get_object_acl(ctx: Context, request: Json) -> Json:
    bucket = bucket_of(ctx, request)
    return acls.shown(bucket, find(ctx, bucket, request).document.get("Acl"))
