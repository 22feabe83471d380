"""A customer, and the first names with which one can rehearse a failure."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Customer:
    id: str
    first_name: str


class Drill(StrEnum):
    """First names that make the processing fail, or hang, while drills are held."""

    FAILURE = "force-failure"
    SILENCE = "force-silence"


def drill_of(customer: Customer) -> Drill | None:
    return Drill(customer.first_name) if customer.first_name in set(Drill) else None
