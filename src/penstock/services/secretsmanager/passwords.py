"""Random passwords as GetRandomPassword makes them. Pure, but for the system's randomness.

Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html
"""

import secrets
import string

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.wire.model import Json

# By the member that excludes it.
_TYPES = {
    "ExcludeUppercase": string.ascii_uppercase,
    "ExcludeLowercase": string.ascii_lowercase,
    "ExcludeNumbers": string.digits,
    "ExcludePunctuation": string.punctuation,
}


def get_random_password(ctx: Context, request: Json) -> Json:
    return {"RandomPassword": random_password(request)}


def random_password(request: Json) -> str:
    """Raises InvalidParameterException where the wishes leave no password."""
    excluded = set(request.get("ExcludeCharacters", ""))
    types = [" "] if request.get("IncludeSpace") else []
    types += [characters for member, characters in _TYPES.items() if not request.get(member)]
    allowed = [left for left in ("".join(c for c in characters if c not in excluded) for characters in types) if left]
    length = request.get("PasswordLength", 32)
    if not allowed:
        raise AwsError("InvalidParameterException", "No characters are left to make a password of.")
    each = request.get("RequireEachIncludedType", True)
    if each and length < sum(characters != " " for characters in allowed):
        message = "Password length is too short based on the required types."
        raise AwsError("InvalidParameterException", message)
    chosen = [secrets.choice(characters) for characters in allowed[:length]] if each else []
    every = "".join(allowed)
    chosen += [secrets.choice(every) for _ in range(length - len(chosen))]
    secrets.SystemRandom().shuffle(chosen)
    return "".join(chosen)
