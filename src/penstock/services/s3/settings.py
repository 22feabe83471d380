"""What a bucket is told about itself, kept as it was put and given back.

Of these, CORS, encryption's default, ownership, lifecycle and websites have an effect here. Policies, public access
blocks, logging, acceleration and request payment are kept only.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
"""

import re
from typing import Any

import orjson

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.s3.errors import error, invalid_request
from penstock.services.s3.state import bucket_of, change, state
from penstock.wire.model import Json

_METHODS = frozenset({"GET", "PUT", "POST", "DELETE", "HEAD"})
_DEFAULT_ENCRYPTION = {
    "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]
}
_BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
_OWNERS_OWN = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


def _delete(ctx: Context, request: Json, kind: str) -> Json:
    change(ctx, bucket_of(ctx, request), kind, None)
    return {}


def _put(ctx: Context, request: Json, kind: str, value: Any) -> Json:
    change(ctx, bucket_of(ctx, request), kind, value)
    return {}


def _get(ctx: Context, request: Json, kind: str, missing: str) -> Any:
    bucket = bucket_of(ctx, request)
    found = bucket.settings.get(kind)
    if found is None:
        raise error(missing, BucketName=bucket.name)
    return found


# -- CORS


def put_bucket_cors(ctx: Context, request: Json) -> Json:
    rules = request["CORSConfiguration"]["CORSRules"]
    if not 0 < len(rules) <= 100:
        raise error("MalformedXML")
    for rule in rules:
        for method in rule.get("AllowedMethods", ()):
            if method not in _METHODS:
                raise invalid_request(f"Found unsupported HTTP method in CORS config. Unsupported method is {method}")
        for origin in rule.get("AllowedOrigins", ()):
            if origin.count("*") > 1:
                raise invalid_request(f'AllowedOrigin "{origin}" can not have more than one wildcard.')
    return _put(ctx, request, "cors", {"CORSRules": rules})


def get_bucket_cors(ctx: Context, request: Json) -> Json:
    found: Json = _get(ctx, request, "cors", "NoSuchCORSConfiguration")
    return found


def delete_bucket_cors(ctx: Context, request: Json) -> Json:
    return _delete(ctx, request, "cors")


# -- policy


def put_bucket_policy(ctx: Context, request: Json) -> Json:
    bucket = bucket_of(ctx, request)
    try:
        policy = orjson.loads(request["Policy"])
    except orjson.JSONDecodeError:
        text = "Policies must be valid JSON and the first byte must be '{'"
        raise AwsError("MalformedPolicy", text, status=400) from None
    if not isinstance(policy, dict) or not policy.get("Statement"):
        raise AwsError("MalformedPolicy", "Missing required field Statement", status=400)
    statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    for statement in statements:
        _check_statement(statement, bucket.name)
    change(ctx, bucket, "policy", request["Policy"])
    return {}


def _check_statement(statement: Json, name: str) -> None:
    needed = {"Effect": ("Effect",), "Principal": ("Principal", "NotPrincipal"), "Action": ("Action", "NotAction")}
    for field, choices in {**needed, "Resource": ("Resource", "NotResource")}.items():
        if not any(choice in statement for choice in choices):
            raise AwsError("MalformedPolicy", f"Missing required field {field}", status=400)
    resources = statement.get("Resource", [])
    for resource in resources if isinstance(resources, list) else [resources]:
        if not re.match(rf"arn:aws[\w-]*:s3:::({re.escape(name)}(/|$|\*)|[^/]*[*?])", resource):
            raise AwsError("MalformedPolicy", "Policy has invalid resource", status=400, Detail=resource)


def get_bucket_policy(ctx: Context, request: Json) -> Json:
    return {"Policy": _get(ctx, request, "policy", "NoSuchBucketPolicy")}


def delete_bucket_policy(ctx: Context, request: Json) -> Json:
    return _delete(ctx, request, "policy")


def get_bucket_policy_status(ctx: Context, request: Json) -> Json:
    policy = orjson.loads(_get(ctx, request, "policy", "NoSuchBucketPolicy"))
    statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    public = any(
        statement["Effect"] == "Allow"
        and statement.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]})
        and not statement.get("Condition")
        for statement in statements
    )
    return {"PolicyStatus": {"IsPublic": public}}


# -- encryption


def put_bucket_encryption(ctx: Context, request: Json) -> Json:
    rules = request["ServerSideEncryptionConfiguration"]["Rules"]
    if len(rules) != 1:
        raise error("MalformedXML")
    rule = {"BucketKeyEnabled": False, **rules[0]}
    default = rule.get("ApplyServerSideEncryptionByDefault", {})
    if "KMSMasterKeyID" in default and default.get("SSEAlgorithm") == "AES256":
        text = "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse"
        raise AwsError("InvalidArgument", text, status=400)
    return _put(ctx, request, "encryption", {"Rules": [rule]})


def get_bucket_encryption(ctx: Context, request: Json) -> Json:
    found = bucket_of(ctx, request).settings.get("encryption", _DEFAULT_ENCRYPTION)
    return {"ServerSideEncryptionConfiguration": found}


def delete_bucket_encryption(ctx: Context, request: Json) -> Json:
    return _delete(ctx, request, "encryption")


# -- public access, ownership


def put_public_access_block(ctx: Context, request: Json) -> Json:
    given = request["PublicAccessBlockConfiguration"]
    if not given:
        raise invalid_request("Must specify at least one configuration.")
    return _put(ctx, request, "public_access", {name: given.get(name, False) for name in _BLOCKS})


def get_public_access_block(ctx: Context, request: Json) -> Json:
    """Buckets are made with everything blocked; deleting that is more than never having said it."""
    bucket = bucket_of(ctx, request)
    found = bucket.settings.get("public_access", dict.fromkeys(_BLOCKS, True))
    if not found:
        raise error("NoSuchPublicAccessBlockConfiguration", BucketName=bucket.name)
    return {"PublicAccessBlockConfiguration": found}


def delete_public_access_block(ctx: Context, request: Json) -> Json:
    return _put(ctx, request, "public_access", {})


def put_bucket_ownership_controls(ctx: Context, request: Json) -> Json:
    rules = request["OwnershipControls"]["Rules"]
    if len(rules) != 1:
        raise error("MalformedXML")
    return _put(ctx, request, "ownership", {"Rules": rules})


def get_bucket_ownership_controls(ctx: Context, request: Json) -> Json:
    """Buckets are made with the owner owning everything; deleting the controls takes that away too."""
    found = bucket_of(ctx, request).settings.get("ownership", _OWNERS_OWN)
    if not found["Rules"]:
        raise error("OwnershipControlsNotFoundError", BucketName=request["Bucket"])
    return {"OwnershipControls": found}


def delete_bucket_ownership_controls(ctx: Context, request: Json) -> Json:
    return _put(ctx, request, "ownership", {"Rules": []})


# -- website, logging, payment, acceleration


def put_bucket_website(ctx: Context, request: Json) -> Json:
    given = request["WebsiteConfiguration"]
    if not given.get("RedirectAllRequestsTo") and not given.get("IndexDocument"):
        raise error("MalformedXML")
    return _put(ctx, request, "website", given)


def get_bucket_website(ctx: Context, request: Json) -> Json:
    found: Json = _get(ctx, request, "website", "NoSuchWebsiteConfiguration")
    return found


def delete_bucket_website(ctx: Context, request: Json) -> Json:
    return _delete(ctx, request, "website")


def put_bucket_logging(ctx: Context, request: Json) -> Json:
    wanted = request["BucketLoggingStatus"].get("LoggingEnabled")
    if wanted is not None and wanted["TargetBucket"] not in state(ctx).buckets:
        raise error("InvalidTargetBucketForLogging", TargetBucket=wanted["TargetBucket"])
    return _put(ctx, request, "logging", wanted and {"LoggingEnabled": wanted})


def get_bucket_logging(ctx: Context, request: Json) -> Json:
    found: Json = bucket_of(ctx, request).settings.get("logging", {})
    return found


def put_bucket_request_payment(ctx: Context, request: Json) -> Json:
    return _put(ctx, request, "payment", {"Payer": request["RequestPaymentConfiguration"]["Payer"]})


def get_bucket_request_payment(ctx: Context, request: Json) -> Json:
    found: Json = bucket_of(ctx, request).settings.get("payment", {"Payer": "BucketOwner"})
    return found


def put_bucket_accelerate_configuration(ctx: Context, request: Json) -> Json:
    bucket, status = bucket_of(ctx, request), request["AccelerateConfiguration"].get("Status")
    if "." in bucket.name:
        raise invalid_request("S3 Transfer Acceleration is not supported for buckets with periods (.) in their names")
    if status not in ("Enabled", "Suspended"):
        raise error("MalformedXML")
    change(ctx, bucket, "accelerate", {"Status": status})
    return {}


def get_bucket_accelerate_configuration(ctx: Context, request: Json) -> Json:
    found: Json = bucket_of(ctx, request).settings.get("accelerate", {})
    return found
