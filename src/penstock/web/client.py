"""A small HTTP/1.1 client for loopback: what gateways and deliveries call endpoints with.

Nothing leaves the machine: an address that is not local is refused before a connection is made.
"""

import asyncio
import contextlib
import re
from typing import Any
from urllib.parse import urlsplit

import httptools

from penstock.wire.message import Pairs, Response

_LOCAL = re.compile(r"localhost|.+\.localhost|127\.\d+\.\d+\.\d+|::1", re.IGNORECASE)
_HOP = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding", "te", "upgrade"})
_CHUNK = 65_536


class Unreachable(Exception):
    """No answer from the endpoint; the text says why."""


class _Answer:
    """Collects what httptools' parser calls back with."""

    def __init__(self) -> None:
        self.headers: Pairs = []
        self.chunks: list[bytes] = []
        self.complete = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_body(self, body: bytes) -> None:
        self.chunks.append(body)

    def on_message_complete(self) -> None:
        self.complete = True


async def fetch(method: str, url: str, headers: Pairs, body: bytes = b"") -> Response:
    """The endpoint's answer; its hop-by-hop headers are left out. Raises Unreachable."""
    target = urlsplit(url)
    host = target.hostname or ""
    if target.scheme != "http":
        raise Unreachable(f"{url}: Penstock calls http:// endpoints on this machine only")
    if not _LOCAL.fullmatch(host):
        raise Unreachable(f"{url}: {host} is not on this machine")
    address = "127.0.0.1" if host.lower().endswith("localhost") else host
    try:
        reader, writer = await asyncio.open_connection(address, target.port or 80)
    except OSError as error:
        raise Unreachable(f"{url}: {error.strerror or error}") from None
    try:
        path = (target.path or "/") + (f"?{target.query}" if target.query else "")
        writer.write(_encode(method, path, target.netloc, headers, body))
        return await _read(reader, url, method)
    except OSError as error:
        raise Unreachable(f"{url}: {error.strerror or error}") from None
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _encode(method: str, path: str, host: str, headers: Pairs, body: bytes) -> bytes:
    kept = [(name, value) for name, value in headers if name.lower() not in _HOP and name.lower() != "host"]
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in kept]
    if any("\r" in line or "\n" in line for line in lines):
        raise Unreachable("a header with a line break cannot be sent")
    return "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + body


async def _read(reader: asyncio.StreamReader, url: str, method: str) -> Response:
    answer = _Answer()
    parser: Any = httptools.HttpResponseParser(answer)
    try:
        while not answer.complete:
            data = await reader.read(_CHUNK)
            if not data:
                break
            parser.feed_data(data)
    except httptools.HttpParserError as error:
        raise Unreachable(f"{url}: not an HTTP response ({error})") from None
    status = parser.get_status_code()
    if not status:
        raise Unreachable(f"{url}: the connection was closed without an answer")
    kept = [(name, value) for name, value in answer.headers if name.lower() not in _HOP]
    return Response(status, kept, b"" if method == "HEAD" else b"".join(answer.chunks))
