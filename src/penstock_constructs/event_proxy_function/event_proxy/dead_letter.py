"""What a dead letter says about itself, in message attributes named as EventBridge names those of its own.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
"""

import re
from typing import Any

from .receiver import Answer

_LONGEST = 1024  # characters of an attribute
# What SQS takes in an attribute: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
_NOT_TEXT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def attributes(code: str, message: str, answer: Answer) -> dict[str, Any]:
    """ERROR_CODE and ERROR_MESSAGE; RECEIVER_STATUS (0: no answer) and RECEIVER_ANSWER, unless that was empty."""
    texts = {"ERROR_CODE": code, "ERROR_MESSAGE": message, "RECEIVER_ANSWER": answer.text}
    found = {name: {"DataType": "String", "StringValue": _clean(text)} for name, text in texts.items() if text}
    return {**found, "RECEIVER_STATUS": {"DataType": "Number", "StringValue": str(answer.status)}}


def _clean(text: str) -> str:
    return _NOT_TEXT.sub("\ufffd", text)[:_LONGEST]
