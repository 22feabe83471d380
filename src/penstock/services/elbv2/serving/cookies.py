"""Sticky sessions: what a load balancer remembers of a client, in cookies that only it can read. Pure.

A cookie's value is sealed with a key made of an ARN, so that it outlives a restart; a value that was tampered with, or
whose time is over, counts as none. Source:
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#sticky-sessions
"""

import base64
import binascii
import hashlib
from email.utils import formatdate

from penstock.base import ids

GROUP_COOKIE = "AWSALBTG"
COOKIES = {"lb_cookie": "AWSALB", "app_cookie": "AWSALBAPP-0"}  # stickiness.type -> the load balancer's cookie
_NONCE, _TAG = 12, 12  # bytes
_LONGEST = 64  # one block of the key stream


class Seal:
    def __init__(self, secret: str) -> None:
        self._key = hashlib.blake2b(secret.encode(), digest_size=32).digest()

    def close(self, text: str, expires: float) -> str:
        """A cookie's value for up to 48 bytes of `text`; `expires` is in epoch seconds."""
        nonce = bytes.fromhex(ids.hex_id(2 * _NONCE))
        plain = f"{int(expires):x} {text}".encode()
        hidden = self._mask(nonce, plain)
        return base64.b64encode(nonce + self._tag(nonce, hidden) + hidden).decode()

    def open(self, value: str, now: float) -> str | None:
        """The text in a cookie's value; None for one that is not ours or too old."""
        try:
            raw = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            return None
        nonce, tag, hidden = raw[:_NONCE], raw[_NONCE : _NONCE + _TAG], raw[_NONCE + _TAG :]
        if tag != self._tag(nonce, hidden) or len(hidden) > _LONGEST:
            return None
        expires, _, text = self._mask(nonce, hidden).decode().partition(" ")
        return text if int(expires, 16) > now else None

    def _tag(self, nonce: bytes, hidden: bytes) -> bytes:
        return hashlib.blake2b(nonce + hidden, key=self._key, digest_size=_TAG).digest()

    def _mask(self, nonce: bytes, data: bytes) -> bytes:
        stream = hashlib.blake2b(nonce, key=self._key, digest_size=_LONGEST).digest()
        return bytes(a ^ b for a, b in zip(data, stream, strict=False))


def cookies_of(header: str) -> dict[str, str]:
    """The first of each name counts."""
    found: dict[str, str] = {}
    for part in header.split(";"):
        name, _, value = part.strip().partition("=")
        found.setdefault(name, value)
    return found


def set_cookies(name: str, value: str, expires: float) -> list[tuple[str, str]]:
    """The cookie, and its twin that other sites' pages send too; one that follows the application's has none."""
    shared = f"={value}; Expires={formatdate(expires, usegmt=True)}; Path=/"
    if name == COOKIES["app_cookie"]:
        return [("Set-Cookie", name + shared)]
    return [("Set-Cookie", name + shared), ("Set-Cookie", f"{name}CORS{shared}; SameSite=None")]
