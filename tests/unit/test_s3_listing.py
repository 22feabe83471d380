"""Property tests of listing: what a walk shows is what the definition says, whatever the keys and the page size."""

from itertools import islice
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from penstock.services.s3.listing import Position, after, common_prefix, entries
from penstock.services.s3.names import after_prefix

KEYS = st.lists(st.text("ab/é\U0010ffff", min_size=1, max_size=6), unique=True, max_size=30)


def shown(keys: list[str], prefix: str, delimiter: str) -> list[str]:
    """By definition: every key with the prefix, or what it is rolled up to, once."""
    found = [common_prefix(key, prefix, delimiter) or key for key in sorted(keys) if key.startswith(prefix)]
    return list(dict.fromkeys(found))


def fetcher(keys: list[str], count: list[int]) -> Any:
    rows = [(0, key) for key in sorted(keys)]

    def fetch(position: Position, limit: int) -> list[Any]:
        count[0] += 1
        start = position.key if position.row is None else position.key + "\0"
        return [row for row in rows if row[1] >= start][:limit]

    return fetch


@given(KEYS, st.text("ab/", max_size=2), st.sampled_from(["", "/", "b", "//"]))
def test_a_walk_shows_each_once_in_order(keys: list[str], prefix: str, delimiter: str) -> None:
    found = [name for name, _ in entries(fetcher(keys, [0]), prefix, delimiter, Position(prefix))]
    assert found == shown(keys, prefix, delimiter)


@given(KEYS, st.text("ab/", max_size=2), st.sampled_from(["", "/", "b"]), st.integers(1, 4))
def test_pages_put_together_are_the_whole(keys: list[str], prefix: str, delimiter: str, limit: int) -> None:
    found: list[str] = []
    while True:
        start = after(found[-1] if found else "", prefix, delimiter)
        page = list(islice(entries(fetcher(keys, [0]), prefix, delimiter, start), limit + 1))
        found += [name for name, _ in page[:limit]]
        if len(page) <= limit:
            break
    assert found == shown(keys, prefix, delimiter)


def test_a_prefix_with_many_keys_costs_two_fetches() -> None:
    count = [0]
    keys = [f"{folder}/{number:04}" for folder in "abc" for number in range(2000)]
    assert [name for name, _ in entries(fetcher(keys, count), "", "/", Position(""))] == ["a/", "b/", "c/"]
    assert count[0] <= 4


@given(st.text("a\ud7ff\U0010ffff", min_size=1, max_size=4), st.text("a\ud7ff\U0010ffff", max_size=3))
def test_behind_a_prefix_is_behind_all_that_begins_with_it(prefix: str, rest: str) -> None:
    behind = after_prefix(prefix)
    assert not behind or (behind > prefix + rest and not behind.startswith(prefix))
