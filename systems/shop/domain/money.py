"""Money is a Decimal with two places. A float never enters: 0.1 + 0.2 has no place on a bill."""

from decimal import Decimal

CENT = Decimal("0.01")


def cents(amount: Decimal) -> Decimal:
    """The same amount written with two places; ValueError where that would round it."""
    exact = amount.quantize(CENT)
    if exact != amount:
        raise ValueError(f"{amount} is not a whole number of cents")
    return exact
