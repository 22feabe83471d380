"""The headers that an application load balancer adds to what it passes on. Pure.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html and
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html
"""

import re
from collections.abc import Callable

from penstock.base import ids
from penstock.wire.message import Pairs, Request
from penstock.wire.model import Json

# (request, epoch seconds, the client's port) -> all headers for the target
Rewrite = Callable[[Request, float, int], Pairs]

_FORWARDED = frozenset({"x-forwarded-for", "x-forwarded-port", "x-forwarded-proto", "x-amzn-trace-id"})
# What a Connection header lists is for the next hop only; it is taken out before anything is added, or else a client
# could have the load balancer's own headers taken out.
_HOP = frozenset({"connection"})
_VALID_NAME = re.compile(r"[A-Za-z0-9-]+")


def compile_headers(attributes: Json, protocol: str, port: int) -> Rewrite:
    """`attributes` are the load balancer's; protocol and port the listener's."""
    mode = attributes["routing.http.xff_header_processing.mode"]
    with_port = attributes["routing.http.xff_client_port.enabled"] == "true"
    valid_only = attributes["routing.http.drop_invalid_header_fields.enabled"] == "true"
    names_port = port not in (80, 443) and attributes["routing.http.preserve_host_header.enabled"] == "false"
    added = [("X-Forwarded-Proto", protocol.lower()), ("X-Forwarded-Port", str(port))]

    def rewrite(request: Request, now: float, client_port: int) -> Pairs:
        headers = request.headers
        omitted = _FORWARDED
        if listed := headers.get("connection"):
            omitted = omitted.union(_HOP, map(str.strip, listed.lower().split(","))) - {"host"}
        pairs = [pair for pair in request.raw_headers if pair[0].lower() not in omitted]
        if valid_only:
            pairs = [pair for pair in pairs if _VALID_NAME.fullmatch(pair[0])]
        if names_port and ":" not in headers.get("host", ":"):
            pairs = [(name, f"{value}:{port}" if name.lower() == "host" else value) for name, value in pairs]
        forwarded_for = headers.get("x-forwarded-for")
        if mode == "append":
            client = f"{request.client}:{client_port}" if with_port else request.client
            pairs.append(("X-Forwarded-For", f"{forwarded_for}, {client}" if forwarded_for else client))
        elif mode == "preserve" and forwarded_for:
            pairs.append(("X-Forwarded-For", forwarded_for))
        pairs += added
        pairs.append(("X-Amzn-Trace-Id", trace(headers.get("x-amzn-trace-id"), now)))
        return pairs

    return rewrite


def trace(header: str | None, now: float) -> str:
    """A Root where there is none; behind a Root of somebody else's a Self of this load balancer's."""
    own = f"1-{int(now):08x}-{ids.hex_id(24)}"
    if not header or "Root=" not in header:
        return f"Root={own};{header}" if header else f"Root={own}"
    rest = ";".join(part for part in header.split(";") if not part.strip().startswith("Self="))
    return f"Self={own};{rest}"
