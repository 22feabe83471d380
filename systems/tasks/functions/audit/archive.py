"""The audit log: an object for each event, `events/{type}/{id}-{sequence}.json`, which is written once."""

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from domain.events import Recorded
from functions.common.documents import event_document

# Shows what becomes of an event that a listener cannot take.
UNACCEPTABLE = "5"


class Unacceptable(Exception):
    """The audit log does not take this event, however often it comes."""


@dataclass(frozen=True)
class Archive:
    client: Any
    bucket: str

    def take(self, recorded: Recorded) -> None:
        if getattr(recorded.event, "summary", None) == UNACCEPTABLE:
            raise Unacceptable(f"the summary is {UNACCEPTABLE}")
        try:
            self.client.put_object(
                Bucket=self.bucket,
                Key=f"events/{recorded.event.type}/{recorded.task_id}-{recorded.sequence}.json",
                Body=json.dumps(event_document(recorded), default=str).encode(),
                ContentType="application/json",
                IfNoneMatch="*",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "PreconditionFailed":
                raise
