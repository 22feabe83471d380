"""What a message may hold, how long it is, and its digests. Pure.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
"""

import base64
import hashlib
import re
from typing import Any

import orjson

from penstock.base.errors import AwsError
from penstock.services.sqs.errors import invalid, invalid_value
from penstock.wire.model import Json

MAX_ATTRIBUTES = 10
MAX_NAME = 256
MAX_BATCH_SIZE = 1_048_576

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAME = re.compile(r"[\w.-]+")
_TYPE = re.compile(r"(String|Number|Binary)(\..*)?", re.DOTALL)
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_ID = re.compile(r"[!-~]{1,128}")
_CHARACTERS = (
    "Invalid characters found. Valid unicode characters are "
    "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF"
)


def check_body(body: str, size: int, maximum: int) -> None:
    """`size` is that of the whole message in bytes."""
    if size > maximum:
        raise invalid(f"One or more parameters are invalid. Reason: Message must be shorter than {maximum} bytes.")
    if not body.isprintable() and _FORBIDDEN.search(body):
        raise AwsError("InvalidMessageContents", _CHARACTERS)


def check_id(parameter: str, value: str | None) -> None:
    """Group and deduplication ids."""
    if value is not None and not _ID.fullmatch(value):
        reason = f"{parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length"
        raise invalid_value(parameter, value, reason)


def message_size(body: bytes, attributes: Json | None) -> int:
    if not attributes:
        return len(body)
    return len(body) + sum(
        len(name.encode()) + len(value.get("DataType", "").encode()) + len(_value(value))
        for name, value in attributes.items()
    )


def _value(attribute: Json) -> bytes:
    binary: bytes | None = attribute.get("BinaryValue")
    return binary if binary is not None else (attribute.get("StringValue") or "").encode()


# -- attributes ----------------------------------------------------------------------------------------


def check_attributes(attributes: Json) -> None:
    """Message attributes of the sender: `{name: {DataType, StringValue or BinaryValue}}`."""
    if len(attributes) > MAX_ATTRIBUTES:
        raise invalid(
            f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum [{MAX_ATTRIBUTES}]."
        )
    for name, attribute in attributes.items():
        _check_name(name)
        _check_attribute(name, attribute, "(user)")


def check_system_attributes(attributes: Json) -> None:
    for name, attribute in attributes.items():
        if name != "AWSTraceHeader":
            raise invalid(f"Message system attribute name '{name}' is invalid.")
        _check_attribute(name, attribute, "system")


def _check_name(name: str) -> None:
    folded = name.lower()
    if not name.strip():
        raise invalid("The request must contain non-empty message (user) attribute names.")
    if len(name) > MAX_NAME:
        raise invalid(f"Message (user) attribute name must be shorter than {MAX_NAME} bytes.")
    if folded.startswith(("aws.", "amazon.")):
        raise invalid(
            "You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. "
            "These strings are reserved for internal use."
        )
    if name.startswith("."):
        raise invalid("Message (user) attribute name must not begin with character '.'.")
    if name.endswith("."):
        raise invalid("Message (user) attribute name must not end with character '.'.")
    if ".." in name:
        raise invalid("Message (user) attribute name must not have successive '.' characters.")
    if not _NAME.fullmatch(name):
        raise invalid(
            "Message (user) attribute name can only contain upper and lower case letters, digits, periods, hyphens "
            "and underscores."
        )


def _check_attribute(name: str, attribute: Json, kind: str) -> None:
    if attribute.get("StringListValues") or attribute.get("BinaryListValues"):
        message = "Message attribute list values in SendMessage operation are not supported."
        raise AwsError("UnsupportedOperation", message)
    if not attribute:
        raise invalid(f"The message {kind} attribute '{name}' must contain a non-empty message attribute value.")
    data_type = attribute.get("DataType")
    if not data_type:
        raise invalid(f"The message {kind} attribute '{name}' must contain a non-empty message attribute type.")
    matched = _TYPE.fullmatch(data_type)
    if matched is None or (kind == "system" and data_type != "String"):
        raise invalid(
            f"The type of message {kind} attribute '{name}' is invalid. "
            "You must use only the following supported type prefixes: Binary, Number, String."
        )
    if len(data_type) >= MAX_NAME:
        raise invalid(f"Message {kind} attribute type must be shorter than {MAX_NAME} bytes.")
    _check_value(name, attribute, matched[1], kind)


def _check_value(name: str, attribute: Json, base: str, kind: str) -> None:
    field, other = ("BinaryValue", "StringValue") if base == "Binary" else ("StringValue", "BinaryValue")
    value = attribute.get(field)
    if not value and attribute.get(other):
        short = field.removesuffix("Value")
        raise invalid(f"The message {kind} attribute '{name}' with type '{base}' must use field '{short}'.")
    if not value:
        kind_of_value = attribute["DataType"]
        raise invalid(f"Message {kind} attribute '{name}' must contain a non-empty value of type '{kind_of_value}'.")
    if attribute.get(other):
        raise invalid(f"Message {kind} attribute '{name}' must have a single value.")
    if base == "Number" and not _NUMBER.fullmatch(value):
        raise invalid(f"Can't cast the value of message {kind} attribute '{name}' to a number.")
    if base != "Binary" and _FORBIDDEN.search(value):
        raise invalid(_CHARACTERS)


# -- digests -------------------------------------------------------------------------------------------


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def md5_of_attributes(attributes: Json) -> str:
    """Names in order; each of name, type and value after its length, the value after what kind it is.

    Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
    """
    parts: list[bytes] = []
    for name in sorted(attributes):
        attribute = attributes[name]
        binary = attribute["DataType"].startswith("Binary")
        parts += _measured(name.encode()), _measured(attribute["DataType"].encode())
        parts += b"\x02" if binary else b"\x01", _measured(_value(attribute))
    return md5(b"".join(parts))


def _measured(data: bytes) -> bytes:
    return len(data).to_bytes(4) + data


# -- as they are kept ----------------------------------------------------------------------------------


def packed(attributes: Json) -> str:
    """Message attributes as JSON text, blobs in base64."""
    return orjson.dumps(attributes, default=lambda value: base64.b64encode(value).decode()).decode()


def unpacked(text: str) -> Json:
    attributes: dict[str, Any] = orjson.loads(text)
    for attribute in attributes.values():
        if "BinaryValue" in attribute:
            attribute["BinaryValue"] = base64.b64decode(attribute["BinaryValue"])
    return attributes
