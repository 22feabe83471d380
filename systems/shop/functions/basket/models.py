"""What a client may say about a basket. A card number ends here: only its last four digits get through."""

import uuid
from typing import Annotated

from pydantic import Field

from domain.basket import Basket, Item, Purchase
from functions.common.models import CardInfo, Id, Line, Model, PaymentMethod, Price, Quantity, UserName


class NewItem(Model):
    product_id: Id
    quantity: Quantity
    price: Price
    product_name: Annotated[str, Field(max_length=128)] | None = None
    color: Annotated[str, Field(max_length=32)] | None = None


class NewBasket(Model):
    user_name: UserName
    items: Annotated[list[NewItem], Field(max_length=100)]

    def basket(self) -> Basket:
        return Basket(self.user_name, tuple(Item(**item.values()) for item in self.items), version=str(uuid.uuid4()))


class NewPurchase(Model):
    user_name: UserName
    first_name: Line
    last_name: Line
    email: Annotated[Line, Field(pattern=r"^[^@\s]+@[^@\s]+$")]
    address: Line
    payment_method: PaymentMethod
    card_info: CardInfo

    def purchase(self) -> Purchase:
        return Purchase(**self.values())
