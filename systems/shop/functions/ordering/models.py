"""The event as the ordering service reads it: what it does not need it ignores, what it needs it checks."""

from typing import Annotated

from pydantic import Field

from functions.common.documents import Document
from functions.common.models import Amount, CardInfo, Id, Line, Model, PaymentMethod, Price, Quantity, UserName


class OrderedItem(Model):
    product_id: Id
    quantity: Quantity
    price: Price
    product_name: str | None = None
    color: str | None = None


class PlacedOrder(Model):
    user_name: UserName
    order_date: Line
    order_id: Line
    total_price: Amount
    first_name: Line
    last_name: Line
    email: Line
    address: Line
    payment_method: PaymentMethod
    card_info: CardInfo
    items: Annotated[list[OrderedItem], Field(min_length=1)]
    correlation_id: str | None = None

    def document(self) -> Document:
        return self.model_dump(by_alias=True, exclude_none=True, exclude={"correlation_id"})


class CheckoutBasket(Model):
    """The EventBridge envelope, as far as it matters here."""

    id: str
    detail: PlacedOrder
