"""The text of a RUN -> its simple commands. Pure; no shell: what needs one is told apart, and then not run.

`a && b`, `a; b` and lines are commands one after another; of `a || b` the second is what happens when the first fails,
and left out.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from penstock.compute.containers import words

_SEPARATORS = frozenset({"&&", ";", "\n"})
_REDIRECTIONS = frozenset({">", ">>", "<"})
_CONTROL = frozenset(
    {"if", "then", "else", "fi", "for", "while", "until", "do", "done", "case", "esac", "select", "function"}
    | {"{", "}", "!", "[["}
)
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.S)
_PREFIXES = frozenset({"sudo", "exec", "command", "time", "nice"})
_COMMENT = re.compile(r"^\s*#.*$", re.M)


@dataclass(frozen=True, slots=True)
class Command:
    """`argv` without quotes and variables; it is empty for what only a shell can run, and `text` says what that is."""

    text: str
    argv: tuple[str, ...] = ()
    assignments: tuple[tuple[str, str], ...] = ()
    writes: bool = False  # its output goes into a file or a pipe


def commands(text: str, variables: Mapping[str, str]) -> Iterator[Command]:
    """The commands in order, each with the variables as they are when it is its turn."""
    tokens = words.shell_tokens(_COMMENT.sub("", text).replace("\\\n", " "))
    if _needs_shell(tokens):
        yield Command(" ".join(text.split()))
        return
    group: list[str] = []
    skipping = False
    for token in [*tokens, ";"]:
        if token not in _SEPARATORS and token != "||":
            group.append(token)
            continue
        if group and not skipping:
            yield _command(group, variables)
        group, skipping = [], token == "||"


def _needs_shell(tokens: list[str]) -> bool:
    starts = [token for before, token in zip([";", *tokens], tokens, strict=False) if before in _SEPARATORS]
    return any(token in ("(", ")", "<<") or "$(" in token or "`" in token for token in tokens) or any(
        token in _CONTROL for token in starts
    )


def _command(tokens: list[str], variables: Mapping[str, str]) -> Command:
    text = " ".join(tokens)
    if "|" in tokens or "&" in tokens:
        return Command(text)
    plain, writes = _without_redirections(tokens)
    try:
        argv = [words.expand(token, variables) for token in plain]
    except words.BadSubstitution:
        return Command(text)
    assignments = []
    while argv and ((match := _ASSIGNMENT.fullmatch(argv[0])) or argv[0] in _PREFIXES):
        if match:
            assignments.append((match[1], match[2]))
        argv = argv[1:]
    return Command(text, tuple(argv), tuple(assignments), writes)


def _without_redirections(tokens: list[str]) -> tuple[list[str], bool]:
    """The words alone; `2>/dev/null` and `2>&1` are nothing to speak of."""
    plain: list[str] = []
    writes = False
    rest = iter(tokens)
    for token in rest:
        if token not in _REDIRECTIONS:
            plain.append(token)
            continue
        target = next(rest, "")
        writes = writes or target not in ("/dev/null", "&")
        if plain and plain[-1] in ("1", "2"):
            plain.pop()
    return plain, writes
