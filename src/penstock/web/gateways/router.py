"""Which target of a deployed API a path and an HTTP method mean.

A literal segment goes before `{name}`, that before `{proxy+}`, and a method by its name before ANY. Where the more
specific path has no such method, the next one is tried. Path parameters stay as they stand in the path.
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
"""

from collections.abc import Callable
from typing import Generic, TypeVar
from urllib.parse import unquote

Target = TypeVar("Target")
Match = tuple[Target, dict[str, str]]


class _Node(Generic[Target]):
    __slots__ = ("greedy", "literals", "methods", "parameter")

    def __init__(self) -> None:
        self.literals: dict[str, _Node[Target]] = {}
        self.parameter: tuple[str, _Node[Target]] | None = None
        self.greedy: tuple[str, _Node[Target]] | None = None
        self.methods: dict[str, Target] = {}

    def target(self, http_method: str) -> Target | None:
        return self.methods.get(http_method) or self.methods.get("ANY")


def segments(path: str) -> list[str]:
    """A REST API's: a trailing slash counts for nothing; what stands between two slashes only `{proxy+}` takes."""
    bare = path.strip("/")
    return bare.split("/") if bare else []


def strict_segments(path: str) -> list[str]:
    """An HTTP API's: a trailing slash is a segment of its own."""
    return path.split("/")[1:]


class Router(Generic[Target]):
    def __init__(self, split: Callable[[str], list[str]] = segments) -> None:
        self._split = split
        self._root: _Node[Target] = _Node()

    def add(self, path: str, http_method: str, target: Target) -> None:
        """`path` as a resource has it: `/orders/{id}`, `/{proxy+}`."""
        node = self._root
        for part in self._split(path):
            node = _below(node, part)
        node.methods[http_method] = target

    def match(self, path: str, http_method: str) -> Match[Target] | None:
        return _walk(self._root, self._split(path), 0, http_method)


def _below(node: "_Node[Target]", part: str) -> "_Node[Target]":
    if not part.startswith("{"):
        return node.literals.setdefault(part, _Node())
    name = part.strip("{+}")
    if part.endswith("+}"):
        node.greedy = node.greedy or (name, _Node())
        return node.greedy[1]
    node.parameter = node.parameter or (name, _Node())
    return node.parameter[1]


def _walk(node: "_Node[Target]", parts: list[str], at: int, http_method: str) -> Match[Target] | None:
    if at == len(parts):
        target = node.target(http_method)
        return (target, {}) if target is not None else None
    part = parts[at]
    literal = node.literals.get(part) or (node.literals.get(unquote(part)) if "%" in part else None)
    if literal is not None and (found := _walk(literal, parts, at + 1, http_method)) is not None:
        return found
    parameter = node.parameter if part else None
    if parameter is not None and (found := _walk(parameter[1], parts, at + 1, http_method)) is not None:
        found[1][parameter[0]] = part
        return found
    if node.greedy is not None and (target := node.greedy[1].target(http_method)) is not None:
        return target, {node.greedy[0]: "/".join(parts[at:])}
    return None
