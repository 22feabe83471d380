"""How the Scheduler delivers: as the schedule's role, with its context attributes, and dead letters of its own kind.

Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html and
configuring-schedule-dlq.html
"""

import hashlib

from penstock.compute.sessions import RoleSessions
from penstock.delivery.retry import Failure
from penstock.delivery.sender import Sender
from penstock.delivery.targets import Delivery
from penstock.wire.model import Json

_ATTRIBUTE = "<aws.scheduler."
# Error codes that a service's older protocol calls otherwise.
_CODES = {"QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue"}


class ScheduleSender(Sender):
    """`parameters` of a delivery have the target's RoleArn and the ScheduledTime of the firing."""

    def __init__(self, sessions: RoleSessions) -> None:
        super().__init__("scheduler.amazonaws.com", sessions.principal)

    def session(self, delivery: Delivery) -> str:
        return "scheduler"

    def attempted(self, delivery: Delivery, retries: int) -> Delivery:
        if _ATTRIBUTE not in delivery.text:
            return delivery
        text = delivery.text
        for name, value in _attributes(delivery, retries).items():
            text = text.replace(f"{_ATTRIBUTE}{name}>", value)
        return delivery._replace(text=text)

    def letter(self, delivery: Delivery, failed: Failure, exhausted: str, retries: int) -> Json:
        attributes = {
            "ERROR_CODE": _CODES.get(failed.original, failed.original),
            "ERROR_MESSAGE": failed.message or failed.original,
            "EXECUTION_ID": _execution_id(delivery, retries),
            **({"EXHAUSTED_RETRY_CONDITION": exhausted} if exhausted else {}),
            "IS_PAYLOAD_TRUNCATED": "false",
            "RETRY_ATTEMPTS": str(retries),
            "SCHEDULED_TIME": delivery.parameters["ScheduledTime"],
            "SCHEDULE_ARN": delivery.source_arn,
            "TARGET_ARN": delivery.target_arn,
        }
        typed = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
        return {"MessageAttributes": typed}


def _attributes(delivery: Delivery, retries: int) -> dict[str, str]:
    return {
        "schedule-arn": delivery.source_arn,
        "scheduled-time": delivery.parameters["ScheduledTime"],
        "execution-id": _execution_id(delivery, retries),
        "attempt-number": str(retries + 1),
    }


def _execution_id(delivery: Delivery, retries: int) -> str:
    """16 hexadecimal digits: the same for the same attempt, so that a dead letter names the last one."""
    what = f"{delivery.source_arn} {delivery.parameters['ScheduledTime']} {retries}"
    return hashlib.blake2b(what.encode(), digest_size=8).hexdigest()
