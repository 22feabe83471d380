"""What fails a state: error names, and which names a retrier or catcher means.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

from collections.abc import Collection

ALL = "States.ALL"
TASK_FAILED = "States.TaskFailed"
TIMEOUT = "States.Timeout"
HEARTBEAT_TIMEOUT = "States.HeartbeatTimeout"
RUNTIME = "States.Runtime"
DATA_LIMIT = "States.DataLimitExceeded"
PARAMETER_PATH = "States.ParameterPathFailure"
RESULT_PATH = "States.ResultPathMatchFailure"
INTRINSIC = "States.IntrinsicFailure"
NO_CHOICE = "States.NoChoiceMatched"
BRANCH_FAILED = "States.BranchFailed"
QUERY = "States.QueryEvaluationError"
PERMISSIONS = "States.Permissions"
THRESHOLD = "States.ExceedToleratedFailureThreshold"
ITEM_READER = "States.ItemReaderFailed"
RESULT_WRITER = "States.ResultWriterFailed"


class StateError(Exception):
    """A state's failure. `evaluated` marks one of an expression: its cause is told with the state it arose in.
    `known_as` is the name by which retriers and catchers know it.
    """

    def __init__(
        self, error: str, cause: str = "", *, location: str = "", evaluated: bool = False, known_as: str = ""
    ) -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.known_as = known_as or error
        self.cause = cause
        self.location = location
        self.evaluated = evaluated


def evaluation(error: str, cause: str, location: str = "") -> StateError:
    """A failure of the definition's own expressions and paths."""
    return StateError(error, cause, location=location, evaluated=True)


def matches(wanted: Collection[str], error: str) -> bool:
    """Whether an `ErrorEquals` means this error. Nothing means States.Runtime: it always fails the execution."""
    if error == RUNTIME:
        return False
    if error in wanted:
        return True
    if error == HEARTBEAT_TIMEOUT and TIMEOUT in wanted:
        return True
    return ALL in wanted or (TASK_FAILED in wanted and error not in (TIMEOUT, HEARTBEAT_TIMEOUT))
