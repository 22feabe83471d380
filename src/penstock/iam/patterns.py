"""Wildcards and policy variables: `arn:aws:s3:::home/${aws:username}/*`. Pure.

A substituted value stands for itself: a `*` inside it is no wildcard.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

import functools
import re
from collections.abc import Mapping

from penstock.base.globs import ANY, joined

# Condition keys (lower case) and their values.
Context = Mapping[str, tuple[str, ...]]

_PIECE = re.compile(r"\*|\?|\$\{([^}]*)\}|[^*?$]+|\$")
_COLON = re.compile(r":(?![^${]*\})")  # not one inside ${...}
_WILD = {"*": ANY, "?": "."}
_ARN_PARTS = 6


class Pattern:
    """A text with wildcards, and with variables where the policy's version has them."""

    __slots__ = ("_pieces", "_regex")

    def __init__(self, text: str, variables: bool = True, fold: bool = False) -> None:
        flags = re.DOTALL | (re.IGNORECASE if fold else 0)
        if variables and "${" in text:
            self._pieces: list[tuple[str, str | None]] | None = [(m[0], m[1]) for m in _PIECE.finditer(text)]
            self._regex = None
        else:
            self._pieces = None
            self._regex = _compiled(joined(_WILD.get(c, re.escape(c)) for c in text), flags)

    def matches(self, value: str, context: Context) -> bool:
        """False also where a variable has no value."""
        if self._pieces is None:
            return self._regex is not None and self._regex.fullmatch(value) is not None
        source = [_source(piece, variable, context) for piece, variable in self._pieces]
        return None not in source and re.fullmatch(joined(filter(None, source)), value, re.DOTALL) is not None


@functools.lru_cache(maxsize=4096)
def _compiled(source: str, flags: int) -> re.Pattern[str]:
    return re.compile(source, flags)


def _source(piece: str, variable: str | None, context: Context) -> str | None:
    """The regular expression of one piece of a pattern; None for a variable without a value."""
    if variable is None:
        return _WILD.get(piece, re.escape(piece))
    if variable in ("*", "?", "$"):
        return re.escape(variable)
    name, _, default = variable.partition(",")
    values = context.get(name.strip().lower(), ())
    if len(values) == 1:
        return re.escape(values[0])
    return re.escape(default.strip().strip("'")) if default else None


class ArnPattern:
    """An ARN whose parts are matched one by one, so that no wildcard reaches over a colon before the resource.

    Parts that are missing at the end are wildcards: `arn:aws:sqs` is `arn:aws:sqs:*:*:*`.
    """

    __slots__ = ("_parts",)

    def __init__(self, text: str, variables: bool = True) -> None:
        parts = _COLON.split(text, _ARN_PARTS - 1)
        parts += ["*"] * (_ARN_PARTS - len(parts))
        self._parts = None if text == "*" else [Pattern(part, variables) for part in parts]

    def matches(self, value: str, context: Context) -> bool:
        if self._parts is None:
            return True
        values = value.split(":", _ARN_PARTS - 1)
        return len(values) == _ARN_PARTS and all(
            part.matches(item, context) for part, item in zip(self._parts, values, strict=True)
        )
