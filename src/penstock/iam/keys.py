"""Access keys and the ids of IAM's entities, in AWS's forms.

An access key's id holds its account: after the prefix come 10 bytes in base32, of which the 40 bits after the first
are the account's number.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
"""

import base64
import binascii
import secrets

_PREFIX = 4
_ACCOUNT_BITS = 40
_AFTER = 80 - 1 - _ACCOUNT_BITS  # random bits after the account


def access_key_id(prefix: str, account: str) -> str:
    """`AKIA...` for a user, `ASIA...` for temporary credentials; 20 characters."""
    number = 1 << 79 | int(account) << _AFTER | secrets.randbits(_AFTER)
    return prefix + base64.b32encode(number.to_bytes(10)).decode()


def account_of(key_id: str) -> str | None:
    """The account that an access key was made for, or None where its id has another form."""
    try:
        number = int.from_bytes(base64.b32decode(key_id[_PREFIX:]))
    except binascii.Error:
        return None
    account = number >> _AFTER & (1 << _ACCOUNT_BITS) - 1
    return f"{account:012d}" if len(key_id) == _PREFIX + 16 and account < 10**12 else None


def secret_access_key() -> str:
    """40 characters of base64."""
    return base64.b64encode(secrets.token_bytes(30)).decode()


def session_token() -> str:
    """356 characters of base64, which begin as AWS's do."""
    return "FQoGZXIvYXdzE" + base64.b64encode(secrets.token_bytes(258)).decode()[:343]


def unique_id(prefix: str) -> str:
    """`AROA...` for a role, `AIDA...` for a user, and so on; 21 characters."""
    return prefix + base64.b32encode(secrets.token_bytes(11)).decode()[:17]
