"""Regular expressions of rules: what is refused of them, and what they become. Pure.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html, which lists what the
expressions may not hold; all else means the same in Python's.
"""

import re

from penstock.services.elbv2 import names

# Lookaround, atomic groups, recursion and the like; possessive quantifiers; backreferences and Unicode classes.
# Escaped characters and those of a class stand for themselves, and are passed over first.
_UNSUPPORTED = re.compile(r"\\[1-9pPkgRX]|\(\?(?!:|P<\w|[imsU]+[:)])|[*+?}]\+")
_LITERAL = re.compile(r"\\[^1-9pPkgRX]|\[(?:\\.|[^\]\\])*\]")


def check(value: str) -> None:
    """Raises ValidationError."""
    if _UNSUPPORTED.search(_LITERAL.sub("_", value)):
        raise names.invalid(f"The regular expression '{value}' uses a feature that is not supported")
    try:
        re.compile(value)
    except re.error as error:
        raise names.invalid(f"The regular expression '{value}' is not valid: {error}") from None


def compiled(value: str, *, fold: bool = False) -> re.Pattern[str]:
    """`fold`: case does not matter."""
    return re.compile(value, re.IGNORECASE if fold else 0)
