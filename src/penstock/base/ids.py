"""Identifiers in the forms that AWS gives them.

They need to be unique, not secret, so they come from a generator seeded once from the system: a
request needs two or three of them, and a system call for each would be a tenth of its cost.
"""

import random
import secrets
import string

_random = random.Random(secrets.randbits(256))
_bits = _random.getrandbits
_UPPER = string.ascii_uppercase + string.digits
_LOWER = string.ascii_lowercase + string.digits


def uuid() -> str:
    """A version 4 UUID: `8f0b0ac0-5d2a-4b51-8f2b-b2f9f6d2f2a1`."""
    h = _bits(128).to_bytes(16).hex()
    return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-a{h[17:20]}-{h[20:]}"


def hex_id(length: int) -> str:
    """`length` lower-case hexadecimal digits."""
    return f"{_bits(length * 4):0{length}x}"


def upper_id(length: int) -> str:
    """`length` characters of A-Z and 0-9, as in physical names of CloudFormation and in access keys."""
    return "".join(_random.choices(_UPPER, k=length))


def lower_id(length: int) -> str:
    """`length` characters of a-z and 0-9, as in API Gateway's ids."""
    return "".join(_random.choices(_LOWER, k=length))


def token(length: int = 40) -> str:
    """A secret from the system's own generator, for credentials."""
    return secrets.token_urlsafe(length)[:length]
