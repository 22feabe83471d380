"""The payload of one task, and the report on it.

The other side is penstock_constructs/stream_workflow.py.
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

LONGEST_CAUSE = 32_768  # of SendTaskFailure
# The time-out was first, or the execution has ended otherwise: the payload is in the failure queue, or done.
_NOBODY_WAITS = frozenset({"TaskTimedOut", "TaskDoesNotExist"})

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Payload:
    s3: Any
    stepfunctions: Any
    environment: Mapping[str, str]

    def records(self) -> list[Any]:
        """None where the object is gone: another task has done the same payload."""
        where = {"Bucket": self.environment["BUCKET_NAME"], "Key": self.environment["BUCKET_KEY"]}
        try:
            body: bytes = self.s3.get_object(**where)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchKey":
                raise
            return []
        found: list[Any] = json.loads(body)
        return found

    def succeeded(self, output: Mapping[str, Any]) -> None:
        self._report(self.stepfunctions.send_task_success, output=json.dumps(output))

    def failed(self, cause: str) -> None:
        self._report(self.stepfunctions.send_task_failure, error="ProcessingException", cause=cause[:LONGEST_CAUSE])

    def _report(self, call: Callable[..., Any], **report: str) -> None:
        try:
            call(taskToken=self.environment["TASK_TOKEN"], **report)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _NOBODY_WAITS:
                raise
            logger.warning("the report came too late", extra=report)
