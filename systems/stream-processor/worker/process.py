"""The records of a payload become customers in the table."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from domain.customer import Drill, drill_of
from worker import aws, logs, models
from worker.payload import Payload
from worker.table import Customers

logger = logging.getLogger(__name__)


class Forced(Exception):
    """A drill: the failure is wanted."""


@dataclass(frozen=True)
class Processor:
    """`fall_silent` does not return. It is what a drill of silence comes to."""

    customers: Customers
    drills: bool
    fall_silent: Callable[[], None]

    def process(self, payload: Payload) -> int:
        """The exit code. The payload fails if one of its records does; the others are stored all the same."""
        try:
            outcomes = [self._outcome(record) for record in payload.records()]
        except Exception as error:
            logger.exception("payload not processed")
            payload.failed(f"{type(error).__name__}: {error}")
            return 1
        reasons = [reason for _, reason in outcomes if reason]
        if reasons:
            payload.failed("; ".join(reasons))
            return 1
        payload.succeeded(Counter(outcome for outcome, _ in outcomes))
        return 0

    def _outcome(self, record: Any) -> tuple[str, str]:
        """`stored`, `known` or `failed`, and in the last case the reason, with the record's id."""
        event_id = record.get("eventID", "") if isinstance(record, dict) else ""
        logs.begin(stream_event_id=event_id)
        aws.trace.set("")
        try:
            return ("stored" if self._store(models.read(record)) else "known"), ""
        except Exception as error:
            logger.warning("record not processed", exc_info=True)
            return "failed", f"{event_id}: {type(error).__name__}: {error}"

    def _store(self, message: models.Message) -> bool:
        known = message.metadata
        logs.begin(correlation_id=known.correlation_id, trace=known.trace, event_id=known.event_id)
        aws.trace.set(known.trace)
        customer = message.customer()
        drill = drill_of(customer) if self.drills else None
        if drill is Drill.FAILURE:
            raise Forced(f"a first name of {drill} fails while drills are on")
        if drill is Drill.SILENCE:
            logger.warning("falling silent")
            self.fall_silent()
        new = self.customers.add(customer, known.event_id)
        logger.info("customer stored" if new else "customer known already", extra={"customer_id": customer.id})
        return new
