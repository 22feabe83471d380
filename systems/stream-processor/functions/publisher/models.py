"""What a request for a new customer looks like. Without an id of the client's own the customer gets one."""

import uuid
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from domain.customer import Customer

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._@+-]{1,128}$")]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class NewCustomer(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", hide_input_in_errors=True)

    customer_id: Id = Field(default_factory=lambda: str(uuid.uuid4()))
    first_name: Name

    def customer(self) -> Customer:
        return Customer(self.customer_id, self.first_name)
