from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from domain.link import ATTEMPTS, CODE, RESERVED, AlreadyExists, Link, NotFound, Shortener, new_code

NOW = datetime(2026, 11, 21, tzinfo=UTC)


class Table(dict[str, Link]):
    """What DynamoDB would keep."""

    def add(self, link: Link) -> None:
        if link.code in self:
            raise AlreadyExists(f"There is a link {link.code} already.")
        self[link.code] = link

    def click(self, code: str) -> Link | None:
        if code in self:
            self[code] = replace(self[code], clicks=self[code].clicks + 1)
        return self.get(code)


def shortener(*codes: str) -> Shortener:
    given: Iterator[str] = iter(codes)
    return Shortener(Table(), lambda: next(given), lambda: NOW)


def test_a_link_counts_how_often_it_is_followed() -> None:
    links = shortener("a")
    assert links.shorten("https://example.com/") == Link("a", "https://example.com/", NOW, 0)
    assert [links.follow("a").clicks for _ in range(3)] == [1, 2, 3]
    assert links.find("a").clicks == 3


def test_a_code_that_is_taken_is_not_given_twice() -> None:
    links = shortener("a", "a", "a", "b")
    assert [links.shorten("https://example.com/").code for _ in range(2)] == ["a", "b"]


def test_codes_do_run_out() -> None:
    links = shortener(*"a" * (ATTEMPTS + 1))
    links.shorten("https://example.com/")
    with pytest.raises(AlreadyExists):
        links.shorten("https://example.com/")


def test_a_chosen_code_is_that_code_or_a_conflict() -> None:
    links = shortener()
    assert links.shorten("https://example.com/", "mine").code == "mine"
    with pytest.raises(AlreadyExists, match="link mine already"):
        links.shorten("https://example.org/", "mine")
    assert links.find("mine").url == "https://example.com/"


def test_unknown_codes() -> None:
    for look in (shortener().follow, shortener().find):
        with pytest.raises(NotFound):
            look("none")


def test_codes_fit_into_paths_and_differ() -> None:
    codes = {new_code() for _ in range(1000)}
    assert len(codes) == 1000
    assert all(CODE.fullmatch(code) and code not in RESERVED for code in codes)
