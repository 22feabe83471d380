"""URLs that integrations and deliveries call.

Nothing leaves the machine: a name is `localhost`, an address of loopback or a name of a private network, and anything
else is refused before a connection is made.
"""

import re
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

from penstock.web.stream import Body, collect
from penstock.web.unreachable import CannotConnect, Unreachable
from penstock.web.upstream import ANSWER_TIMEOUT, CONNECT_TIMEOUT, Upstream
from penstock.wire.message import Pairs, Response

Resolve = Callable[[str], list[str] | None]
_LOCALHOST = re.compile(r"localhost|.+\.localhost", re.IGNORECASE)
_LOOPBACK = re.compile(r"127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1")


async def fetch(
    upstream: Upstream,
    method: str,
    url: str,
    headers: Pairs,
    body: Body = b"",
    *,
    resolve: Resolve | None = None,
    port: Callable[[str, int], int] | None = None,
    local: str | None = None,
    connect_timeout: float = CONNECT_TIMEOUT,
    answer_timeout: float = ANSWER_TIMEOUT,
    stream: bool = False,
) -> Response:
    """The endpoint's answer, its body whole unless `stream`. The Host is that of the URL. Raises Unreachable.

    `resolve` knows the names of private networks (`Network.resolve`), whose addresses are tried in turn, and `port`
    where something really listens there (`Network.port`).
    """
    target, wanted = _split(url)
    path = (target.path or "/") + (f"?{target.query}" if target.query else "")
    headers = [("Host", target.netloc.rpartition("@")[2]), *(pair for pair in headers if pair[0].lower() != "host")]
    limits = {"connect_timeout": connect_timeout, "answer_timeout": answer_timeout}
    refusal: CannotConnect | None = None
    for host in _addresses(url, target, resolve):
        actual = port(host, wanted) if port is not None else wanted
        try:
            response = await upstream.send(method, host, actual, path, headers, body, local=local, **limits)
        except CannotConnect as error:
            refusal = error
            continue
        if not stream:
            await collect(response)
        return response
    raise refusal or CannotConnect(f"{url}: the name has no address at the moment")


def _split(url: str) -> tuple[SplitResult, int]:
    try:
        target = urlsplit(url)
        return target, target.port or 80
    except ValueError as error:
        raise Unreachable(f"{url}: {error}") from None


def _addresses(url: str, target: SplitResult, resolve: Resolve | None) -> list[str]:
    """Where the URL leads. Raises Unreachable."""
    host = target.hostname or ""
    if target.scheme != "http":
        raise Unreachable(f"{url}: Penstock calls http:// endpoints on this machine only")
    found = resolve(host) if resolve is not None else None
    if found is not None:
        return found
    if _LOOPBACK.fullmatch(host):
        return [host]
    if _LOCALHOST.fullmatch(host):
        return ["127.0.0.1"]
    raise Unreachable(f"{url}: {host} is not on this machine")
