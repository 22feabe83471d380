"""What a client may say about a product."""

from typing import Annotated

from pydantic import Field, model_validator

from functions.common.models import Id, Line, Model, Price

Text = Annotated[str, Field(max_length=4096)]


class NewProduct(Model):
    """`id` is for catalogues that have their own; without it the product gets one."""

    id: Id | None = None
    name: Line
    price: Price
    description: Text | None = None
    image_file: Line | None = None
    category: Line | None = None


class ProductChange(Model):
    """The members that a PUT names. The others keep their values."""

    id: Id | None = None
    name: Line | None = None
    price: Price | None = None
    description: Text | None = None
    image_file: Line | None = None
    category: Line | None = None

    @model_validator(mode="after")
    def _names_something(self) -> "ProductChange":
        if not self.values().keys() - {"id"}:
            raise ValueError("must name at least one of name, price, description, imageFile, category")
        return self
