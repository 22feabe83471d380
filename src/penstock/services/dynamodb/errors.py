"""The refusals that DynamoDB's operations share, with its own wording."""

from collections.abc import Callable
from typing import Any, TypeVar

from penstock.base.errors import AwsError

INVALID = "One or more parameter values were invalid: "
NOT_VALID = "One or more parameter values are not valid. "
KEY_MISMATCH = "The provided key element does not match the schema"

T = TypeVar("T")


def invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def not_found() -> AwsError:
    """The data plane's wording, which names no table."""
    return AwsError("ResourceNotFoundException", "Requested resource not found")


def condition_failed(item: dict[str, Any] | None = None) -> AwsError:
    fields: dict[str, Any] = {} if item is None else {"Item": item}
    return AwsError("ConditionalCheckFailedException", "The conditional request failed", **fields)


def enveloped(check: Callable[..., T]) -> Callable[..., T]:
    """PutItem, UpdateItem and DeleteItem report what is wrong with a request, before looking for its table, inside
    "1 validation error detected: "; every other operation reports the same faults bare.
    """

    def checked(*args: Any) -> T:
        try:
            return check(*args)
        except AwsError as error:
            raise AwsError(error.code, f"1 validation error detected: {error.message}") from None

    return checked
