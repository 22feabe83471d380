"""The table of customers: each is written once."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from domain.customer import Customer


@dataclass(frozen=True)
class Customers:
    client: Any
    name: str

    def add(self, customer: Customer, event_id: str) -> bool:
        """Whether it is new. Who comes again, or comes second under an id, changes nothing."""
        item = {"customerId": customer.id, "firstName": customer.first_name, "eventId": event_id}
        try:
            self.client.put_item(
                TableName=self.name,
                Item={name: {"S": value} for name, value in item.items()},
                ConditionExpression="attribute_not_exists(customerId)",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
        return True
