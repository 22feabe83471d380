"""The order service's HTTP API."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import FastAPI, Header, Path, Request, Response

from order_service.domain.order import KeyReused, Metadata, NotFound, OrderDesk
from order_service.service.models import NewOrder, PlacedOrder
from shared.http import logs, service

STATUSES: Mapping[type[Exception], HTTPStatus] = {
    NotFound: HTTPStatus.NOT_FOUND,
    KeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
}
Number = Annotated[str, Path(max_length=64)]
IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=255)]


def create(desk: OrderDesk, lifespan: Any = None) -> FastAPI:
    app = service.create("order-service", STATUSES, lifespan)

    @app.post("/order", status_code=HTTPStatus.CREATED)
    def place(new: NewOrder, request: Request, response: Response, key: IdempotencyKey = None) -> PlacedOrder:
        trace = request.state.trace
        metadata = Metadata(trace.correlation_id, trace.traceparent, trace.xray)
        order = desk.place(new.customer_id, metadata, key)
        logs.bind(order_number=order.number)
        response.headers["Location"] = f"/order/{order.number}"
        return PlacedOrder.of(order)

    @app.get("/order/{number}")
    def show(number: Number) -> PlacedOrder:
        return PlacedOrder.of(desk.find(number))

    return app
