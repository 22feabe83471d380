"""How an order is announced on the bus. Consumers know these names from here or from the README, not from the code."""

SOURCE = "order-service"
DETAIL_TYPE = "order-created"
