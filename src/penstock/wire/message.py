"""HTTP requests and responses as plain values: what the server hands in and sends out."""

from collections.abc import AsyncIterator
from urllib.parse import parse_qsl

Pairs = list[tuple[str, str]]


class Request:
    """`path` is still percent-encoded; `headers` have lower-case names, repeated ones joined by a comma."""

    __slots__ = ("body", "client", "headers", "method", "path", "query_string", "raw_headers")

    def __init__(
        self,
        method: str,
        path: str,
        query_string: str = "",
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        raw_headers: Pairs | None = None,
        client: str = "127.0.0.1",
    ) -> None:
        self.method = method
        self.path = path
        self.query_string = query_string
        self.headers = headers if headers is not None else {}
        self.body = body
        self.raw_headers = raw_headers if raw_headers is not None else list(self.headers.items())
        self.client = client

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
