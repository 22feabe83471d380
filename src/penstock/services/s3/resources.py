"""CloudFormation types of S3.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_S3.html
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from penstock.services.s3.resource_shapes import (
    acceleration,
    cors,
    encryption,
    lifecycle,
    logging,
    notification,
    ownership,
    versioning,
    website,
)
from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType


class _Setting(NamedTuple):
    """A property of a bucket that is a setting: which operation puts it, in which member, and which takes it away."""

    put: str
    member: str
    shape: Callable[[Any], Any]
    delete: str = ""
    nothing: Any = None  # what is put where there is no operation that deletes


def _same(value: Any) -> Any:
    return value


_SETTINGS = {
    "OwnershipControls": _Setting(
        "PutBucketOwnershipControls", "OwnershipControls", ownership, "DeleteBucketOwnershipControls"
    ),
    "AccelerateConfiguration": _Setting(
        "PutBucketAccelerateConfiguration", "AccelerateConfiguration", acceleration, nothing={"Status": "Suspended"}
    ),
    "BucketEncryption": _Setting(
        "PutBucketEncryption", "ServerSideEncryptionConfiguration", encryption, "DeleteBucketEncryption"
    ),
    "CorsConfiguration": _Setting("PutBucketCors", "CORSConfiguration", cors, "DeleteBucketCors"),
    "LifecycleConfiguration": _Setting(
        "PutBucketLifecycleConfiguration", "LifecycleConfiguration", lifecycle, "DeleteBucketLifecycle"
    ),
    "LoggingConfiguration": _Setting("PutBucketLogging", "BucketLoggingStatus", logging, nothing={}),
    "NotificationConfiguration": _Setting(
        "PutBucketNotificationConfiguration", "NotificationConfiguration", notification, nothing={}
    ),
    "PublicAccessBlockConfiguration": _Setting(
        "PutPublicAccessBlock", "PublicAccessBlockConfiguration", _same, "DeletePublicAccessBlock"
    ),
    "VersioningConfiguration": _Setting(
        "PutBucketVersioning", "VersioningConfiguration", versioning, nothing={"Status": "Suspended"}
    ),
    "ObjectLockConfiguration": _Setting(
        "PutObjectLockConfiguration", "ObjectLockConfiguration", _same, nothing={"ObjectLockEnabled": "Enabled"}
    ),
    "WebsiteConfiguration": _Setting("PutBucketWebsite", "WebsiteConfiguration", website, "DeleteBucketWebsite"),
}
_KEPT = "it is kept and shown, and has no effect on this machine"


# -- AWS::S3::Bucket -----------------------------------------------------------------------------------


async def _create_bucket(rc: ResourceContext, properties: Properties) -> Resource:
    name = properties.get("BucketName") or rc.physical_name(63, lower=True)
    request: dict[str, Any] = {"Bucket": name}
    if rc.region != "us-east-1":
        request["CreateBucketConfiguration"] = {"LocationConstraint": rc.region}
    if str(properties.get("ObjectLockEnabled", "")).lower() == "true":
        request["ObjectLockEnabledForBucket"] = True
    await rc.call("s3", "CreateBucket", request)
    await _configure(rc, name, {}, properties)
    return Resource(name, _attributes(rc, name))


def _attributes(rc: ResourceContext, name: str) -> dict[str, Any]:
    return {
        "Arn": f"arn:aws:s3:::{name}",
        "DomainName": f"{name}.s3.amazonaws.com",
        "DualStackDomainName": f"{name}.s3.dualstack.{rc.region}.amazonaws.com",
        "RegionalDomainName": f"{name}.s3.{rc.region}.amazonaws.com",
        "WebsiteURL": f"http://{name}.s3-website-{rc.region}.amazonaws.com",
    }


async def _update_bucket(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    await _configure(rc, resource.physical_id, resource.properties, properties)
    return resource


async def _delete_bucket(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("s3", "DeleteBucket", {"Bucket": resource.physical_id})


async def _configure(rc: ResourceContext, name: str, before: Properties, after: Properties) -> None:
    """Puts what has changed; what a template does not say any more goes back to the default."""
    for key, setting in _SETTINGS.items():
        if before.get(key) != after.get(key):
            await _set(rc, name, setting, after.get(key))
    if "AccessControl" in after and before.get("AccessControl") != after["AccessControl"]:
        await rc.call("s3", "PutBucketAcl", {"Bucket": name, "ACL": _canned(after["AccessControl"])})
    tags = rc.tag_list(after)
    if tags:
        await rc.call("s3", "PutBucketTagging", {"Bucket": name, "Tagging": {"TagSet": tags}})
    elif before:
        await rc.call("s3", "DeleteBucketTagging", {"Bucket": name})


async def _set(rc: ResourceContext, name: str, setting: _Setting, value: Any) -> None:
    if value is not None:
        await rc.call("s3", setting.put, {"Bucket": name, setting.member: setting.shape(value)})
    elif setting.delete:
        await rc.call("s3", setting.delete, {"Bucket": name})
    else:
        await rc.call("s3", setting.put, {"Bucket": name, setting.member: setting.nothing})


def _canned(name: str) -> str:
    """`PublicRead` -> `public-read`."""
    return "".join(f"-{char.lower()}" if char.isupper() else char for char in name).removeprefix("-")


def _problems(properties: Properties) -> Iterable[tuple[str, str]]:
    rules = (properties.get("LifecycleConfiguration") or {}).get("Rules") or []
    if isinstance(rules, list) and any(isinstance(rule, dict) and rule.get("Transitions") for rule in rules):
        yield "LifecycleConfiguration.Rules.Transitions", "objects stay in the storage class that they have"


# -- AWS::S3::BucketPolicy -----------------------------------------------------------------------------


async def _put_policy(rc: ResourceContext, properties: Properties) -> Resource:
    request = {"Bucket": properties["Bucket"], "Policy": properties["PolicyDocument"]}
    await rc.call("s3", "PutBucketPolicy", request)
    return Resource(properties["Bucket"])


async def _update_policy(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    return await _put_policy(rc, properties)


async def _delete_policy(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("s3", "DeleteBucketPolicy", {"Bucket": resource.physical_id})


TABLE = (
    ResourceType(
        name="AWS::S3::Bucket",
        create=_create_bucket,
        update=_update_bucket,
        delete=_delete_bucket,
        properties=frozenset({"BucketName", "Tags", "ObjectLockEnabled", *_SETTINGS})
        - {"AccelerateConfiguration", "LoggingConfiguration", "PublicAccessBlockConfiguration"},
        replace_on=frozenset({"BucketName", "ObjectLockEnabled"}),
        inert={
            "AccelerateConfiguration": _KEPT,
            "AccessControl": _KEPT,
            "LoggingConfiguration": "no access logs are written",
            "PublicAccessBlockConfiguration": "nothing on this machine is public",
            "BucketEncryption": "data at rest is not encrypted on this machine",
        },
        problems=_problems,
    ),
    ResourceType(
        name="AWS::S3::BucketPolicy",
        create=_put_policy,
        update=_update_policy,
        delete=_delete_policy,
        properties=frozenset({"Bucket", "PolicyDocument"}),
        replace_on=frozenset({"Bucket"}),
    ),
)
