"""`.dockerignore` -> which paths of a build context an image may see. Pure.

Source: https://docs.docker.com/build/concepts/context/#dockerignore-files
"""

import posixpath
import re
from collections.abc import Callable, Iterable

_WILD = re.compile(r"\*\*/?|\*|\?|\[\^?[^\]]+\]|\\.|.", re.S)
_MEANINGS = {"**": ".*", "**/": "(?:.*/)?", "*": "[^/]*", "?": "[^/]"}


def pattern(text: str) -> str:
    """A Go file pattern (`filepath.Match`, and `**`) as a regular expression."""
    return "".join(_MEANINGS.get(part) or _literal(part) for part in _WILD.findall(text))


def _literal(part: str) -> str:
    if part.startswith("[") and len(part) > 1:
        return part
    return re.escape(part[-1])


def matcher(lines: Iterable[str]) -> Callable[[str], bool]:
    """Whether a path (relative to the context, with "/") is ignored; the last line that matches it decides."""
    rules = [rule for line in lines if (rule := _rule(line)) is not None]

    def ignored(path: str) -> bool:
        decided = False
        for expression, verdict in rules:
            if verdict is not decided and expression.fullmatch(path):
                decided = verdict
        return decided

    return ignored


def _rule(line: str) -> tuple[re.Pattern[str], bool] | None:
    text = line.strip()
    if not text or line.startswith("#"):
        return None
    excluded = not text.startswith("!")
    path = posixpath.normpath(text.removeprefix("!").strip()).lstrip("/")
    if path == ".":
        return None
    return re.compile(f"{pattern(path)}(?:/.*)?", re.S), excluded
