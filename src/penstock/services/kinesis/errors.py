"""Kinesis's errors, in the texts that AWS gives them.

Source: answers of the service, as the AWS-validated tests of https://github.com/mhart/kinesalite and
https://github.com/localstack/localstack record them.
"""

from penstock.base.errors import AwsError
from penstock.wire.constraints import MAX_REPORTED, Fault, Faults
from penstock.wire.model import OperationModel


def invalid(message: str) -> AwsError:
    return AwsError("InvalidArgumentException", message)


def not_found(message: str) -> AwsError:
    return AwsError("ResourceNotFoundException", message)


def in_use(message: str) -> AwsError:
    return AwsError("ResourceInUseException", message)


def limit_exceeded(message: str) -> AwsError:
    return AwsError("LimitExceededException", message)


def refused(message: str) -> AwsError:
    """What the model's constraints would say if they knew it."""
    return AwsError("ValidationException", message)


def violated(value: object, path: str, must: str) -> AwsError:
    """One violated constraint, as the model's checker words it."""
    shown = "null" if value is None else f"'{value}'"
    return refused(
        f"1 validation error detected: Value {shown} at '{path}' failed to satisfy constraint: Member {must}"
    )


def no_stream(name: str, account: str) -> AwsError:
    return not_found(f"Stream {name} under account {account} not found.")


def no_shard(shard_id: str, stream: str, account: str) -> AwsError:
    return not_found(f"Could not find shard {shard_id} in stream {stream} under account {account}.")


def shard_gone(shard_id: str, stream: str, account: str) -> AwsError:
    """As readers are told."""
    return not_found(f"Shard {shard_id} in stream {stream} under account {account} does not exist")


def refuse(operation: OperationModel, faults: Faults) -> AwsError:
    """Violated constraints, without the contents of records."""
    shown = faults[:MAX_REPORTED]
    noun = "error" if len(shown) == 1 else "errors"
    return refused(f"{len(shown)} validation {noun} detected: " + "; ".join(map(_said, shown)))


def _said(fault: Fault) -> str:
    if isinstance(fault.value, bytes) or fault.path == "records":
        return f"Value at '{fault.path}' failed to satisfy constraint: {fault.subject} {fault.must}"
    return str(fault)
