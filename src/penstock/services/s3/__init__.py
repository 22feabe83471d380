"""Amazon S3.

Where AWS leaves room, this is what it does here: what was written is seen at once, by lists too; a bucket can be made
again as soon as it is deleted. Signatures are not checked, and access control lists, public access blocks and bucket
policies are kept and refuse nobody. Bodies up to 64 KiB are in the store, larger ones in files beside it; nothing is
encrypted. Replication, analytics, inventory and S3 Select are not implemented.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/
"""

from penstock.call import Context, Service, TagListing
from penstock.services.s3 import (
    absent,
    access,
    acls,
    bodies,
    buckets,
    copying,
    deleting,
    errors,
    front,
    lifecycle,
    lists,
    locks,
    multipart,
    notifications,
    object_acls,
    parts,
    reading,
    resources,
    settings,
    store,
    tags,
    website,
    writing,
)
from penstock.services.s3.codec import ObjectCodec
from penstock.services.s3.routes import ObjectRoutes
from penstock.services.s3.state import State, state


async def _start(ctx: Context) -> None:
    """Deletes what a crash left of bodies, takes up deliveries, and waits for midnight."""
    bodies.sweep(ctx)
    state(ctx).outbox.resume()
    lifecycle.schedule(ctx)


SERVICE = Service(
    name="s3",
    operations=(
        buckets,
        settings,
        notifications,
        acls,
        tags,
        lists,
        writing,
        reading,
        copying,
        deleting,
        object_acls,
        locks,
        multipart,
        parts,
        lifecycle,
        absent,
    ),
    schema=store.SCHEMA,
    patches={"Body": {"streaming": True}, "BucketLocationConstraint": {"enum": None}},
    routes=ObjectRoutes,
    codec=ObjectCodec,
    front=front.ObjectFront,
    streaming=frozenset({"PutObject", "UploadPart"}),
    malformed_code="MalformedXML",
    refuse=errors.refuse,
    resource=access.resource,
    tags=TagListing("GetBucketTagging", "Bucket", "TagSet", lambda arn: arn.resource.partition("/")[0]),
    actions=access.ACTIONS,
    questions=access.QUESTIONS,
    policy=access.policy,
    owner=access.owner,
    keys=access.keys,
    resources=resources.TABLE,
    places={website.LABEL: lambda kernel: website.Websites(kernel).serve},
    state=State,
    start=_start,
)
