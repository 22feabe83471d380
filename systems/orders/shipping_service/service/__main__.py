"""The shipping service as a process. Its setting comes from an SSM parameter (see infra/stack.py)."""

import os

from shared.http import service
from shipping_service.domain.shipment import Dispatch
from shipping_service.service import api
from shipping_service.service.table import ShipmentTable

if __name__ == "__main__":
    shipments = ShipmentTable(service.client("dynamodb"), os.environ["TABLE_NAME"])
    service.run("shipping-service", api.create(Dispatch(shipments)))
