"""Whom events are forwarded to: one POST, and what came of it.

Connecting and waiting for the answer are told apart, because they mean different things: who cannot be connected to is
away, and no event is to blame for it; who takes a request and does not answer may have broken on that very event.
"""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

_CONNECTIONS = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
_ANSWER_KEPT = 4096  # bytes; what is said after that helps nobody
# "Not now": Request Timeout, Too Early, Too Many Requests, Service Unavailable.
_NOT_NOW = frozenset({408, 425, 429, 503})


@dataclass(frozen=True)
class Answer:
    """`status` is 0 where there was none, and `text` then says why."""

    status: int
    text: str = ""

    @property
    def accepted(self) -> bool:
        return 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        """It will be answered like this every time. A redirect, too: events go where they were told to go."""
        return not self.accepted and 0 < self.status < 500 and self.status not in _NOT_NOW


class Away(Exception):
    """The receiver is not there, or has no time: it has not dealt with the event at all."""


@dataclass(frozen=True)
class Receiver:
    """Times in seconds. A connection for each event: the next one may go to another task behind the name."""

    url: str
    connect_timeout: float
    answer_timeout: float

    def post(self, body: str, headers: Mapping[str, str]) -> Answer:
        """Raises Away."""
        url = urlsplit(self.url)
        connection = _CONNECTIONS[url.scheme](url.hostname or "", url.port, timeout=self.connect_timeout)
        try:
            self._connect(connection)
            path = url._replace(scheme="", netloc="").geturl() or "/"
            answer = self._exchange(connection, path, body, headers)
        finally:
            connection.close()
        if answer.status in _NOT_NOW:
            raise Away(f"{answer.status} {answer.text}")
        return answer

    def _connect(self, connection: http.client.HTTPConnection) -> None:
        try:
            connection.connect()
        except OSError as error:
            raise Away(f"{type(error).__name__}: {error}") from error
        connection.sock.settimeout(self.answer_timeout)

    def _exchange(
        self, connection: http.client.HTTPConnection, path: str, body: str, headers: Mapping[str, str]
    ) -> Answer:
        try:
            connection.request("POST", path, body.encode(), {"Content-Type": "application/json", **headers})
            response = connection.getresponse()
            return Answer(response.status, response.read(_ANSWER_KEPT).decode(errors="replace"))
        except (OSError, http.client.HTTPException) as error:
            return Answer(0, f"{type(error).__name__}: {error}")
