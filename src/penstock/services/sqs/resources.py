"""CloudFormation types of SQS.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SQS.html
"""

from typing import Any

import orjson

from penstock.services.sqs.attributes import DEFAULTS, FIFO_DEFAULTS, REMOVABLE, SETTABLE
from penstock.template.policies import inline_policy, shared_policy
from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType

_NAME_LENGTH = 80
_SUFFIX = ".fifo"
_ATTRIBUTES = SETTABLE
_ENCRYPTION = "data at rest is not encrypted on this machine"


# -- AWS::SQS::Queue -----------------------------------------------------------------------------------


async def _create_queue(rc: ResourceContext, properties: Properties) -> Resource:
    name = properties.get("QueueName") or _physical_name(rc, _fifo(properties))
    request = {"QueueName": name, "Attributes": _attributes(properties), "tags": rc.tag_map(properties)}
    return await _resource(rc, (await rc.call("sqs", "CreateQueue", request))["QueueUrl"])


async def _update_queue(rc: ResourceContext, resource: Resource, properties: Properties) -> Resource:
    """What a template does not say any more goes back to its default."""
    url = resource.physical_id
    fifo = _fifo(properties)
    defaults = DEFAULTS | FIFO_DEFAULTS if fifo else DEFAULTS
    before, after = _attributes(resource.properties), _attributes(properties)
    dropped = {name: "" if name in REMOVABLE else defaults[name] for name in before if name not in after}
    changed = {name: value for name, value in after.items() if before.get(name) != value and name != "FifoQueue"}
    if dropped or changed:
        await rc.call("sqs", "SetQueueAttributes", {"QueueUrl": url, "Attributes": dropped | changed})
    await _set_tags(rc, url, rc.tag_map(properties))
    return resource


async def _delete_queue(rc: ResourceContext, resource: Resource) -> None:
    await rc.call("sqs", "DeleteQueue", {"QueueUrl": resource.physical_id})


async def _resource(rc: ResourceContext, url: str) -> Resource:
    request = {"QueueUrl": url, "AttributeNames": ["QueueArn"]}
    arn = (await rc.call("sqs", "GetQueueAttributes", request))["Attributes"]["QueueArn"]
    return Resource(url, {"Arn": arn, "QueueName": url.rpartition("/")[2], "QueueUrl": url})


async def _set_tags(rc: ResourceContext, url: str, tags: dict[str, str]) -> None:
    known = (await rc.call("sqs", "ListQueueTags", {"QueueUrl": url})).get("Tags", {})
    if gone := [key for key in known if key not in tags]:
        await rc.call("sqs", "UntagQueue", {"QueueUrl": url, "TagKeys": gone})
    if changed := {key: value for key, value in tags.items() if known.get(key) != value}:
        await rc.call("sqs", "TagQueue", {"QueueUrl": url, "Tags": changed})


def _fifo(properties: Properties) -> bool:
    return str(properties.get("FifoQueue", "")).lower() == "true"


def _physical_name(rc: ResourceContext, fifo: bool) -> str:
    return rc.physical_name(_NAME_LENGTH - len(_SUFFIX)) + _SUFFIX if fifo else rc.physical_name(_NAME_LENGTH)


def _attributes(properties: Properties) -> dict[str, str]:
    """The properties that are attributes, as text; a queue that is not FIFO has none that say so."""
    given = {name: _text(value) for name, value in properties.items() if name in _ATTRIBUTES}
    return {name: value for name, value in given.items() if name not in FIFO_DEFAULTS or value != "false"}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return orjson.dumps(value).decode() if isinstance(value, (dict, list)) else str(value)


# -- policies ------------------------------------------------------------------------------------------


async def _put_policy(rc: ResourceContext, url: str, policy: str) -> None:
    await rc.call("sqs", "SetQueueAttributes", {"QueueUrl": url, "Attributes": {"Policy": policy}})


TABLE = (
    ResourceType(
        name="AWS::SQS::Queue",
        create=_create_queue,
        update=_update_queue,
        delete=_delete_queue,
        properties=frozenset({"QueueName", "Tags"}) | _ATTRIBUTES - {"Policy"},
        replace_on=frozenset({"QueueName", "FifoQueue"}),
        inert={
            "KmsMasterKeyId": _ENCRYPTION,
            "KmsDataKeyReusePeriodSeconds": _ENCRYPTION,
            "SqsManagedSseEnabled": _ENCRYPTION,
        },
    ),
    shared_policy("AWS::SQS::QueuePolicy", "Queues", _put_policy),
    inline_policy("AWS::SQS::QueueInlinePolicy", "Queue", _put_policy),
)
