"""Which operation a request to S3 is: its bucket from host or path, and what query and headers ask for. Pure.

A key is everything behind the bucket, slashes and all, so S3 does not share the routes of the other REST services.
Which query parameters an operation needs is in the model: of those whose needs are met, the one that needs most is it.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
"""

import re
from urllib.parse import parse_qsl, unquote

from penstock.services.s3.errors import error
from penstock.wire.message import Request
from penstock.wire.model import OperationModel, ServiceModel
from penstock.wire.route import Match

_SERVICE, _BUCKET, _OBJECT = "/", "/{Bucket}", "/{Bucket}/{Key+}"
_KINDS = {_SERVICE: "SERVICE", _BUCKET: "BUCKET", _OBJECT: "OBJECT"}
_COPY_SOURCE = "x-amz-copy-source"
# Operations of other products in the same model.
_ELSEWHERE = frozenset({"ListDirectoryBuckets", "CreateSession", "WriteGetObjectResponse"})
# <bucket>.s3.localhost, <bucket>.s3.<region>.localhost, <bucket>.localhost; s3.localhost is no bucket's.
_HOST = re.compile(r"(?:(?P<bucket>.+?)\.)?s3(?:[.-][a-z0-9-]+)?\.localhost|(?P<plain>.+)\.localhost", re.IGNORECASE)
_HOSTS: dict[str, str] = {}

Needs = frozenset[str]


def bucket_in_host(host: str) -> str:
    """The bucket that a Host header names; empty where the path does."""
    found = _HOSTS.get(host)
    if found is None:
        match = _HOST.fullmatch(host.partition(":")[0])
        found = (match["bucket"] or match["plain"] or "") if match else ""
        if len(_HOSTS) < 1024:
            _HOSTS[host] = found
    return found


def place_of(request: Request) -> tuple[str, str]:
    """Bucket and key of a request, each empty where it names none. Raises InvalidURI."""
    path = request.path[1:]
    bucket = bucket_in_host(request.headers.get("host", ""))
    if not bucket:
        bucket, _, path = path.partition("/")
    if "%" not in path and "%" not in bucket:
        return bucket, path
    try:
        return unquote(bucket, errors="strict"), unquote(path, errors="strict")
    except UnicodeDecodeError:
        raise error("InvalidURI", URI=request.path) from None


class ObjectRoutes:
    def __init__(self, model: ServiceModel) -> None:
        self._table: dict[tuple[str, str], list[tuple[Needs, OperationModel]]] = {}
        for operation in sorted(model.operations.values(), key=lambda operation: operation.deprecated):
            if operation.name not in _ELSEWHERE:
                path = operation.uri.partition("?")[0]
                self._table.setdefault((operation.method, path), []).append((_needs(model, operation), operation))
        for entries in self._table.values():
            entries.sort(key=lambda entry: -len(entry[0]))
        self._plain = {
            place: operation  # the later ones are put first: of several that need nothing, the deprecated ones lose
            for place, entries in self._table.items()
            for needs, operation in reversed(entries)
            if not needs
        }

    def match(self, request: Request) -> Match:
        """Raises MethodNotAllowed where no operation is like that."""
        bucket, key = place_of(request)
        place = (request.method, _OBJECT if key else _BUCKET if bucket else _SERVICE)
        labels = {"Bucket": bucket, "Key": key} if key else {"Bucket": bucket} if bucket else {}
        if not request.query_string and _COPY_SOURCE not in request.headers:
            plain = self._plain.get(place)
            if plain is not None:
                return Match(plain, labels)
        asked = _asked(request)
        for needs, operation in self._table.get(place, ()):
            if needs <= asked:
                return Match(operation, labels)
        raise error("MethodNotAllowed", Method=request.method, ResourceType=_KINDS[place[1]])


def _needs(model: ServiceModel, operation: OperationModel) -> Needs:
    query = parse_qsl(operation.uri.partition("?")[2], keep_blank_values=True)
    needs = {f"{name}={value}" if value else name for name, value in query}
    shape = model.shapes[operation.input] if operation.input else {}
    for name in shape.get("required", ()):
        spec = shape["members"][name]
        if spec.get("location") == "querystring" or spec.get("locationName") == _COPY_SOURCE:
            needs.add(spec["locationName"])
    return frozenset(needs)


def _asked(request: Request) -> set[str]:
    asked = {_COPY_SOURCE} if _COPY_SOURCE in request.headers else set()
    for name, value in request.query:
        asked.add(name)
        asked.add(f"{name}={value}")
    return asked
