"""One error for everything that AWS would refuse."""

from typing import Any


class AwsError(Exception):
    """An error as an AWS service answers it.

    `code` is the name of an error shape of the operation's model, or a code common to the service
    (`ValidationException`, `AccessDenied`, ...). `fields` are further members of the error shape
    (`CancellationReasons`, for instance). `status` overrides the HTTP status that the model gives.
    """

    def __init__(self, code: str, message: str = "", *, status: int | None = None, **fields: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.fields = fields


class PenstockError(Exception):
    """Something the user can mend; its text is one clear sentence, shown without a traceback."""
