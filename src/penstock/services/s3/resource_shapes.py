"""CloudFormation's names for a bucket's settings as the API's. Pure.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html
"""

from collections.abc import Mapping
from typing import Any

from penstock.services.s3.events import TARGETS

Shape = Mapping[str, Any]


def _renamed(value: Shape, **names: str) -> dict[str, Any]:
    """The members that are there, called as the API calls them: `new=old`."""
    return {new: value[old] for new, old in names.items() if value.get(old) is not None}


def _but(value: Shape, *names: str) -> dict[str, Any]:
    return {name: item for name, item in value.items() if name not in names}


def versioning(value: Shape) -> dict[str, Any]:
    return {"Status": value["Status"]}


def ownership(value: Shape) -> dict[str, Any]:
    return {"Rules": value["Rules"]}


def acceleration(value: Shape) -> dict[str, Any]:
    return {"Status": value["AccelerationStatus"]}


def encryption(value: Shape) -> dict[str, Any]:
    rules = [
        {
            **_renamed(rule, ApplyServerSideEncryptionByDefault="ServerSideEncryptionByDefault"),
            **_renamed(rule, BucketKeyEnabled="BucketKeyEnabled"),
        }
        for rule in value["ServerSideEncryptionConfiguration"]
    ]
    return {"Rules": rules}


def cors(value: Shape) -> dict[str, Any]:
    rules = [
        {
            **_but(rule, "Id", "MaxAge", "ExposedHeaders"),
            **_renamed(rule, ID="Id", MaxAgeSeconds="MaxAge", ExposeHeaders="ExposedHeaders"),
        }
        for rule in value["CorsRules"]
    ]
    return {"CORSRules": rules}


def logging(value: Shape) -> dict[str, Any]:
    """Without a bucket of its own to log into nothing is put."""
    if "DestinationBucketName" not in value:
        return {}
    return {
        "LoggingEnabled": {
            "TargetBucket": value["DestinationBucketName"],
            "TargetPrefix": value.get("LogFilePrefix", ""),
        }
    }


def website(value: Shape) -> dict[str, Any]:
    found = _but(value, "IndexDocument", "ErrorDocument", "RoutingRules")
    if "IndexDocument" in value:
        found["IndexDocument"] = {"Suffix": value["IndexDocument"]}
    if "ErrorDocument" in value:
        found["ErrorDocument"] = {"Key": value["ErrorDocument"]}
    if "RoutingRules" in value:
        found["RoutingRules"] = [
            _renamed(rule, Condition="RoutingRuleCondition", Redirect="RedirectRule") for rule in value["RoutingRules"]
        ]
    return found


_KINDS = {
    "TopicConfigurations": "Topic",
    "QueueConfigurations": "Queue",
    "LambdaConfigurations": "Function",
}


def notification(value: Shape) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for (given, member), (kind, arn) in zip(_KINDS.items(), TARGETS.items(), strict=True):
        if value.get(given):
            found[kind] = [
                {arn: item[member], "Events": [item["Event"]], **_filtered(item.get("Filter"))} for item in value[given]
            ]
    bridge = value.get("EventBridgeConfiguration")
    if bridge is not None and str(bridge.get("EventBridgeEnabled", True)).lower() == "true":
        found["EventBridgeConfiguration"] = {}
    return found


def _filtered(value: Shape | None) -> dict[str, Any]:
    if not value:
        return {}
    rules = [{"Name": rule["Name"], "Value": rule["Value"]} for rule in value["S3Key"]["Rules"]]
    return {"Filter": {"Key": {"FilterRules": rules}}}


def lifecycle(value: Shape) -> dict[str, Any]:
    return {"Rules": [_rule(rule) for rule in value["Rules"]]}


def _rule(rule: Shape) -> dict[str, Any]:
    found: dict[str, Any] = {"Status": rule["Status"], "Filter": _chosen(rule), **_renamed(rule, ID="Id")}
    expiration = _renamed(
        rule,
        Days="ExpirationInDays",
        Date="ExpirationDate",
        ExpiredObjectDeleteMarker="ExpiredObjectDeleteMarker",
    )
    if expiration:
        found["Expiration"] = expiration
    old = rule.get("NoncurrentVersionExpiration") or _renamed(rule, NoncurrentDays="NoncurrentVersionExpirationInDays")
    if old:
        found["NoncurrentVersionExpiration"] = old
    found |= _renamed(rule, AbortIncompleteMultipartUpload="AbortIncompleteMultipartUpload")
    moved = rule.get("Transitions") or ([rule["Transition"]] if "Transition" in rule else [])
    if moved:
        found["Transitions"] = [
            _renamed(item, Days="TransitionInDays", Date="TransitionDate", StorageClass="StorageClass")
            for item in moved
        ]
    return found


def _chosen(rule: Shape) -> dict[str, Any]:
    parts = _renamed(
        rule,
        Prefix="Prefix",
        Tags="TagFilters",
        ObjectSizeGreaterThan="ObjectSizeGreaterThan",
        ObjectSizeLessThan="ObjectSizeLessThan",
    )
    if set(parts) <= {"Prefix"}:
        return {"Prefix": parts.get("Prefix", "")}
    return {"And": parts}
