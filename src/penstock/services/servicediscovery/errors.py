"""Errors that several operations of Cloud Map share."""

from penstock.base.errors import AwsError


def invalid(message: str) -> AwsError:
    return AwsError("InvalidInput", message)


def not_found(code: str, id: str) -> AwsError:
    """Cloud Map's message is the id that was asked for, and nothing else."""
    return AwsError(code, id)
