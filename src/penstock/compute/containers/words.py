"""The words of a Dockerfile: quotes, escapes and variables, as the shell has them and BuildKit reads them. Pure.

Source: https://docs.docker.com/reference/dockerfile/#environment-replacement
"""

import re
from collections.abc import Callable, Mapping

# Inside ${...} there may be other ${...}; three deep is deeper than anybody goes.
_INNER = r"[^{}]*"
for _ in range(3):
    _INNER = rf"(?:[^{{}}]|\{{{_INNER}\}})*"

_QUOTED = r"""'[^']*'|"(?:\\.|[^"\\])*"|\\."""
_RAW_WORD = re.compile(rf"(?:{_QUOTED}|[^\s\\'\"]|[\\'\"])+", re.S)
_SHELL_TOKEN = re.compile(rf"&&|\|\||<<|>>|[;|&()<>\n]|(?:{_QUOTED}|[^\s;|&()<>\\'\"]|[\\'\"])+", re.S)
_VARIABLE = rf"\$\{{(?P<braced>{_INNER})\}}|\$(?P<name>[A-Za-z_]\w*)"
_PART = re.compile(rf"""'(?P<single>[^']*)'|"(?P<double>(?:\\.|[^"\\])*)"|\\(?P<escaped>.)|{_VARIABLE}""", re.S)
_IN_DOUBLE = re.compile(rf"""\\(?P<escaped>["$\\`])|{_VARIABLE}""", re.S)
_IN_TEXT = re.compile(rf"\\(?P<escaped>[$\\])|{_VARIABLE}", re.S)
_BRACED = re.compile(r"(?P<name>\w+)(?P<modifier>:?[-+?])?(?P<word>.*)", re.S)

Variables = Mapping[str, str]


class BadSubstitution(ValueError):
    """`${...}` that BuildKit has no meaning for, or that demands a value which is not there."""


def split(text: str) -> list[str]:
    """Words between white space, quotes and escapes still in them."""
    return _RAW_WORD.findall(text)


def shell_tokens(text: str) -> list[str]:
    """Words and operators of a shell command, quotes and escapes still in them."""
    return _SHELL_TOKEN.findall(text)


def expand(word: str, variables: Variables) -> str:
    """The word without quotes and escapes, its variables replaced; one that is not set is empty."""
    return _replace(_PART, word, variables)


def fill(text: str, variables: Variables) -> str:
    """A text with its variables replaced and everything else as it is."""
    return _replace(_IN_TEXT, text, variables)


def _replace(pattern: re.Pattern[str], text: str, variables: Variables) -> str:
    def part(match: re.Match[str]) -> str:
        kind = match.lastgroup
        if kind == "double":
            return _IN_DOUBLE.sub(part, match["double"])
        if kind in ("braced", "name"):
            return _value(match[kind], variables, braced=kind == "braced")
        return match[kind or 0]

    return pattern.sub(part, text)


def _value(text: str, variables: Variables, *, braced: bool) -> str:
    if not braced:
        return variables.get(text, "")
    match = _BRACED.fullmatch(text)
    if match is None or (match["word"] and not match["modifier"]):
        raise BadSubstitution(f"${{{text}}} is not a substitution")
    modifier = match["modifier"] or ""
    value = variables.get(match["name"])
    present = bool(value) if modifier.startswith(":") else value is not None
    return _MODIFIERS[modifier[-1:]](present, value or "", match["word"], variables)


def _required(present: bool, value: str, word: str, variables: Variables) -> str:
    if not present:
        raise BadSubstitution(expand(word, variables) or "a variable is not set")
    return value


_MODIFIERS: dict[str, Callable[[bool, str, str, Variables], str]] = {
    "": lambda present, value, word, variables: value,
    "-": lambda present, value, word, variables: value if present else expand(word, variables),
    "+": lambda present, value, word, variables: expand(word, variables) if present else "",
    "?": _required,
}
