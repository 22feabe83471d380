"""What a message may hold, and how long it is. Pure.

Source: https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html
"""

import base64
import re
from typing import Any

from penstock.base.errors import AwsError
from penstock.services.sns.errors import invalid, invalid_value
from penstock.wire.model import Json

MAX_SIZE = 262_144
MAX_NAME = 256

_SUBJECT = re.compile(r"[!-~][ -~]{0,99}")
_NAME = re.compile(r"(?!\.)(?!.*\.$)(?!.*\.\.)[A-Za-z0-9_.-]+")
_IMPERMISSIBLE = re.compile(r"[^A-Za-z0-9_.-]")
_TYPE = re.compile(r"(String|Number|Binary)(\..+)?")
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_ID = re.compile(r"[!-~]{1,128}")


def check_subject(subject: str | None) -> None:
    """Printable ASCII, not beginning with a space, at most 100 characters."""
    if subject is not None and not _SUBJECT.fullmatch(subject):
        raise invalid("Subject")


def check_id(name: str, value: str | None) -> None:
    """Group and deduplication ids."""
    if value is not None and not _ID.fullmatch(value):
        reason = f"The {name} can only include alphanumeric and punctuation characters. 1 to 128 in length"
        raise invalid(name, reason)


def size_of(message: str, attributes: Json) -> int:
    """Bytes, names and types of attributes included."""
    size = len(message) if message.isascii() else len(message.encode())
    for name, value in attributes.items():
        size += len(name.encode()) + len(value["DataType"].encode()) + len(_value(value))
    return size


def _value(attribute: Json) -> bytes:
    binary: bytes | None = attribute.get("BinaryValue")
    return binary if binary is not None else (attribute.get("StringValue") or "").encode()


# -- attributes ------------------------------------------------------------------------------------------


def check_attributes(attributes: Json) -> None:
    """`{name: {DataType, StringValue or BinaryValue}}`"""
    for name, attribute in attributes.items():
        _check_name(name)
        _check_attribute(name, attribute)


def _check_name(name: str) -> None:
    if len(name) > MAX_NAME:
        raise invalid_value("Length of message attribute name must be less than 256 bytes.")
    if not _NAME.fullmatch(name):
        raise _wrong_name(name)


def _wrong_name(name: str) -> AwsError:
    if name.startswith("."):
        return invalid_value("Invalid message attribute name starting with character '.' was found.")
    if name.endswith("."):
        return invalid_value("Invalid message attribute name ending with character '.' was found.")
    found = _IMPERMISSIBLE.search(name)
    if found is not None:
        return invalid_value(
            f"Invalid non-alphanumeric character '#x{ord(found.group()):X}' was found in the message attribute name. "
            "Can only include alphanumeric characters, hyphens, underscores, or dots."
        )
    return invalid_value("Message attribute name can not have successive '.' character.")


def _check_attribute(name: str, attribute: Json) -> None:
    kind = attribute["DataType"]
    matched = _TYPE.fullmatch(kind)
    if matched is None:
        raise invalid_value(
            f"The message attribute '{name}' has an invalid message attribute type, the set of supported type "
            "prefixes is Binary, Number, and String."
        )
    field, other = ("Binary", "String") if matched[1] == "Binary" else ("String", "Binary")
    value = attribute.get(f"{field}Value")
    if value is None and attribute.get(f"{other}Value") is not None:
        raise invalid_value(f"The message attribute '{name}' with type '{kind}' must use field '{field}'.")
    if not value:
        raise invalid_value(
            f"The message attribute '{name}' must contain non-empty message attribute value for message attribute "
            f"type '{kind}'."
        )
    if matched[1] == "Number" and not _NUMBER.fullmatch(value):
        raise invalid_value(f"Could not cast message attribute '{name}' value to number.")


def in_envelope(attributes: Json) -> dict[str, dict[str, str]]:
    """As subscribers see them: `{name: {"Type", "Value"}}`, blobs in base64."""
    return {name: {"Type": value["DataType"], "Value": as_text(value)} for name, value in attributes.items()}


def as_text(attribute: Json) -> str:
    binary = attribute.get("BinaryValue")
    return base64.b64encode(binary).decode() if binary is not None else attribute["StringValue"]


def packed(attributes: Json) -> Json:
    """Attributes as JSON has them, blobs in base64."""
    return {name: {"DataType": value["DataType"], _field(value): as_text(value)} for name, value in attributes.items()}


def unpacked(attributes: Json) -> Json:
    return {name: {field: _blob(field, item) for field, item in value.items()} for name, value in attributes.items()}


def _field(attribute: Json) -> str:
    return "BinaryValue" if attribute.get("BinaryValue") is not None else "StringValue"


def _blob(field: str, value: str) -> Any:
    return base64.b64decode(value) if field == "BinaryValue" else value
