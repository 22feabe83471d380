"""CloudFormation types of SNS.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SNS.html
"""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from penstock.template.policies import inline_policy, shared_policy
from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType

_NAME_LENGTH = 256
_SUFFIX = ".fifo"
_ENCRYPTION = "data at rest is not encrypted on this machine"
_TRACING = "traces go on wherever a message goes"
_PROTOCOLS = {
    **dict.fromkeys(("application", "email", "email-json", "sms"), "nothing of this kind is sent from this machine"),
    "firehose": "subscriptions of this protocol are not supported",
    "https": "endpoints are called where they are on this machine, without TLS",
}

# -- AWS::SNS::Topic -------------------------------------------------------------------------------------------

# Properties that are attributes, with what stands for them when a template does not say them any more.
_ATTRIBUTES = {
    "ContentBasedDeduplication": "false",
    "DisplayName": "",
    "FifoThroughputScope": "Topic",
    "KmsMasterKeyId": "",
    "SignatureVersion": "1",
    "TracingConfig": "PassThrough",
}


async def _create_topic(rc: ResourceContext, properties: Properties) -> Resource:
    fifo = _text(properties.get("FifoTopic", False)) == "true"
    request = {
        "Name": properties.get("TopicName") or _physical_name(rc, fifo),
        "Attributes": _attributes(properties) | ({"FifoTopic": "true"} if fifo else {}),
        "Tags": rc.tag_list(properties),
    }
    arn: str = (await rc.call("sns", "CreateTopic", request))["TopicArn"]
    for subscription in properties.get("Subscription") or ():
        await rc.call("sns", "Subscribe", {"TopicArn": arn, **subscription})
    return Resource(arn, {"TopicArn": arn, "TopicName": arn.rpartition(":")[2]})


async def _update_topic(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    arn, before, after = resource.physical_id, _attributes(resource.properties), _attributes(properties)
    dropped = {name: _ATTRIBUTES.get(name, "") for name in before if name not in after}
    for name, value in (dropped | after).items():
        if before.get(name) != value:
            await rc.call("sns", "SetTopicAttributes", _attribute("TopicArn", arn, name, value))
    await _set_tags(rc, arn, rc.tag_map(properties))
    await _set_subscriptions(rc, arn, resource.properties.get("Subscription"), properties.get("Subscription"))
    return resource


async def _delete_topic(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("sns", "DeleteTopic", {"TopicArn": resource.physical_id})


def _physical_name(rc: ResourceContext, fifo: bool) -> str:
    return rc.physical_name(_NAME_LENGTH - len(_SUFFIX)) + _SUFFIX if fifo else rc.physical_name(_NAME_LENGTH)


def _attributes(properties: Properties) -> dict[str, str]:
    found = {name: _text(value) for name, value in properties.items() if name in _ATTRIBUTES}
    if found.get("ContentBasedDeduplication") == "false":
        del found["ContentBasedDeduplication"]
    return found


def _attribute(member: str, arn: str, name: str, value: str) -> dict[str, str]:
    return {member: arn, "AttributeName": name, "AttributeValue": value}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return orjson.dumps(value).decode() if isinstance(value, (dict, list)) else str(value)


async def _set_tags(rc: ResourceContext, arn: str, tags: dict[str, str]) -> None:
    listed = (await rc.call("sns", "ListTagsForResource", {"ResourceArn": arn}))["Tags"]
    known = {tag["Key"]: tag["Value"] for tag in listed}
    if gone := [key for key in known if key not in tags]:
        await rc.call("sns", "UntagResource", {"ResourceArn": arn, "TagKeys": gone})
    if tags != known and tags:
        pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
        await rc.call("sns", "TagResource", {"ResourceArn": arn, "Tags": pairs})


async def _set_subscriptions(rc: ResourceContext, arn: str, before: Any, after: Any) -> None:
    """Only those of the topic's own property: others may have subscribed too."""
    wanted = {(each["Protocol"], each["Endpoint"]) for each in after or ()}
    known = {(each["Protocol"], each["Endpoint"]) for each in before or ()}
    for protocol, endpoint in wanted - known:
        await rc.call("sns", "Subscribe", {"TopicArn": arn, "Protocol": protocol, "Endpoint": endpoint})
    for protocol, endpoint in known - wanted:
        given = {"TopicArn": arn, "Protocol": protocol, "Endpoint": endpoint, "ReturnSubscriptionArn": True}
        found = (await rc.call("sns", "Subscribe", given))["SubscriptionArn"]
        await rc.call("sns", "Unsubscribe", {"SubscriptionArn": found})


def _topic_problems(properties: Properties) -> Iterable[tuple[str, str]]:
    for number, subscription in enumerate(_listed(properties.get("Subscription"))):
        yield from _protocol_problems(subscription, f"Subscription.{number}.Protocol")


def _listed(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _protocol_problems(subscription: Mapping[str, Any], path: str) -> Iterable[tuple[str, str]]:
    protocol = subscription.get("Protocol")
    if isinstance(protocol, str) and protocol in _PROTOCOLS:
        yield path, _PROTOCOLS[protocol]


# -- AWS::SNS::Subscription ------------------------------------------------------------------------------------

_SUBSCRIPTION_ATTRIBUTES = {
    "DeliveryPolicy": "",
    "FilterPolicyScope": "MessageAttributes",
    "FilterPolicy": "",
    "RawMessageDelivery": "false",
    "RedrivePolicy": "",
}


async def _create_subscription(rc: ResourceContext, properties: Properties) -> Resource:
    request = {
        "TopicArn": properties["TopicArn"],
        "Protocol": properties["Protocol"],
        "Endpoint": properties.get("Endpoint", ""),
        "Attributes": _subscription_attributes(properties),
        "ReturnSubscriptionArn": True,
    }
    arn: str = (await rc.call("sns", "Subscribe", request))["SubscriptionArn"]
    return Resource(arn, {"Arn": arn})


async def _update_subscription(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    before, after = _subscription_attributes(resource.properties), _subscription_attributes(properties)
    # A filter is checked against its scope: a policy goes before the scope changes, and comes after it.
    steps = {name: after.get(name, default) for name, default in _SUBSCRIPTION_ATTRIBUTES.items()}
    changed = {name: value for name, value in steps.items() if before.get(name, _default(name)) != value}
    if "FilterPolicyScope" in changed and "FilterPolicy" in before:
        changed = {"FilterPolicyScope": changed["FilterPolicyScope"], **changed, "FilterPolicy": steps["FilterPolicy"]}
        await _set_subscription(rc, resource, "FilterPolicy", "")
    for name, value in changed.items():
        await _set_subscription(rc, resource, name, value)
    return resource


def _default(name: str) -> str:
    return _SUBSCRIPTION_ATTRIBUTES[name]


async def _set_subscription(rc: ResourceContext, resource: Resource, name: str, value: str) -> None:
    request = _attribute("SubscriptionArn", resource.physical_id, name, value)
    await rc.call("sns", "SetSubscriptionAttributes", request)


async def _delete_subscription(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("sns", "Unsubscribe", {"SubscriptionArn": resource.physical_id})


def _subscription_attributes(properties: Properties) -> dict[str, str]:
    return {name: _text(properties[name]) for name in _SUBSCRIPTION_ATTRIBUTES if name in properties}


# -- policies --------------------------------------------------------------------------------------------------


async def _put_policy(rc: ResourceContext, arn: str, policy: str) -> None:
    await rc.call("sns", "SetTopicAttributes", _attribute("TopicArn", arn, "Policy", policy))


TABLE = (
    ResourceType(
        name="AWS::SNS::Topic",
        create=_create_topic,
        update=_update_topic,
        delete=_delete_topic,
        properties=frozenset({"FifoTopic", "Subscription", "Tags", "TopicName"}) | frozenset(_ATTRIBUTES),
        replace_on=frozenset({"TopicName", "FifoTopic"}),
        inert={"KmsMasterKeyId": _ENCRYPTION, "TracingConfig": _TRACING},
        problems=_topic_problems,
    ),
    ResourceType(
        name="AWS::SNS::Subscription",
        create=_create_subscription,
        update=_update_subscription,
        delete=_delete_subscription,
        properties=frozenset({"Endpoint", "Protocol", "TopicArn"}) | frozenset(_SUBSCRIPTION_ATTRIBUTES),
        replace_on=frozenset({"Endpoint", "Protocol", "TopicArn"}),
        problems=lambda properties: _protocol_problems(properties, "Protocol"),
    ),
    shared_policy("AWS::SNS::TopicPolicy", "Topics", _put_policy),
    inline_policy("AWS::SNS::TopicInlinePolicy", "TopicArn", _put_policy),
)
