"""Lists: filters by table, pages by the number of the last item shown."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from penstock.base.paging import page_key, page_token
from penstock.services.servicediscovery.errors import invalid
from penstock.wire.model import Json

DEFAULT_PAGE = 100


class Numbered(Protocol):
    @property
    def number(self) -> int: ...


T = TypeVar("T", bound=Numbered)


def after(request: Json) -> int:
    """The number that the page begins behind. Raises InvalidInput."""
    if "NextToken" not in request:
        return 0
    try:
        number: int = page_key(request["NextToken"], int)[0]
    except ValueError:
        raise invalid("Invalid NextToken") from None
    return number


def page(items: Iterable[T], request: Json) -> tuple[list[T], Json]:
    """The items of one page, out of those in ascending order, and the members that say how to go on."""
    first, size = after(request), request.get("MaxResults", DEFAULT_PAGE)
    shown: list[T] = []
    for item in items:
        if item.number <= first:
            continue
        if len(shown) == size:
            return shown, {"NextToken": page_token(shown[-1].number)}
        shown.append(item)
    return shown, {}


@dataclass(frozen=True, slots=True)
class Filterable:
    """What a filter looks at, and the conditions it may set."""

    value: Callable[[Any], Any]
    conditions: frozenset[str] = frozenset({"EQ"})


_TESTS: Mapping[str, Callable[[Any, list[str]], bool]] = {
    "EQ": lambda value, values: bool(value == values[0]),
    "IN": lambda value, values: value in values,
    "BEGINS_WITH": lambda value, values: str(value).startswith(values[0]),
    "BETWEEN": lambda value, values: float(values[0]) <= value <= float(values[1]),
}
_COUNTS = {"EQ": 1, "BEGINS_WITH": 1, "BETWEEN": 2}


def matcher(filters: list[Json], table: Mapping[str, Filterable]) -> Callable[[Any], bool]:
    """What all filters let pass. Raises InvalidInput for a condition or a number of values that a filter has not."""
    tests = []
    for item in filters:
        name, values, condition = item["Name"], item["Values"], item.get("Condition", "EQ")
        known = table[name]
        if condition not in known.conditions:
            raise invalid(f"Condition {condition} isn't supported for filter {name}")
        if len(values) != _COUNTS.get(condition, len(values)) or not values:
            raise invalid(f"Filter {name} with condition {condition} takes {_COUNTS.get(condition, 'some')} value(s)")
        if condition == "BETWEEN" and not all(_is_number(value) for value in values):
            raise invalid(f"Filter {name} takes times in Unix date/time format")
        tests.append((known.value, _TESTS[condition], values))
    return lambda thing: all(test(value(thing), values) for value, test, values in tests)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
