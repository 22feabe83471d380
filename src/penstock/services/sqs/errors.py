"""SQS's errors, in the texts that AWS gives them.

The codes are those of the JSON protocol (`__type`); `QUERY_CODES` gives what the query protocol and boto3's
`Error.Code` call them. Source: the `x-amzn-query-error` headers of the service.
"""

from penstock.base.errors import AwsError
from penstock.wire.constraints import Faults
from penstock.wire.model import OperationModel

_PREFIXED = (
    "BatchEntryIdsNotDistinct",
    "BatchRequestTooLong",
    "EmptyBatchRequest",
    "InvalidBatchEntryId",
    "MessageNotInflight",
    "PurgeQueueInProgress",
    "QueueDeletedRecently",
    "TooManyEntriesInBatchRequest",
    "UnsupportedOperation",
)

QUERY_CODES = {code: f"AWS.SimpleQueueService.{code}" for code in _PREFIXED} | {
    "InvalidParameterValueException": "InvalidParameterValue",
    "MissingRequiredParameterException": "MissingParameter",
    "QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue",
    "QueueNameExists": "QueueAlreadyExists",
    "SerializationException": "MalformedInput",
}

QUERY_TEXTS = {"QueueDoesNotExist": "The specified queue does not exist for this wsdl version."}


def invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message)


def invalid_value(parameter: str, value: object, reason: str) -> AwsError:
    return invalid(f"Value {value} for parameter {parameter} is invalid. Reason: {reason}.")


def missing(parameter: str) -> AwsError:
    return AwsError("MissingRequiredParameterException", f"The request must contain the parameter {parameter}.")


def invalid_attribute(name: str, reason: str = "") -> AwsError:
    """A queue attribute that may not have this value."""
    text = f"Invalid value for the parameter {name}."
    return AwsError("InvalidAttributeValue", f"{text} Reason: {reason}." if reason else text)


def unknown_attribute(name: str) -> AwsError:
    return AwsError("InvalidAttributeName", f"Unknown Attribute {name}.")


def no_queue() -> AwsError:
    return AwsError("QueueDoesNotExist", "The specified queue does not exist.")


def not_found(message: str) -> AwsError:
    return AwsError("ResourceNotFoundException", message, status=404)


def invalid_handle(handle: str) -> AwsError:
    message = f'The input receipt handle "{handle}" is not a valid receipt handle.'
    return AwsError("ReceiptHandleIsInvalid", message, status=404)


def refuse(operation: OperationModel, faults: Faults) -> AwsError:
    """The model of SQS constrains nothing but what is required."""
    path = faults[0].path
    return missing(path[:1].upper() + path[1:])
