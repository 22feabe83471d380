"""SNS's errors, in the texts that AWS gives them.

Codes are the names of the model's error shapes; on the wire they are shorter (`InvalidParameterException` is
`InvalidParameter`), which the codec knows.
"""

from penstock.base.errors import AwsError
from penstock.wire.constraints import Faults, summary
from penstock.wire.model import OperationModel


def invalid(what: str, reason: str = "") -> AwsError:
    """`Invalid parameter: TopicArn Reason: ...`"""
    return AwsError(
        "InvalidParameterException", f"Invalid parameter: {what}" + (f" Reason: {reason}" if reason else "")
    )


def invalid_value(text: str) -> AwsError:
    """A message attribute that may not be as it is."""
    return AwsError("InvalidParameterValueException", text)


def no_topic() -> AwsError:
    return AwsError("NotFoundException", "Topic does not exist")


def no_subscription() -> AwsError:
    return AwsError("NotFoundException", "Subscription does not exist")


def unsupported(what: str) -> AwsError:
    return AwsError("NotImplemented", f"Penstock does not support {what}.", status=501)


def refuse(operation: OperationModel, faults: Faults) -> AwsError:
    """A member that is missing at the top is an invalid parameter; anything else the model's own error."""
    path, shapes = faults[0].path, operation.service.shapes
    member = path[:1].upper() + path[1:]
    spec = shapes[operation.input or ""].get("members", {}).get(member)
    if spec is None or faults[0].value is not None or shapes[spec["shape"]]["type"] != "string":
        return AwsError("ValidationError", summary(faults), status=400)
    return invalid(member, "no value for required parameter")
