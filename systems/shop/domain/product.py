"""A product of the catalogue."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Product:
    id: str
    name: str
    price: Decimal
    description: str | None = None
    image_file: str | None = None
    category: str | None = None
