"""Headers that pass a REST API under another name, or not at all; what kind of integration takes which. Tables.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html; as observed.
"""

from penstock.wire.message import Pairs

# Of a request: nobody behind the gateway sees them.
NOT_FORWARDED = frozenset(
    {"connection", "content-length", "content-md5", "expect", "keep-alive", "max-forwards", "proxy-authenticate",
     "server", "te", "trailer", "transfer-encoding", "upgrade", "www-authenticate"}
)  # fmt: skip
# Of a request that an HTTP proxy hands on: besides those above. The Host becomes that of the endpoint.
NOT_PROXIED = frozenset({"content-encoding", "host", "via"})

# What the gateway says itself cannot be mapped: such a method answers 500.
_FRAMING = frozenset({"content-length", "transfer-encoding"})
_CONNECTION = _FRAMING | {"authorization", "connection", "expect", "proxy-authenticate", "te"}
_UNMAPPABLE = {"HTTP": _FRAMING, "HTTP_PROXY": _FRAMING, "AWS": _CONNECTION, "AWS_PROXY": _CONNECTION}

# Names that an answer keeps for the gateway.
_REMAPPED = frozenset(
    {"authorization", "connection", "content-md5", "date", "expect", "host", "max-forwards", "proxy-authenticate",
     "server", "trailer", "upgrade", "user-agent", "www-authenticate", "x-amzn-requestid"}
)  # fmt: skip
_REMAPPED_ANEW = _REMAPPED | {"content-length"}


def unmappable(kind: str, name: str) -> bool:
    """Whether an integration of this kind fails when a header of this name is mapped to its request."""
    return name.lower() in _UNMAPPABLE.get(kind, ())


def remapped(headers: Pairs) -> Pairs:
    """The headers of a backend's answer as clients get them. The length of a stream, and of a HEAD, stays."""
    return _renamed(headers, _REMAPPED)


def remapped_anew(headers: Pairs) -> Pairs:
    """The same for an answer whose body the gateway makes, so that its length is another."""
    return _renamed(headers, _REMAPPED_ANEW)


def _renamed(headers: Pairs, names: frozenset[str]) -> Pairs:
    return [
        (f"x-amzn-Remapped-{name}" if key in names else name, value)
        for name, value in headers
        if (key := name.lower()) != "transfer-encoding"
    ]
