"""Which events shipping listens to."""

SOURCE = "order-service"
DETAIL_TYPE = "order-created"
