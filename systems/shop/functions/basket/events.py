"""The shop's event: a basket was checked out. Asynchronous: who listens is not the basket service's business."""

import os
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger, Metrics

from domain.basket import Order
from domain.contract import DETAIL_TYPE, SOURCE
from domain.errors import Busy
from functions.common.documents import dump, to_json

logger = Logger()
metrics = Metrics()


@dataclass(frozen=True)
class Publisher:
    client: Any
    event_bus_name: str

    def publish(self, order: Order) -> None:
        """Returns once the bus has the event. An accepted call may hold a refused entry (PutEvents API reference)."""
        detail = {**dump(order), "correlationId": logger.get_correlation_id()}
        entry = {
            "EventBusName": self.event_bus_name,
            "Source": SOURCE,
            "DetailType": DETAIL_TYPE,
            "Detail": to_json(detail),
            **_trace_header(),
        }
        answer = self.client.put_events(Entries=[entry])
        if answer["FailedEntryCount"]:
            logger.error("event refused", extra={"entry": answer["Entries"][0]})
            raise Busy("The order cannot be taken just now. Try again.")
        logger.info("order published", extra={"order_id": order.order_id, "items": len(order.items)})
        metrics.add_metric(name="OrdersPublished", unit="Count", value=1)


def _trace_header() -> dict[str, str]:
    """So that the trace goes on at the other end of the queue."""
    trace = os.environ.get("_X_AMZN_TRACE_ID")
    return {"TraceHeader": trace} if trace else {}
