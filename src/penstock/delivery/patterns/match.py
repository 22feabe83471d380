"""Whether an event matches: every field of one of the pattern's alternatives passes one of its tests.

Fields are compared by their path joined with dots, so `{"a.b": [1]}` and `{"a": {"b": [1]}}` are one pattern, as in
AWS. Only leaves count: an object or an empty array is no value. Of an array one element has to match; fields that lie
in objects of the same array have to match in the same object (event-ruler's array consistency).
"""

import itertools
from collections.abc import Container, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from penstock.delivery.patterns import keys
from penstock.delivery.patterns.keys import Key
from penstock.delivery.patterns.operators import ABSENT, Accepts, Test

Where = tuple[tuple[int, int], ...]  # (array, index of its element) for each array around a leaf
Fields = Mapping[str, list[tuple[Any, Where]]]


def flatten(event: Mapping[str, Any], wanted: Container[str]) -> Fields:
    """The leaves of an event by path; only paths in `wanted` are entered."""
    fields: dict[str, list[tuple[Any, Where]]] = {}
    arrays = itertools.count()

    def walk(value: Any, path: str, where: Where) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                step = f"{path}.{name}"
                if step in wanted:
                    walk(inner, step, where)
        elif isinstance(value, list):
            array = next(arrays)
            for index, inner in enumerate(value):
                walk(inner, path, (*where, (array, index)) if isinstance(inner, dict | list) else where)
        elif path in fields:
            fields[path].append((value, where))
        else:
            fields[path] = [(value, where)]

    for name, value in event.items():
        if name in wanted:
            walk(value, name, ())
    return fields


def _together(one: Where, other: Where) -> Where | None:
    """Both places at once; None where they are different elements of one array."""
    if not one or not other or one == other:
        return one or other
    places = dict(one)
    for array, index in other:
        if places.setdefault(array, index) != index:
            return None
    return tuple(places.items())


@dataclass(frozen=True, slots=True)
class Condition:
    """The array of one field: `values` to be equal to, further tests, and whether the field may be missing."""

    values: frozenset[Hashable]
    tests: tuple[Accepts, ...]
    absent: bool
    keys: tuple[Key, ...] | None

    @classmethod
    def of(cls, values: Iterable[Any], tests: Iterable[Test]) -> "Condition":
        exact = frozenset(map(keys.whole, values))
        tests = list(tests)
        keyed = [test.keys for test in tests if test.keys is not None]
        found = (*((keys.whole, 0, value) for value in exact), *itertools.chain.from_iterable(keyed))
        return cls(
            exact,
            tuple(test.accepts for test in tests if test is not ABSENT),
            ABSENT in tests,
            tuple(dict.fromkeys(found)) if len(keyed) == len(tests) else None,
        )

    def accepts(self, value: Any) -> bool:
        return keys.whole(value) in self.values or any(test(value) for test in self.tests)


@dataclass(frozen=True, eq=False, slots=True)
class Branch:
    """One alternative of a pattern: conditions on fields, in the order of their paths, which all have to hold."""

    conditions: tuple[tuple[str, Condition], ...]

    def holds(self, fields: Fields, at: int = 0, where: Where = ()) -> bool:
        """Whether the conditions from `at` on hold, given the array elements that earlier ones matched in."""
        if at == len(self.conditions):
            return True
        path, condition = self.conditions[at]
        missing = condition.absent
        for value, place in fields.get(path, ()):
            together = _together(where, place)
            if together is None:
                continue
            missing = False
            if condition.accepts(value) and self.holds(fields, at + 1, together):
                return True
        return missing and self.holds(fields, at + 1, where)


class Pattern:
    """A compiled event pattern; `branches` are its alternatives (one, but for `$or`)."""

    __slots__ = ("branches", "wanted")

    def __init__(self, branches: Iterable[Mapping[str, Condition]]) -> None:
        self.branches = tuple(Branch(tuple(sorted(branch.items()))) for branch in branches)
        self.wanted = frozenset(
            step for branch in self.branches for path, _ in branch.conditions for step in steps(path)
        )

    def matches(self, event: Mapping[str, Any]) -> bool:
        fields = flatten(event, self.wanted)
        return any(branch.holds(fields) for branch in self.branches)


def steps(path: str) -> list[str]:
    """The path and everything above it: `a.b.c` -> `a`, `a.b`, `a.b.c`."""
    return [path[:dot] for dot, char in enumerate(path) if char == "."] + [path]
