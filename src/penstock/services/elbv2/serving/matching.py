"""Which rule a request matches: conditions made into functions once, tried in the order of priorities. Pure.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
"""

import ipaddress
import re
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from penstock.base.globs import compile_glob
from penstock.services.elbv2 import regexes
from penstock.services.elbv2.conditions import CONFIGS
from penstock.wire.message import Request
from penstock.wire.model import Json

T = TypeVar("T")
Condition = Callable[[Request], bool]
Text = Callable[[str], object]


class Rules(Generic[T]):
    """Conditions with what follows from them; the last resort is that of the default rule."""

    def __init__(self, rules: Sequence[tuple[list[Json], T]], default: T) -> None:
        self._rules = [(tuple(map(compile_condition, conditions)), result) for conditions, result in rules]
        self._default = default

    def choose(self, request: Request) -> T:
        for conditions, result in self._rules:
            for condition in conditions:
                if not condition(request):
                    break
            else:
                return result
        return self._default


def compile_condition(condition: Json) -> Condition:
    """One condition, as it is described, as a function."""
    field = condition["Field"]
    return _COMPILERS[field](condition[CONFIGS[field]])


def _compile_config(config: Json, *, fold: bool) -> Text:
    """Whether a text matches one of the values, or one of the regular expressions, of a condition."""
    if "RegexValues" not in config:
        return compile_texts(config["Values"], fold=fold)
    searches = [regexes.compiled(value, fold=fold).search for value in config["RegexValues"]]
    return lambda text: any(search(text) for search in searches)


def compile_texts(patterns: Sequence[str], *, fold: bool) -> Text:
    """Whether a text is one of `patterns`: `*` is any text, `?` any character. `fold`: case does not matter."""
    if fold:
        patterns = [pattern.lower() for pattern in patterns]
    plain = frozenset(pattern for pattern in patterns if "*" not in pattern and "?" not in pattern)
    wild = [compile_glob(pattern).pattern for pattern in patterns if pattern not in plain]
    match = re.compile("|".join(wild), re.DOTALL).fullmatch if wild else lambda text: None
    if fold:
        return lambda text: (folded := text.lower()) in plain or match(folded)
    return lambda text: text in plain or match(text)


def host_of(request: Request) -> str:
    """The name in the Host header, without a port."""
    host = request.headers.get("host", "")
    return host.partition(":")[0] if not host.startswith("[") else host.partition("]")[0] + "]"


def _host(config: Json) -> Condition:
    matches = _compile_config(config, fold=True)
    return lambda request: bool(matches(host_of(request)))


def _path(config: Json) -> Condition:
    matches = _compile_config(config, fold=False)
    return lambda request: bool(matches(request.path))


def _header(config: Json) -> Condition:
    name, matches = config["HttpHeaderName"].lower(), _compile_config(config, fold=True)

    def condition(request: Request) -> bool:
        value = request.headers.get(name)
        return value is not None and bool(matches(value))

    return condition


def _method(config: Json) -> Condition:
    methods = frozenset(config["Values"])
    return lambda request: request.method in methods


def _query(config: Json) -> Condition:
    pairs = [
        (compile_texts([pair["Key"]], fold=True) if "Key" in pair else None, compile_texts([pair["Value"]], fold=True))
        for pair in config["Values"]
    ]

    def condition(request: Request) -> bool:
        if not request.query_string:
            return False
        return any(
            matches(value) and (named is None or named(key)) for key, value in request.query for named, matches in pairs
        )

    return condition


def _source(config: Json) -> Condition:
    networks = [ipaddress.ip_network(value, strict=False) for value in config["Values"]]

    def condition(request: Request) -> bool:
        try:
            client = ipaddress.ip_address(request.client)
        except ValueError:
            return False
        return any(client in network for network in networks)

    return condition


_COMPILERS: dict[str, Callable[[Json], Condition]] = {
    "host-header": _host,
    "path-pattern": _path,
    "http-header": _header,
    "http-request-method": _method,
    "query-string": _query,
    "source-ip": _source,
}
