"""What is published: an event in a wrapper that says which one it is and which request it belongs to."""

from dataclasses import dataclass
from typing import Any

from domain.customer import Customer


@dataclass(frozen=True, slots=True)
class Metadata:
    """`trace` is the trace of the request, as X-Ray's header has it."""

    event_id: str
    correlation_id: str
    trace: str


def customer_created(customer: Customer, metadata: Metadata) -> dict[str, Any]:
    return {
        "metadata": {
            "eventId": metadata.event_id,
            "eventType": "customer-created",
            "correlationId": metadata.correlation_id,
            "trace": metadata.trace,
        },
        "data": {"customerId": customer.id, "firstName": customer.first_name},
    }
