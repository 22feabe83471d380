"""Wildcards as regular expressions that fail as fast as they match. Pure.

Between two wildcards the first place where a piece of the pattern fits is as good as any later one. Atomic groups say
so to the matcher, which would try them all: `*a*a*a*b` on a long text is otherwise never done.
"""

import re
from collections.abc import Iterable

ANY = ".*"  # any text; in a list of pieces of a regular expression


def compile_glob(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """`*` is any text, `?` any character; for `fullmatch`."""
    pieces = (ANY if char == "*" else "." if char == "?" else re.escape(char) for char in pattern)
    return re.compile(joined(pieces), re.DOTALL | flags)


def joined(pieces: Iterable[str]) -> str:
    """Pieces of a regular expression, some of them `ANY`, as one; for `fullmatch` with re.DOTALL."""
    parts = [""]
    for piece in pieces:
        if piece == ANY:
            parts.append("")
        else:
            parts[-1] += piece
    first, *between = parts
    last = f"{ANY}{between.pop()}" if between else ""
    return first + "".join(f"(?>.*?{part})" for part in between if part) + last
