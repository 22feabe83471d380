"""Looks, now and then, for orders that a process stored and did not live to announce."""

import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from order_service.domain.order import OrderDesk

INTERVAL = 10.0  # seconds

logger = logging.getLogger(__name__)


class Relay(threading.Thread):
    """Each task has one. Two that find the same order announce it twice, which listeners do not mind."""

    def __init__(self, desk: OrderDesk) -> None:
        super().__init__(name="relay", daemon=True)
        self._desk = desk
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.is_set():
            self._look()
            self._ended.wait(INTERVAL)

    def stop(self) -> None:
        self._ended.set()

    def _look(self) -> None:
        try:
            found = self._desk.catch_up()
        except Exception:
            logger.exception("the relay will look again")
        else:
            if found:
                logger.warning("orders announced for others", extra={"orders": found})


def lifespan(desk: OrderDesk) -> Any:
    """The relay lives as long as the app."""

    @asynccontextmanager
    async def living(app: object) -> AsyncIterator[None]:
        relay = Relay(desk)
        relay.start()
        yield
        relay.stop()

    return living
