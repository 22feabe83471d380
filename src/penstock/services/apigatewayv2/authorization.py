"""How authorizers of HTTP and WebSocket APIs refuse."""

import re

from penstock.wire.message import Pairs

_LOCAL = re.compile(r"http://(localhost|[^/@]+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?(/.*)?", re.IGNORECASE)


class Denied(Exception):
    """The exchange goes no further.

    `error` is `$context.authorizer.error` of access logs; where it is the API's own fault (`fault`), the runtime's log
    has it too. `challenge` is the answer's www-authenticate.
    """

    def __init__(self, status: int, message: str, error: str = "", *, fault: bool = False, challenge: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.error = error
        self.fault = fault
        self.headers: Pairs = [("www-authenticate", challenge)] if challenge else []


def misconfigured(error: str) -> Denied:
    return Denied(500, "Internal Server Error", error, fault=True)


def unsupported_issuer(issuer: str) -> str:
    """Why the tokens of an issuer cannot be verified here; empty where they can."""
    if _LOCAL.fullmatch(issuer):
        return ""
    return f"Penstock verifies tokens of issuers on this machine only (http://localhost:...), not those of {issuer}"
