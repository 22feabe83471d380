"""What happens to objects, told to EventBridge, queues, topics and functions, in the transaction in which it happens.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html and EventBridge.html
"""

from typing import Any
from urllib.parse import quote_plus

import orjson

from penstock.base.arn import arn
from penstock.call import Context
from penstock.delivery.targets import Delivery
from penstock.services.s3.names import bucket_arn
from penstock.services.s3.state import Bucket, state
from penstock.services.s3.versions import Version
from penstock.wire.model import Json
from penstock.wire.timestamps import iso8601

# kind of configuration -> the member with the target's ARN
TARGETS = {
    "TopicConfigurations": "TopicArn",
    "QueueConfigurations": "QueueArn",
    "LambdaFunctionConfigurations": "LambdaFunctionArn",
}
# kind of configuration -> what its target is given beside the event
PARAMETERS: dict[str, Json] = {"TopicConfigurations": {"Subject": "Amazon S3 Notification"}}
# event -> (EventBridge's detail type, reason, deletion type)
_DETAILS = {
    "ObjectCreated:Put": ("Object Created", "PutObject", ""),
    "ObjectCreated:Post": ("Object Created", "POST Object", ""),
    "ObjectCreated:Copy": ("Object Created", "CopyObject", ""),
    "ObjectCreated:CompleteMultipartUpload": ("Object Created", "CompleteMultipartUpload", ""),
    "ObjectRemoved:Delete": ("Object Deleted", "DeleteObject", "Permanently Deleted"),
    "ObjectRemoved:DeleteMarkerCreated": ("Object Deleted", "DeleteObject", "Delete Marker Created"),
    "LifecycleExpiration:Delete": ("Object Deleted", "Lifecycle Expiration", "Permanently Deleted"),
    "LifecycleExpiration:DeleteMarkerCreated": ("Object Deleted", "Lifecycle Expiration", "Delete Marker Created"),
    "ObjectTagging:Put": ("Object Tags Added", "", ""),
    "ObjectTagging:Delete": ("Object Tags Deleted", "", ""),
    "ObjectAcl:Put": ("Object ACL Updated", "", ""),
}
# group of events -> what is said of the object beside its key and version
_SAID = {
    "ObjectCreated": frozenset({"size", "etag", "sequencer"}),
    "ObjectTagging": frozenset({"etag"}),
    "ObjectAcl": frozenset({"etag"}),
}
_GONE = frozenset({"sequencer"})
_LATER = ("ObjectTagging", "ObjectAcl")  # events of a later version of the record


def notify(ctx: Context, bucket: Bucket, event: str, version: Version) -> None:
    """Tells whoever wants to know of `event`, such as `ObjectCreated:Put`."""
    configuration = bucket.settings.get("notification")
    if not configuration:
        return
    if "EventBridgeConfiguration" in configuration:
        _to_bus(ctx, bucket, event, version)
    for kind, member in TARGETS.items():
        for wanted in configuration.get(kind, ()):
            if _listens(wanted, event, version.key):
                record = _record(ctx, bucket, event, version, wanted["Id"])
                text = orjson.dumps({"Records": [record]}).decode()
                deliver(ctx, bucket, wanted[member], text, PARAMETERS.get(kind))


def deliver(ctx: Context, bucket: Bucket, target: str, text: str, parameters: Json | None = None) -> None:
    trace = ctx.trace.header if ctx.traced else ""
    delivery = Delivery(bucket_arn(bucket.name), target, text, ctx.clock.now(), parameters or {}, trace=trace)
    state(ctx).outbox.deliver(delivery)


def _listens(wanted: Json, event: str, key: str) -> bool:
    group = event.partition(":")[0]
    if not any(name in (f"s3:{event}", f"s3:{group}:*") for name in wanted["Events"]):
        return False
    rules = wanted.get("Filter", {}).get("Key", {}).get("FilterRules", ())
    tests = {"prefix": key.startswith, "suffix": key.endswith}
    return all(tests[rule["Name"].lower()](rule["Value"]) for rule in rules)


def _to_bus(ctx: Context, bucket: Bucket, event: str, version: Version) -> None:
    detail_type, reason, deletion = _DETAILS[event]
    detail = {
        "version": "0",
        "bucket": {"name": bucket.name},
        "object": _object(event, version, "etag", "version-id"),
        "request-id": ctx.request_id,
        "requester": ctx.account,
        **({"source-ip-address": "127.0.0.1"} if not reason.startswith("Lifecycle") else {}),
        **({"reason": reason} if reason else {}),
        **({"deletion-type": deletion} if deletion else {}),
    }
    target = arn("events", bucket.region, bucket.account, "event-bus/default")
    entry = {"Source": "aws.s3", "DetailType": detail_type, "Resources": [bucket_arn(bucket.name)]}
    deliver(ctx, bucket, target, orjson.dumps(detail).decode(), {"EventBridgeParameters": entry})


def _object(event: str, version: Version, etag: str, version_id: str) -> Json:
    """What is said of the object, the ETag and the version's id under these names: of one that is gone, or whose tags
    have changed, less than of one that is new.
    """
    wanted = _SAID.get(event.partition(":")[0], _GONE)
    found: Json = {"key": version.key}
    if "size" in wanted:
        found["size"] = version.size
    if "etag" in wanted:
        found[etag] = version.etag
    if version.version_id != "null":
        found[version_id] = version.version_id
    if "sequencer" in wanted:
        found["sequencer"] = f"{int(version.modified_at * 1e6):018X}"
    return found


def _record(ctx: Context, bucket: Bucket, event: str, version: Version, rule: str) -> dict[str, Any]:
    held = _object(event, version, "eTag", "versionId")
    held["key"] = quote_plus(version.key, safe="/")
    return {
        "eventVersion": "2.3" if event.startswith(_LATER) else "2.1",
        "eventSource": "aws:s3",
        "awsRegion": bucket.region,
        "eventTime": _milliseconds(ctx.clock.now()),
        "eventName": event,
        "userIdentity": {"principalId": f"AWS:{ctx.principal.user_id}"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {"x-amz-request-id": ctx.request_id, "x-amz-id-2": ctx.request_id},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": rule,
            "bucket": {
                "name": bucket.name,
                "ownerIdentity": {"principalId": bucket.account},
                "arn": bucket_arn(bucket.name),
            },
            "object": held,
        },
    }


def test_event(ctx: Context, bucket: Bucket) -> str:
    """What a queue gets when it is named in a configuration, to see whether it takes anything."""
    event = {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": _milliseconds(ctx.clock.now()),
        "Bucket": bucket.name,
        "RequestId": ctx.request_id,
        "HostId": ctx.request_id,
    }
    return orjson.dumps(event).decode()


def _milliseconds(seconds: float) -> str:
    return iso8601(int(seconds) + 0.001 * max(1, int(seconds % 1 * 1000)))
