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


class BadValue(AwsError):
    """An attribute value that is refused; `older` is how the operations that check values in the older way say it."""

    def __init__(self, message: str, older: str) -> None:
        super().__init__("ValidationException", message)
        self.older = older


def older(error: AwsError) -> str:
    return error.older if isinstance(error, BadValue) else error.message


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


def in_older_words(check: Callable[..., T]) -> Callable[..., T]:
    """BatchWriteItem, Scan, transactions and the parameters of PartiQL read values as DynamoDB once did everywhere."""

    def checked(*args: Any) -> T:
        try:
            return check(*args)
        except BadValue as error:
            raise invalid(error.older) from None

    return checked
