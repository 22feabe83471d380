"""The announcement of an order, as an event on the bus."""

import json
import logging
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from order_service.domain.contract import DETAIL_TYPE, SOURCE
from order_service.domain.order import Announcement, Unpublished
from order_service.service.models import OrderCreated

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Publisher:
    client: Any
    event_bus_name: str

    def publish(self, announcement: Announcement) -> None:
        """Returns once the bus has the event. An accepted call may hold a refused entry (PutEvents API reference)."""
        entry = {
            "EventBusName": self.event_bus_name,
            "Source": SOURCE,
            "DetailType": DETAIL_TYPE,
            "Detail": json.dumps(OrderCreated.announcing(announcement)),
            "TraceHeader": announcement.metadata.xray,
        }
        try:
            answer = self.client.put_events(Entries=[entry])
        except (ClientError, BotoCoreError) as error:
            raise Unpublished(str(error)) from error
        if answer["FailedEntryCount"]:
            raise Unpublished(str(answer["Entries"][0]))
        known = {"order_number": announcement.order.number, "event_id": answer["Entries"][0]["EventId"]}
        logger.info("order announced", extra=known)
