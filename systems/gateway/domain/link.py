"""Short codes that stand for URLs, and how often they were followed."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

# Not 0 and O, not 1, I and l: codes are read out and typed.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
LENGTH = 7
ATTEMPTS = 4

# What a code may look like where the client chooses it.
CODE = re.compile(r"[A-Za-z0-9_-]{1,64}")
# First segments of the service's own paths.
RESERVED = frozenset({"links", "health"})


class LinkError(Exception):
    """The message is written for the client."""


class NotFound(LinkError):
    """No link has this code."""


class AlreadyExists(LinkError):
    """Another link has this code."""


@dataclass(frozen=True, slots=True)
class Link:
    code: str
    url: str
    created_at: datetime
    clicks: int = 0


class Links(Protocol):
    def add(self, link: Link) -> None:
        """Raises AlreadyExists."""

    def get(self, code: str) -> Link | None: ...
    def click(self, code: str) -> Link | None:
        """Counts one more, and returns the link as it is then."""


def new_code() -> str:
    """57^7 are two trillions: a taken one is rare, and hardly anybody guesses one."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


@dataclass(frozen=True)
class Shortener:
    links: Links
    new_code: Callable[[], str] = new_code
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def shorten(self, url: str, code: str | None = None) -> Link:
        """A new link, under the code that the client chose or under one that is free."""
        if code is not None:
            return self._add(code, url)
        for _ in range(ATTEMPTS - 1):
            try:
                return self._add(self.new_code(), url)
            except AlreadyExists:
                pass
        return self._add(self.new_code(), url)

    def follow(self, code: str) -> Link:
        return _known(self.links.click(code), code)

    def find(self, code: str) -> Link:
        return _known(self.links.get(code), code)

    def _add(self, code: str, url: str) -> Link:
        link = Link(code, url, self.now())
        self.links.add(link)
        return link


def _known(link: Link | None, code: str) -> Link:
    if link is None:
        raise NotFound(f"There is no link {code}.")
    return link
