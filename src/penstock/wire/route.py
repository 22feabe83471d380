"""Which operation is this request?

The credential scope of a signed request names region and service; then the target header (json), the Action
parameter (query) or method and path (rest) names the operation.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html,
https://smithy.io/2.0/spec/http-bindings.html
"""

import functools
from collections.abc import Callable
from typing import NamedTuple, Protocol
from urllib.parse import parse_qsl, unquote

from penstock.base.errors import AwsError
from penstock.wire.message import Request, Response
from penstock.wire.model import OperationModel, ServiceModel


class Scope(NamedTuple):
    """Who signed, for which region and service: `Credential=<access key>/<date>/<region>/<service>/aws4_request`."""

    access_key: str
    region: str
    service: str


@functools.lru_cache(maxsize=4096)
def _scope(credential: str) -> Scope | None:
    parts = credential.split("/")
    return Scope(parts[0], parts[2], parts[3]) if len(parts) >= 5 else None


def scope_of(request: Request) -> Scope | None:
    """The credential scope of a request signed in its header or its query; None where it is not signed."""
    header = request.headers.get("authorization")
    if header is not None:
        _, found, rest = header.partition("Credential=")
        return _scope(rest.split(",", 1)[0].strip()) if found else None
    if "X-Amz-Credential=" in request.query_string:
        return _scope(dict(request.query).get("X-Amz-Credential", ""))
    return None


class Match(NamedTuple):
    operation: OperationModel
    labels: dict[str, str]


class Routes(Protocol):
    def match(self, request: Request) -> Match | None: ...


class Front(Protocol):
    """What a service does with HTTP requests before their operation is looked for."""

    def enter(self, request: Request, reply: Callable[[Response], None]) -> Callable[[Response], None] | None:
        """The reply to use, or None where it was called already."""

    def streams(self, request: Request) -> bool:
        """Whether it takes the body of this request, which is no operation's, as it comes."""

    def refuse(self, failed: AwsError) -> Response:
        """The answer to a request that is no operation of the service."""

    def admits(self, request: Request, origin: str) -> bool:
        """Whether a web page from elsewhere may send this request."""


class _Node:
    """One path segment of a service's routes: literals before labels before greedy labels."""

    __slots__ = ("greedy", "label", "literals", "operations")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.label: _Node | None = None
        self.greedy: _Node | None = None
        # by method: what else the query must hold, the label names in their order, the operation
        self.operations: dict[str, list[tuple[frozenset[tuple[str, str]], tuple[str, ...], OperationModel]]] = {}


class RestRoutes:
    """Method and path -> operation, for the rest protocols."""

    def __init__(self, model: ServiceModel) -> None:
        self._root = _Node()
        # Older operations come last: some of S3's share the routes of those that took their place.
        for operation in sorted(model.operations.values(), key=lambda operation: operation.deprecated):
            self._add(operation)

    def _add(self, operation: OperationModel) -> None:
        path, _, query = operation.uri.partition("?")
        node, names = self._root, []
        for segment in _segments(path):
            if segment.startswith("{"):
                names.append(segment.strip("{+}"))
                kind = "greedy" if segment.endswith("+}") else "label"
                following = getattr(node, kind) or _Node()
                setattr(node, kind, following)
                node = following
            else:
                node = node.literals.setdefault(segment, _Node())
        constant = frozenset(parse_qsl(query, keep_blank_values=True))
        found = node.operations.setdefault(operation.method, [])
        found.append((constant, tuple(names), operation))
        found.sort(key=lambda entry: -len(entry[0]))

    def match(self, request: Request) -> Match | None:
        values: list[str] = []
        return self._walk(self._root, _segments(request.path), 0, values, request)

    def _walk(self, node: _Node, segments: list[str], at: int, values: list[str], request: Request) -> Match | None:
        if at == len(segments):
            return self._leaf(node, values, request)
        literal = node.literals.get(segments[at])
        if literal is not None and (match := self._walk(literal, segments, at + 1, values, request)):
            return match
        if node.label is not None:
            values.append(unquote(segments[at]))
            if match := self._walk(node.label, segments, at + 1, values, request):
                return match
            values.pop()
        if node.greedy is not None:
            for end in range(len(segments), at, -1):
                values.append(unquote("/".join(segments[at:end])))
                if match := self._walk(node.greedy, segments, end, values, request):
                    return match
                values.pop()
        return None

    @staticmethod
    def _leaf(node: _Node, values: list[str], request: Request) -> Match | None:
        entries = node.operations.get(request.method)
        if not entries:
            return None
        query = frozenset(request.query) if request.query_string else frozenset()
        for constant, names, operation in entries:
            if constant <= query:
                return Match(operation, dict(zip(names, values, strict=True)))
        return None


def _segments(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]
