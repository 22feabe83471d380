"""What a message on the queue looks like."""

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel

from domain.invoice import Invoice, Line


class Refused(Exception):
    """The message will never be an invoice; says why, naming the fields."""


def _printable(text: str) -> str:
    """The fonts that every PDF reader has know Latin-1. Better no invoice than one with a wrong name on it."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError as error:
        raise ValueError(f"the invoice's font has no '{text[error.start]}'") from None
    if not text.isprintable():
        raise ValueError("must be one line of printable characters")
    return text


Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_printable)
]
# It becomes a part of an object's key.
Number = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Quantity = Annotated[Decimal, Field(gt=0, max_digits=12, decimal_places=3)]
Price = Annotated[Decimal, Field(max_digits=12, decimal_places=2)]


class Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, hide_input_in_errors=True)


class LineMessage(Model):
    description: Text
    quantity: Quantity
    unit_price: Price


class InvoiceMessage(Model):
    invoice_number: Number
    customer: Text
    lines: Annotated[list[LineMessage], Field(min_length=1)]


def read(body: str) -> Invoice:
    """Raises Refused."""
    try:
        given = InvoiceMessage.model_validate_json(body)
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, each['loc'])) or 'body'}: {each['msg']}" for each in error.errors())
        raise Refused("; ".join(wrong)) from None
    lines = tuple(Line(each.description, each.quantity, each.unit_price) for each in given.lines)
    return Invoice(given.invoice_number, given.customer, lines)
