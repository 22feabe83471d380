"""Transforms at work: a request as a rule's target gets it. Pure.

A URL is matched from its path to the end of its query string, a host without its port, and of each the first match is
replaced. Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-transforms.html
"""

import re
from collections.abc import Callable

from penstock.services.elbv2 import regexes
from penstock.services.elbv2.serving.matching import host_of
from penstock.services.elbv2.transforms import CONFIGS
from penstock.wire.message import Request
from penstock.wire.model import Json

Rewrite = Callable[[str], str]

_GROUP = re.compile(r"\$(\d+)|\$\{(\d+)\}")
_URL = re.compile(r"/[!-~]*")
_HOST = re.compile(r"[A-Za-z0-9._-]+")


class Unfit(Exception):
    """A pattern matched, and what came of it is no URL, or no host."""


def compile_transforms(transforms: list[Json]) -> Callable[[Request], Request] | None:
    """The transforms of a rule as one function, which raises Unfit; None where there are none."""
    found = {given["Type"]: _compile(given[CONFIGS[given["Type"]]]["Rewrites"][0]) for given in transforms}
    if not found:
        return None
    url, host = found.get("url-rewrite"), found.get("host-header-rewrite")

    def transform(request: Request) -> Request:
        target, name = request.target, host_of(request)
        new_target = url(target) if url is not None else target
        new_name = host(name) if host is not None else name
        if not _URL.fullmatch(new_target) or (new_name != name and not _HOST.fullmatch(new_name)):
            raise Unfit(f"{target} at {name} became {new_target} at {new_name}")
        return _changed(request, new_target, new_name + request.headers.get("host", "")[len(name) :])

    return transform


def _compile(rewrite: Json) -> Rewrite:
    """`$1` in the replacement is what the first group matched, nothing if that took no part."""
    pattern, replacement = regexes.compiled(rewrite["Regex"]), rewrite["Replace"]

    def rewritten(text: str) -> str:
        match = pattern.search(text)
        if match is None:
            return text
        groups = (match.group(0), *match.groups(default=""))
        put = _GROUP.sub(lambda group: "".join(groups[int(group[1] or group[2]) :][:1]), replacement)
        return text[: match.start()] + put + text[match.end() :]

    return rewritten


def _changed(request: Request, target: str, host: str) -> Request:
    path, _, query = target.partition("?")
    pairs = [
        (name.encode("latin-1"), (host if name.lower() == "host" else value).encode("latin-1"))
        for name, value in request.raw_headers
    ]
    headers = {**request.headers, "host": host}
    changed = Request(request.method, path, query, headers, request.body, pairs, request.client, request.connection)
    changed.stream, request.stream = request.stream, None  # whoever holds a stream keeps it open
    return changed
