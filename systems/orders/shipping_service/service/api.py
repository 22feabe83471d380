"""The shipping service's HTTP API. An event that can never become a shipment is answered 4xx: the proxy gives it up."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated

from fastapi import FastAPI, Path, Response

from shared.http import logs, service
from shipping_service.domain.shipment import Contradiction, Dispatch, NotFound
from shipping_service.service.models import Envelope, ShownShipment

logger = logging.getLogger(__name__)

STATUSES: Mapping[type[Exception], HTTPStatus] = {
    NotFound: HTTPStatus.NOT_FOUND,
    Contradiction: HTTPStatus.CONFLICT,
}
OrderNumber = Annotated[str, Path(max_length=128)]


def create(dispatch: Dispatch) -> FastAPI:
    app = service.create("shipping-service", STATUSES)

    @app.post("/receiver", status_code=HTTPStatus.CREATED)
    def receive(envelope: Envelope, response: Response) -> ShownShipment:
        """201 for a new shipment, 200 for an order that was announced before."""
        order = envelope.detail.order()
        logs.bind(order_number=order.number, event_id=envelope.id)
        if envelope.detail.metadata.correlation_id:
            logs.bind(correlation_id=envelope.detail.metadata.correlation_id)
        shipment, new = dispatch.ship(order, envelope.id)
        logger.info("shipment stored" if new else "order announced again")
        response.status_code = HTTPStatus.CREATED if new else HTTPStatus.OK
        return ShownShipment.of(shipment)

    @app.get("/shipments/{order_number}")
    def show(order_number: OrderNumber) -> ShownShipment:
        return ShownShipment.of(dispatch.find(order_number))

    return app
