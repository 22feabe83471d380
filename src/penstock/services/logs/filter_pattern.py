"""Filter patterns of CloudWatch Logs, compiled to functions. Pure.

Three languages, told apart by their first character: terms (`ERROR -"health check"`), JSON conditions
(`{ $.latency > 100 && $.path = "/orders/*" }`) and space-delimited fields (`[ip, ..., status = 5*]`). A compiled
pattern takes a message and gives the values that it extracted, or None where the message does not match.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import functools
import re
from collections.abc import Callable
from typing import Any

import orjson

from penstock.services.logs.conditions import InvalidPattern, Parser, scan, text_of, unquoted

Matcher = Callable[[str], dict[str, str] | None]

_TERM = re.compile(r"""\s*([?-]?)("(?:\\.|[^"\\])*"|%(?:\\.|[^%\\])*%|\S+)""")
_FIELD = re.compile(r'\[([^\]]*)\]|"([^"]*)"|(\S+)')
_STEP = re.compile(r"""\.?\[(?:'([^']*)'|"([^"]*)"|(\d+|\*))\]|\.([\w@*-]+)""")


@functools.lru_cache(maxsize=512)
def compile_pattern(pattern: str) -> Matcher:
    """Raises InvalidPattern."""
    text = pattern.strip()
    if text.startswith("{") and text.endswith("}"):
        return _json(text[1:-1])
    if text.startswith("[") and text.endswith("]"):
        return _fields(text[1:-1])
    return _terms(text)


# -- terms -------------------------------------------------------------------------------------------

Test = Callable[[str], bool]


def _terms(text: str) -> Matcher:
    """All plain terms and none of the excluded ones; of optional ones (`?a ?b`) one, where they stand alone."""
    groups: dict[str, list[Test]] = {"": [], "-": [], "?": []}
    for sign, term in _TERM.findall(text):
        groups[sign].append(_term(term))
    required, excluded, optional = groups[""], groups["-"], groups["?"]

    def match(message: str) -> dict[str, str] | None:
        if required or excluded:
            found = all(test(message) for test in required) and not any(test(message) for test in excluded)
        else:
            found = not optional or any(test(message) for test in optional)
        return {} if found else None

    return match


def _term(term: str) -> Test:
    if term.startswith("%") and term.endswith("%") and len(term) > 1:
        expression = _regex(term[1:-1])
        return lambda message: expression.search(message) is not None
    if term.startswith('"'):
        phrase = unquoted(term)
        return lambda message: phrase in message
    if not re.fullmatch(r"\w+", term):
        raise InvalidPattern(f"Invalid character(s) in term '{term}'")
    return lambda message: term in message


def _regex(source: str) -> re.Pattern[str]:
    try:
        return re.compile(source)
    except re.error:
        raise InvalidPattern(f"Invalid regular expression '{source}'") from None


# -- JSON --------------------------------------------------------------------------------------------


def _json(text: str) -> Matcher:
    parser = Parser(scan(text), operand="selector")
    condition = parser.expression()
    parser.end()
    selectors = {name: _path(name) for name in parser.operands}

    def match(message: str) -> dict[str, str] | None:
        document = _document(message)
        if document is None:
            return None
        values = {name: _select(document, path) for name, path in selectors.items()}
        if not condition(values):
            return None
        return {name: text_of(found[0]) or "" for name, found in values.items() if found}

    return match


def _document(message: str) -> Any:
    try:
        value = orjson.loads(message)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict | list) else None


Path = tuple[str | int, ...]


def _path(selector: str) -> Path:
    """`$.a['b c'][0].*` -> ("a", "b c", 0, "*")."""
    steps: list[str | int] = []
    for single, double, index, key in _STEP.findall(selector):
        steps.append(int(index) if index.isdigit() else single or double or index or key)
    return tuple(steps)


def _select(value: Any, path: Path) -> list[Any]:
    """What a path points at; with `*` it may be several values."""
    if not path:
        return [value]
    step, rest = path[0], path[1:]
    if step == "*" and isinstance(value, dict | list):
        below = value.values() if isinstance(value, dict) else value
        return [found for item in below for found in _select(item, rest)]
    if isinstance(value, dict) and step in value:
        return _select(value[step], rest)
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return _select(value[step], rest)
    return []


def select(message: str, selector: str) -> str | None:
    """The text of the value that `$.a.b` points at in a JSON message."""
    document = _document(message)
    found = [] if document is None else _select(document, _path(selector))
    return text_of(found[0]) if found else None


# -- space-delimited fields --------------------------------------------------------------------------


def _fields(text: str) -> Matcher:
    if not text.strip():
        return lambda message: {}
    parser = Parser(scan(text), operand="word")
    fields = [parser.field(1)]
    while parser.comma():
        fields.append(parser.field(len(fields) + 1))
    parser.end()
    names = [name for name, _ in fields]
    conditions = [condition for _, condition in fields if condition is not None]
    gap = names.index("...") if "..." in names else None

    def match(message: str) -> dict[str, str] | None:
        words = [bracketed or quoted or word for bracketed, quoted, word in _FIELD.findall(message)]
        aligned = _aligned(words, len(names), gap)
        if aligned is None:
            return None
        values = {name: [word] for name, word in zip(names, aligned, strict=True) if name != "..."}
        if not all(condition(values) for condition in conditions):
            return None
        return {f"${name}": word[0] for name, word in values.items()}

    return match


def _aligned(words: list[str], width: int, gap: int | None) -> list[str] | None:
    """One word for each field; the ellipsis at `gap` stands for any number of them."""
    if gap is None:
        return words if len(words) == width else None
    tail = width - gap - 1
    if len(words) < width - 1:
        return None
    return [*words[:gap], "", *words[len(words) - tail :]]
