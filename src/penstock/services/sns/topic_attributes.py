"""Topic attributes: which there are, what they may hold, what they start with. Pure.

Source: https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html
"""

from typing import Any

import orjson

from penstock.services.sns.delivery_policy import checked_topic_policy, effective_for_topic
from penstock.services.sns.errors import invalid, unsupported

Attributes = dict[str, str]

_CHOICES = {
    "ContentBasedDeduplication": ("true", "false"),
    "FifoTopic": ("true", "false"),
    "FifoThroughputScope": ("Topic", "MessageGroup"),
    "SignatureVersion": ("1", "2"),
    "TracingConfig": ("PassThrough", "Active"),
}
_FIFO_ONLY = frozenset({"ContentBasedDeduplication", "FifoThroughputScope"})
_FEEDBACK = frozenset(
    f"{protocol}{what}"
    for protocol in ("Application", "Firehose", "HTTP", "Lambda", "SQS")
    for what in ("SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate", "FailureFeedbackRoleArn")
)
# What is taken as it is; encryption has no effect on this machine.
_TEXTS = frozenset({"DisplayName", "KmsMasterKeyId"})
SETTABLE = frozenset(_CHOICES) | _TEXTS | {"DeliveryPolicy", "Policy"}
# An empty string takes them away.
REMOVABLE = frozenset({"DeliveryPolicy", "KmsMasterKeyId"})
_OWNER_ACTIONS = ("GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic",
                  "Subscribe", "ListSubscriptionsByTopic", "Publish")  # fmt: skip
_DISPLAY_NAME_LENGTH = 100


def checked(given: Attributes, fifo: bool) -> Attributes:
    """The attributes in their normal form; raises AwsError for unknown names and wrong values."""
    return {name: _checked(name, value, fifo) for name, value in given.items()}


def _checked(name: str, value: str, fifo: bool) -> str:
    if name in _FEEDBACK or name == "ArchivePolicy":
        raise unsupported(f"the topic attribute {name}")
    if name not in SETTABLE:
        raise invalid("AttributeName")
    if name in _FIFO_ONLY and not fifo:
        raise invalid("AttributeName", f"{name} can only be set for FIFO topics")
    if name in _CHOICES:
        return _choice(name, value)
    if name == "DisplayName" and len(value) > _DISPLAY_NAME_LENGTH:
        raise invalid("DisplayName", f"must be at most {_DISPLAY_NAME_LENGTH} characters long")
    if name == "Policy":
        return _policy(value)
    return checked_topic_policy(value) if name == "DeliveryPolicy" and value else value


def _choice(name: str, value: str) -> str:
    folded = {choice.lower(): choice for choice in _CHOICES[name]}
    if value.lower() not in folded:
        choices = " or ".join(_CHOICES[name])
        raise invalid(name, f"{name}: Invalid value [{value}]. Must be {choices}.")
    return folded[value.lower()]


def _policy(text: str) -> str:
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise invalid("Policy", "failed to parse JSON.") from None
    statements = document.get("Statement") if isinstance(document, dict) else None
    listed: list[Any] = statements if isinstance(statements, list) else [statements]
    if not all(isinstance(each, dict) and each.get("Effect") in ("Allow", "Deny") for each in listed):
        raise invalid("Policy Error: null")
    return text


def default_policy(arn: str, account: str) -> str:
    """What every topic starts with: its owner may do everything."""
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{action}" for action in _OWNER_ACTIONS],
        "Resource": arn,
        "Condition": {"StringEquals": {"AWS:SourceOwner": account}},
    }
    return orjson.dumps({"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]}).decode()


def initial(arn: str, account: str, fifo: bool) -> Attributes:
    kind = {"FifoTopic": "true", "ContentBasedDeduplication": "false"} if fifo else {}
    return {"DisplayName": "", "Policy": default_policy(arn, account), **kind}


def shown(arn: str, account: str, attributes: Attributes, pending: int, confirmed: int, deleted: int) -> Attributes:
    """What GetTopicAttributes gives."""
    return {
        **attributes,
        "EffectiveDeliveryPolicy": orjson.dumps(effective_for_topic(attributes.get("DeliveryPolicy", ""))).decode(),
        "Owner": account,
        "SubscriptionsConfirmed": str(confirmed),
        "SubscriptionsDeleted": str(deleted),
        "SubscriptionsPending": str(pending),
        "TopicArn": arn,
    }
