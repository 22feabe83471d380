"""Finds, among many patterns, those that match an event, without trying each.

Every alternative of a pattern is filed under the keys of just one of its fields: the one where fewest others are
filed, which for patterns on one source is, say, the detail type. An event looks up the keys of its own values; what it
finds is then matched in full. So the work depends on the event and on how many patterns share its values, not on how
many there are.
"""

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from penstock.delivery.patterns import keys
from penstock.delivery.patterns.keys import Cut, Key
from penstock.delivery.patterns.match import Branch, Condition, Fields, Pattern, flatten, steps

K = TypeVar("K", bound=Hashable)
_ANY_VALUE: tuple[Key, ...] = ((keys.present, 0, True),)


class Index(Generic[K]):
    """Patterns by key. `match` gives each matching key once, in the order in which they were added."""

    def __init__(self) -> None:
        self._patterns: dict[K, Pattern] = {}
        self._order: dict[K, int] = {}
        self._added = 0
        self._wanted: Counter[str] = Counter()
        self._filed: dict[str, dict[tuple[Cut, int], dict[Hashable, dict[Branch, K]]]] = {}
        self._unfiled: dict[Branch, K] = {}  # hold for events without any of their fields
        self._places: dict[Branch, tuple[str, tuple[Key, ...]]] = {}

    def __len__(self) -> int:
        return len(self._patterns)

    def add(self, key: K, pattern: Pattern) -> None:
        """Files a pattern; one of the same key is replaced."""
        self.remove(key)
        self._added += 1
        self._patterns[key], self._order[key] = pattern, self._added
        for branch in pattern.branches:
            self._wanted.update(step for path, _ in branch.conditions for step in steps(path))
            self._file(branch, key)

    def remove(self, key: K) -> None:
        """Forgets a pattern, if it is there."""
        pattern = self._patterns.pop(key, None)
        if pattern is None:
            return
        del self._order[key]
        for branch in pattern.branches:
            self._wanted.subtract(step for path, _ in branch.conditions for step in steps(path))
            self._unfile(branch)
        self._wanted += Counter()  # drops what nobody wants any more

    def match(self, event: Mapping[str, Any]) -> list[K]:
        fields = flatten(event, self._wanted)
        found = {key for branch, key in self.candidates(fields) if branch.holds(fields)}
        return sorted(found, key=self._order.__getitem__)

    def candidates(self, fields: Fields) -> Iterator[tuple[Branch, K]]:
        """The alternatives that are worth matching in full, some of them more than once."""
        yield from self._unfiled.items()
        for path, leaves in fields.items():
            for (cut, level), parts in self._filed.get(path, {}).items():
                for value, _ in leaves:
                    yield from parts.get(cut(value, level), {}).items()

    def _file(self, branch: Branch, key: K) -> None:
        options = [(path, condition) for path, condition in branch.conditions if not condition.absent]
        if not options:
            self._unfiled[branch] = key
            return
        path, condition = min(options, key=lambda option: self._crowd(*option))
        self._places[branch] = path, condition.keys or _ANY_VALUE
        tables = self._filed.setdefault(path, {})
        for cut, level, part in self._places[branch][1]:
            tables.setdefault((cut, level), {}).setdefault(part, {})[branch] = key

    def _crowd(self, path: str, condition: Condition) -> tuple[bool, int]:
        """How many alternatives the fullest of the condition's keys holds; those that name no value come last."""
        tables = self._filed.get(path, {})
        sizes = (len(tables.get((cut, level), {}).get(part, ())) for cut, level, part in condition.keys or _ANY_VALUE)
        return condition.keys is None, max(sizes)

    def _unfile(self, branch: Branch) -> None:
        self._unfiled.pop(branch, None)
        path, filed = self._places.pop(branch, ("", ()))
        for cut, level, part in filed:
            tables = self._filed[path]
            del tables[cut, level][part][branch]
            if not tables[cut, level][part]:
                del tables[cut, level][part]
            if not tables[cut, level]:
                del tables[cut, level]
        if filed and not self._filed[path]:
            del self._filed[path]
