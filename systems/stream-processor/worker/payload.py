"""The payload of one task, and the report on it.

The other side is penstock_constructs/stream_workflow.py.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

LONGEST_CAUSE = 32_768  # of SendTaskFailure


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
        self.stepfunctions.send_task_success(taskToken=self._token, output=json.dumps(output))

    def failed(self, cause: str) -> None:
        self.stepfunctions.send_task_failure(
            taskToken=self._token, error="ProcessingException", cause=cause[:LONGEST_CAUSE]
        )

    @property
    def _token(self) -> str:
        return self.environment["TASK_TOKEN"]
