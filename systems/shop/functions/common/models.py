"""What requests and events have in common: camelCase members, unknown ones ignored, values never quoted in errors."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, StringConstraints
from pydantic.alias_generators import to_camel

from domain.card import last_four
from domain.money import cents

# One segment of a path, the same before and after percent-decoding. `checkout` is the name of a route.
PATH_SEGMENT = r"^[A-Za-z0-9._@+-]{1,128}$"


def _not_a_route(name: str) -> str:
    if name == "checkout":
        raise ValueError("'checkout' is reserved")
    return name


def _name_or_number(value: Any) -> str | int:
    if isinstance(value, str) and 0 < len(value.strip()) <= 64:
        return value.strip()
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError("must be a name or a number")


Id = Annotated[str, Field(pattern=PATH_SEGMENT)]
UserName = Annotated[Id, AfterValidator(_not_a_route)]
# An amount stays within 15 significant digits (see documents.to_json), also the sum of 100 items of 999 pieces.
Price = Annotated[Decimal, Field(ge=0, max_digits=9, decimal_places=2), AfterValidator(cents)]
Amount = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=2), AfterValidator(cents)]
Quantity = Annotated[int, Field(strict=True, ge=1, le=999)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=256)]
PaymentMethod = Annotated[str | int, PlainValidator(_name_or_number)]
CardInfo = Annotated[str, BeforeValidator(last_four)]


class Model(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, frozen=True, extra="ignore", str_strip_whitespace=True, hide_input_in_errors=True
    )

    def values(self) -> dict[str, Any]:
        """The members that were given, under their Python names; nested models stay models."""
        return {name: getattr(self, name) for name in self.model_fields_set if getattr(self, name) is not None}
