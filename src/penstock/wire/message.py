"""HTTP requests and responses as plain values: what the server hands in and sends out."""

from collections.abc import AsyncIterator
from typing import Protocol
from urllib.parse import parse_qsl

Pairs = list[tuple[str, str]]


class Waiter(Protocol):
    """Who works on a reply: is told when nobody waits for it any more."""

    abandoned: bool


class Connection(Protocol):
    """Where a request came from; its `waiter` hears when it closes before the reply. `peer`: host and port."""

    waiter: Waiter | None
    peer: tuple[str, int]


class Request:
    """`path` is still percent-encoded; `headers` have lower-case names, repeated ones joined by a comma.

    `stream` is a body that is still arriving, of servers that hand it on; `body` is empty then.
    `form` is for whoever reads parameters of query string and body: they are read once.
    `mounted` is the beginning of the path that only a local URL has, `/_aws/execute-api/<id>`; `domain` the custom
    domain name that led here, and the base path in it.
    """

    __slots__ = (
        "_raw", "body", "client", "connection", "domain", "form", "headers", "method", "mounted", "path",
        "query_string", "stream",
    )  # fmt: skip

    def __init__(
        self,
        method: str,
        path: str,
        query_string: str = "",
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        raw: list[tuple[bytes, bytes]] | None = None,
        client: str = "127.0.0.1",
        connection: Connection | None = None,
    ) -> None:
        self.method = method
        self.path = path
        self.query_string = query_string
        self.headers = headers if headers is not None else {}
        self.body = body
        self._raw = raw
        self.client = client
        self.connection = connection
        self.stream: AsyncIterator[bytes] | None = None
        self.form: Pairs | None = None
        self.mounted = ""
        self.domain: tuple[str, str] | None = None

    @property
    def raw_headers(self) -> Pairs:
        """Headers as they were sent, in their order and case, repeated ones apart."""
        if self._raw is None:
            return list(self.headers.items())
        return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self._raw]

    @property
    def query(self) -> Pairs:
        """Decoded query parameters in their order, empty values kept."""
        return parse_qsl(self.query_string, keep_blank_values=True) if self.query_string else []

    @property
    def target(self) -> str:
        return f"{self.path}?{self.query_string}" if self.query_string else self.path


class Response:
    """`body` is bytes, or an asynchronous iterator of chunks that is sent as it comes."""

    __slots__ = ("body", "headers", "status")

    def __init__(
        self, status: int = 200, headers: Pairs | None = None, body: bytes | AsyncIterator[bytes] = b""
    ) -> None:
        self.status = status
        self.headers = headers if headers is not None else []
        self.body = body

    def header(self, name: str) -> str | None:
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)
