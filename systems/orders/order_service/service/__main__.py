"""The order service as a process. Its settings come from SSM parameters (see infra/stack.py)."""

import os

from order_service.domain.order import OrderDesk
from order_service.service import api, relay
from order_service.service.events import Publisher
from order_service.service.table import OrderTable
from shared.http import service

if __name__ == "__main__":
    orders = OrderTable(service.client("dynamodb"), os.environ["TABLE_NAME"])
    publisher = Publisher(service.client("events"), os.environ["EVENT_BUS_NAME"])
    desk = OrderDesk(orders, publisher.publish)
    service.run("order-service", api.create(desk, relay.lifespan(desk)))
