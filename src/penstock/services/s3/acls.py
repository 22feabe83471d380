"""Access control lists: canned ones and grants, kept and shown. Nobody is refused for them on this machine.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
"""

import hashlib
from typing import Any

from penstock.call import Context
from penstock.services.s3.errors import error, invalid_argument
from penstock.services.s3.state import Bucket, bucket_of, change
from penstock.wire.model import Json

_GROUPS = "http://acs.amazonaws.com/groups/"
_EVERYBODY = {"Type": "Group", "URI": f"{_GROUPS}global/AllUsers"}
_AUTHENTICATED = {"Type": "Group", "URI": f"{_GROUPS}global/AuthenticatedUsers"}
_LOGS = {"Type": "Group", "URI": f"{_GROUPS}s3/LogDelivery"}
# canned list -> what it grants beside the owner's full control
_CANNED: dict[str, list[tuple[Json, str]]] = {
    "private": [],
    "public-read": [(_EVERYBODY, "READ")],
    "public-read-write": [(_EVERYBODY, "READ"), (_EVERYBODY, "WRITE")],
    "authenticated-read": [(_AUTHENTICATED, "READ")],
    "log-delivery-write": [(_LOGS, "WRITE"), (_LOGS, "READ_ACP")],
    "aws-exec-read": [],
    "bucket-owner-read": [],
    "bucket-owner-full-control": [],
}
_HEADERS = {
    "GrantFullControl": "FULL_CONTROL",
    "GrantRead": "READ",
    "GrantReadACP": "READ_ACP",
    "GrantWrite": "WRITE",
    "GrantWriteACP": "WRITE_ACP",
}
_PERMISSIONS = frozenset(_HEADERS.values())
_GRANTEES = {
    "id": ("CanonicalUser", "ID"),
    "uri": ("Group", "URI"),
    "emailaddress": ("AmazonCustomerByEmail", "EmailAddress"),
}


def owner(account: str) -> Json:
    """An account's canonical user: 64 digits that are always the same."""
    return {"ID": hashlib.sha256(account.encode()).hexdigest()}


def canned(bucket: Bucket, request: Json) -> list[Json] | None:
    """The grants that a request's headers ask for; None where it asks for nothing but the default."""
    name = request.get("ACL")
    if name is None and _HEADERS.keys().isdisjoint(request):
        return None
    headers = [header for header in _HEADERS if header in request]
    if name is not None and headers:
        raise error("InvalidRequest", "Specifying both Canned ACLs and Header Grants is not allowed")
    _check_ownership(bucket, name, headers)
    if name is not None:
        if name not in _CANNED:
            raise invalid_argument("", "x-amz-acl", name)
        extra = [{"Grantee": grantee, "Permission": permission} for grantee, permission in _CANNED[name]]
        return [_full(bucket.account), *extra] if extra else None
    return [grant for header in headers for grant in _granted(request[header], _HEADERS[header])]


def _check_ownership(bucket: Bucket, name: str | None, headers: list[str]) -> None:
    """Where the owner of the bucket owns everything, lists have no say: so it is unless the bucket says otherwise."""
    rules = bucket.settings.get("ownership", {}).get("Rules", [{"ObjectOwnership": "BucketOwnerEnforced"}])
    if (
        rules
        and rules[0]["ObjectOwnership"] == "BucketOwnerEnforced"
        and (headers or name not in ("private", "bucket-owner-full-control", "bucket-owner-read"))
    ):
        raise error("AccessControlListNotSupported", "The bucket does not allow ACLs")


def _granted(header: str, permission: str) -> list[Json]:
    grants = []
    for part in header.split(","):
        kind, _, value = part.strip().partition("=")
        if kind.lower() not in _GRANTEES:
            raise invalid_argument("Argument format not recognized", "x-amz-grant", header)
        type_, member = _GRANTEES[kind.lower()]
        grants.append({"Grantee": {"Type": type_, member: value.strip('"')}, "Permission": permission})
    return grants


def _full(account: str) -> Json:
    return {"Grantee": {**owner(account), "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}


def replaced(bucket: Bucket, request: Json) -> list[Json] | None:
    """The grants that PutBucketAcl or PutObjectAcl ask for, by header or body."""
    policy = request.get("AccessControlPolicy")
    if policy is None:
        if "ACL" not in request and _HEADERS.keys().isdisjoint(request):
            raise error("MissingSecurityHeader", MissingHeaderName="x-amz-acl")
        return canned(bucket, request)
    _check_ownership(bucket, None, ["body"])
    grants: list[Json] = policy.get("Grants", [])
    if "Owner" not in policy or any(grant.get("Permission") not in _PERMISSIONS for grant in grants):
        raise error("MalformedACLError")
    return grants


def shown(bucket: Bucket, grants: list[Any] | None) -> Json:
    return {"Owner": owner(bucket.account), "Grants": grants if grants is not None else [_full(bucket.account)]}


# -- buckets


def put_bucket_acl(ctx: Context, request: Json) -> Json:
    bucket = bucket_of(ctx, request)
    change(ctx, bucket, "acl", replaced(bucket, request))
    return {}


def get_bucket_acl(ctx: Context, request: Json) -> Json:
    bucket = bucket_of(ctx, request)
    return shown(bucket, bucket.settings.get("acl"))
