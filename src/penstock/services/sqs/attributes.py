"""Queue attributes: which there are, what they may hold, what they start with. Pure.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
"""

from dataclasses import dataclass
from typing import Any

import orjson

from penstock.base.errors import AwsError
from penstock.services.sqs.errors import invalid, invalid_attribute, invalid_value, unknown_attribute

Attributes = dict[str, str]

DEFAULTS: Attributes = {
    "DelaySeconds": "0",
    "MaximumMessageSize": "1048576",
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "SqsManagedSseEnabled": "true",
    "VisibilityTimeout": "30",
}
FIFO_DEFAULTS: Attributes = {
    "ContentBasedDeduplication": "false",
    "DeduplicationScope": "queue",
    "FifoQueue": "true",
    "FifoThroughputLimit": "perQueue",
}
RANGES = {
    "DelaySeconds": (0, 900),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400),
    "MaximumMessageSize": (1024, 1_048_576),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
}
CHOICES = {
    "ContentBasedDeduplication": ("true", "false"),
    "DeduplicationScope": ("messageGroup", "queue"),
    "FifoQueue": ("true", "false"),
    "FifoThroughputLimit": ("perQueue", "perMessageGroupId"),
    "SqsManagedSseEnabled": ("true", "false"),
}
# An empty string takes them away.
REMOVABLE = frozenset({"KmsMasterKeyId", "Policy", "RedriveAllowPolicy", "RedrivePolicy"})
SETTABLE = frozenset(RANGES) | frozenset(CHOICES) | REMOVABLE
COMPUTED = frozenset(
    {
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesDelayed",
        "ApproximateNumberOfMessagesNotVisible",
        "CreatedTimestamp",
        "LastModifiedTimestamp",
        "QueueArn",
    }
)
MAX_SOURCES = 10


@dataclass(frozen=True, slots=True)
class Redrive:
    """Where messages go that were received `max_receive_count` times and are not deleted."""

    target_arn: str
    max_receive_count: int


@dataclass(frozen=True, slots=True)
class Settings:
    """A queue's attributes as the operations use them; times in seconds, sizes in bytes."""

    delay: int
    maximum_size: int
    retention: int
    wait: int
    visibility_timeout: int
    content_based_deduplication: bool
    deduplicates_by_group: bool
    redrive: Redrive | None

    @classmethod
    def of(cls, attributes: Attributes) -> "Settings":
        redrive = orjson.loads(attributes.get("RedrivePolicy", "null"))
        return cls(
            int(attributes["DelaySeconds"]),
            int(attributes["MaximumMessageSize"]),
            int(attributes["MessageRetentionPeriod"]),
            int(attributes["ReceiveMessageWaitTimeSeconds"]),
            int(attributes["VisibilityTimeout"]),
            attributes.get("ContentBasedDeduplication") == "true",
            attributes.get("DeduplicationScope") == "messageGroup",
            Redrive(redrive["deadLetterTargetArn"], redrive["maxReceiveCount"]) if redrive else None,
        )


def checked(given: Attributes, fifo: bool, creating: bool = False) -> Attributes:
    """The attributes in their normal form; raises AwsError for unknown names and wrong values."""
    for name in given:
        if name not in SETTABLE:
            raise unknown_attribute(name)
        if name in FIFO_DEFAULTS and not fifo:
            raise _fifo_only(name)
    if given.get("FifoQueue", "true").lower() != "true" and not creating:
        raise invalid_attribute("FifoQueue", "Modifying queue type is not supported")
    result = {name: _checked(name, value) for name, value in given.items()}
    if result.get("KmsMasterKeyId") and result.get("SqsManagedSseEnabled") == "true":
        raise AwsError(
            "InvalidAttributeName",
            "You can use one type of server-side encryption (SSE) at one time. "
            "You can either enable KMS SSE or SQS SSE.",
        )
    return result


def merged(current: Attributes, changes: Attributes) -> Attributes:
    """The attributes after a change. The two kinds of encryption exclude each other."""
    result = current | changes
    if changes.get("KmsMasterKeyId"):
        result |= {"SqsManagedSseEnabled": "false"}
        result.setdefault("KmsDataKeyReusePeriodSeconds", "300")
    elif changes.get("SqsManagedSseEnabled") == "true" or changes.get("KmsMasterKeyId") == "":
        result |= {"KmsMasterKeyId": ""}
        result.pop("KmsDataKeyReusePeriodSeconds", None)
    if result.get("FifoThroughputLimit") == "perMessageGroupId" and result["DeduplicationScope"] != "messageGroup":
        raise invalid(
            "The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup."
        )
    return {name: value for name, value in result.items() if value or name not in REMOVABLE}


def _fifo_only(name: str) -> AwsError:
    if name in ("DeduplicationScope", "FifoThroughputLimit"):
        return AwsError("InvalidAttributeName", f"You can specify the {name} only when FifoQueue is set to true.")
    return unknown_attribute(name)


def _checked(name: str, value: str) -> str:
    if name in RANGES:
        low, high = RANGES[name]
        if not (value.isascii() and value.isdigit() and low <= int(value) <= high):
            raise invalid_attribute(name)
        return str(int(value))
    if name in CHOICES:
        folded = {choice.lower(): choice for choice in CHOICES[name]}
        if value.lower() not in folded:
            raise invalid_attribute(name)
        return folded[value.lower()]
    return _DOCUMENTS[name](value) if value and name in _DOCUMENTS else value


# -- JSON documents ------------------------------------------------------------------------------------


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def _policy(text: str) -> str:
    document = _object(text)
    statements = (document or {}).get("Statement")
    statements = statements if isinstance(statements, list) else [statements]
    if not all(isinstance(s, dict) and s.get("Effect") in ("Allow", "Deny") for s in statements):
        raise invalid_attribute("Policy")
    return text


def _redrive_policy(text: str) -> str:
    """`{"deadLetterTargetArn": "arn:...", "maxReceiveCount": 1..1000}`; the count may be a string."""
    policy = _object(text)
    if policy is None:
        raise invalid("Invalid value for the parameter RedrivePolicy. Reason: Redrive policy is not a valid JSON map.")
    if not policy:
        return ""
    for name in ("maxReceiveCount", "deadLetterTargetArn"):
        if name not in policy:
            reason = f"Redrive policy does not contain mandatory attribute: {name}"
            raise invalid_value("RedrivePolicy", text, reason)
    if len(policy) > 2:
        reason = "Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount]"
        raise invalid_value("RedrivePolicy", text, reason)
    count, target = str(policy["maxReceiveCount"]), str(policy["deadLetterTargetArn"])
    if not (count.isascii() and count.isdigit() and 1 <= int(count) <= 1000):
        reason = f"Invalid value for maxReceiveCount: {count}, valid values are from 1 to 1000 both inclusive"
        raise invalid_value("RedrivePolicy", text, reason)
    if not target.startswith("arn:") or target.count(":") != 5:
        raise invalid_value("RedrivePolicy", text, "Invalid value for deadLetterTargetArn")
    return orjson.dumps({"deadLetterTargetArn": target, "maxReceiveCount": int(count)}).decode()


def _redrive_allow_policy(text: str) -> str:
    policy = _object(text)
    if policy == {}:
        return ""
    permission, sources = (policy or {}).get("redrivePermission"), (policy or {}).get("sourceQueueArns")
    well_formed = sources is None or (isinstance(sources, list) and all(isinstance(s, str) for s in sources))
    if permission not in ("allowAll", "denyAll", "byQueue") or not well_formed or len(policy or ()) > 2:
        raise invalid(
            "Invalid value for the parameter RedriveAllowPolicy. "
            "Reason: Amazon SQS can't create the redrive allow policy, as it’s in an unsupported format."
        )
    reason = ""
    if permission == "byQueue" and not sources:
        reason = (
            "When you specify the byQueue permission type, you must also specify one or more sourceQueueArns values"
        )
    elif permission != "byQueue" and sources is not None:
        reason = "To specify one or more source queue ARNs, you must set redrivePermission to byQueue"
    elif sources and len(sources) > MAX_SOURCES:
        reason = f"The maximum number of source queue ARNs you can specify is {MAX_SOURCES}"
    if reason:
        raise invalid_value("RedriveAllowPolicy", text, f"Amazon SQS can't create the redrive allow policy. {reason}")
    return orjson.dumps(policy).decode()


_DOCUMENTS = {
    "Policy": _policy,
    "RedriveAllowPolicy": _redrive_allow_policy,
    "RedrivePolicy": _redrive_policy,
}
