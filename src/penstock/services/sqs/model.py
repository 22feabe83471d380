"""What botocore's model of SQS leaves out or says too narrowly.

Since SQS speaks JSON the model no longer carries the names of the query protocol; the JSON codec ignores
`locationName`, so giving them here changes nothing else. Sets of names and members of batch entries are checked by the
operations: AWS answers with SQS's own errors there, for one entry of a batch where the others succeed.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/ (the examples in the query protocol).
"""

from penstock.wire.model import Json


def _members(**names: str) -> Json:
    return {"members": {member: {"locationName": name} for member, name in names.items()}}


def _list(name: str) -> Json:
    return {"member": {"locationName": name}}


_MAP = {"key": {"locationName": "Name"}, "value": {"locationName": "Value"}}
_BATCHES = ("SendMessage", "DeleteMessage", "ChangeMessageVisibility")

PATCHES: dict[str, Json] = {
    # flattened lists: parameters `ActionName.1`, elements `<Message>`
    "AWSAccountIdList": _list("AWSAccountId"),
    "ActionNameList": _list("ActionName"),
    "AttributeNameList": _list("AttributeName"),
    "BatchResultErrorEntryList": _list("BatchResultErrorEntry"),
    "BinaryList": _list("BinaryListValue"),
    "MessageAttributeNameList": _list("MessageAttributeName"),
    "MessageList": _list("Message"),
    "MessageSystemAttributeList": _list("MessageSystemAttributeName"),
    "QueueUrlList": _list("QueueUrl"),
    "StringList": _list("StringListValue"),
    "TagKeyList": _list("TagKey"),
    **{f"{batch}BatchRequestEntryList": _list(f"{batch}BatchRequestEntry") for batch in _BATCHES},
    **{f"{batch}BatchResultEntryList": _list(f"{batch}BatchResultEntry") for batch in _BATCHES},
    # flattened maps: `Attribute.1.Name`, `Attribute.1.Value`
    "MessageBodyAttributeMap": _MAP,
    "MessageBodySystemAttributeMap": _MAP,
    "MessageSystemAttributeMap": _MAP,
    "QueueAttributeMap": _MAP,
    "TagMap": {"key": {"locationName": "Key"}, "value": {"locationName": "Value"}},
    # the members that hold them
    "CreateQueueRequest": _members(Attributes="Attribute", tags="Tag"),
    "GetQueueAttributesResult": _members(Attributes="Attribute"),
    "ListMessageMoveTasksResult": _members(Results="ListMessageMoveTasksResultEntry"),
    "ListQueueTagsResult": _members(Tags="Tag"),
    "Message": _members(Attributes="Attribute", MessageAttributes="MessageAttribute"),
    "SendMessageRequest": _members(
        MessageAttributes="MessageAttribute", MessageSystemAttributes="MessageSystemAttribute"
    ),
    "SetQueueAttributesRequest": _members(Attributes="Attribute"),
    "TagQueueRequest": _members(Tags="Tag"),
    # what the operations check themselves
    "SendMessageBatchRequestEntry": {"required": []}
    | _members(MessageAttributes="MessageAttribute", MessageSystemAttributes="MessageSystemAttribute"),
    "DeleteMessageBatchRequestEntry": {"required": []},
    "ChangeMessageVisibilityBatchRequestEntry": {"required": []},
    "MessageAttributeValue": {"required": []},
    "MessageSystemAttributeValue": {"required": []},
    "QueueAttributeName": {"enum": None},
    "MessageSystemAttributeName": {"enum": None},
    "MessageSystemAttributeNameForSends": {"enum": None},
}
