"""Why a deployment fails, in the words that its events have."""

from penstock.base.errors import AwsError, PenstockError


class DeployError(PenstockError):
    """A resource could not be made what it should be. `verb` is CREATE or UPDATE, `reason` the service's own words."""

    def __init__(self, message: str, logical_id: str, verb: str, reason: str) -> None:
        super().__init__(message)
        self.logical_id = logical_id
        self.verb = verb
        self.reason = reason


class CalledOff(DeployError):
    """Somebody, or the clock, has ended the deployment; `reason` is what the stack's status says."""


def reason_of(error: Exception) -> str:
    """The service's own words, with its error code."""
    if isinstance(error, AwsError):
        return f"{error.message} ({error.code})" if error.message and error.code else error.message or error.code
    if isinstance(error, DeployError):
        return error.reason
    return str(error) if isinstance(error, PenstockError) else f"{type(error).__name__}: {error}"
