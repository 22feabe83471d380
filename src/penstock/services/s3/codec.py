"""S3's requests and responses: rest-xml, with what the model does not say of it.

Its tables go by what a request or result holds, not by what its shape could hold: an object has sixty headers that
nearly nobody sends.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTCommonResponseHeaders.html
"""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from penstock.base.errors import AwsError
from penstock.services.s3 import checksums, payload
from penstock.services.s3.errors import error, invalid_argument
from penstock.wire import xml
from penstock.wire.constraints import Malformed
from penstock.wire.message import Pairs, Request, Response
from penstock.wire.model import Json, OperationModel, ServiceModel
from penstock.wire.query import SCALARS
from penstock.wire.timestamps import http_date, iso8601, parse_timestamp

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_META = "x-amz-meta-"
# What the result's element is called where the model does not say.
_ROOTS = {
    "CompleteMultipartUpload": "CompleteMultipartUploadResult",
    "CreateMultipartUpload": "InitiateMultipartUploadResult",
    "DeleteObjects": "DeleteResult",
    "GetBucketAccelerateConfiguration": "AccelerateConfiguration",
    "GetBucketAcl": "AccessControlPolicy",
    "GetBucketCors": "CORSConfiguration",
    "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
    "GetBucketLogging": "BucketLoggingStatus",
    "GetBucketNotificationConfiguration": "NotificationConfiguration",
    "GetBucketRequestPayment": "RequestPaymentConfiguration",
    "GetBucketTagging": "Tagging",
    "GetBucketVersioning": "VersioningConfiguration",
    "GetBucketWebsite": "WebsiteConfiguration",
    "GetObjectAcl": "AccessControlPolicy",
    "GetObjectAttributes": "GetObjectAttributesResponse",
    "GetObjectTagging": "Tagging",
    "ListBuckets": "ListAllMyBucketsResult",
    "ListMultipartUploads": "ListMultipartUploadsResult",
    "ListObjectVersions": "ListVersionsResult",
    "ListObjects": "ListBucketResult",
    "ListObjectsV2": "ListBucketResult",
    "ListParts": "ListPartsResult",
}

# What the model does not say of statuses.
_STATUSES = {"PutBucketTagging": 204, "PutBucketPolicy": 204}

Convert = Callable[[str], Any]


class Reading(NamedTuple):
    """An input shape: header or query name -> (member, how its text is read)."""

    headers: dict[str, tuple[str, Convert]]
    query: dict[str, tuple[str, Convert]]
    metadata: bool
    body: str  # the member that is the body
    raw: bool
    spec: Json


class Writing(NamedTuple):
    """An output shape: member -> (header, how its value is written)."""

    headers: dict[str, tuple[str, Callable[[Any], str]]]
    body: str
    raw: bool
    spec: Json
    tag: str


class ObjectCodec:
    def __init__(self, model: ServiceModel) -> None:
        self._model = model
        self._shapes = model.shapes
        self._writer = xml.Writer(model, _instant)
        self._reader = xml.Reader(model)
        self._reading: dict[str, Reading] = {}
        self._writing: dict[str, Writing] = {}

    # -- request ---------------------------------------------------------------------------------

    def read(self, operation: OperationModel, request: Request, labels: dict[str, str]) -> Json:
        table = self._reading.get(operation.name) or self._compile_reading(operation)
        result: Json = dict(labels)
        self._read_headers(table, request.headers, result)
        if request.query_string:
            for name, text in request.query:
                if (found := table.query.get(name)) is not None:
                    result[found[0]] = _converted(found[1], name, text)
        if table.body or request.body:
            self._read_body(table, request, result)
        return result

    def _read_headers(self, table: Reading, headers: dict[str, str], result: Json) -> None:
        known = table.headers
        metadata: dict[str, str] = {}
        for name, text in headers.items():
            if (found := known.get(name)) is not None:
                result[found[0]] = _converted(found[1], name, text)
            elif name.startswith(_META):
                metadata[name[len(_META) :]] = text
        if metadata and table.metadata:
            result["Metadata"] = metadata

    def _read_body(self, table: Reading, request: Request, result: Json) -> None:
        if table.raw and request.stream is not None:
            result[table.body] = payload.Incoming(request, request.stream)
            request.stream = None
            return
        body, trailers = payload.whole(request)
        result.update(trailers)
        if table.raw:
            result[table.body] = body if self._shapes[table.spec["shape"]]["type"] == "blob" else body.decode()
        elif body and table.body:
            _check_sums(request, body)
            result[table.body] = self._parsed(table.spec, body)

    def _parsed(self, spec: Json, body: bytes) -> Any:
        try:
            return self._reader.parse(spec, body)
        except Malformed:
            raise error("MalformedXML") from None

    def _compile_reading(self, operation: OperationModel) -> Reading:
        shape = self._shapes[operation.input] if operation.input else {}
        body = shape.get("payload", "")
        headers: dict[str, tuple[str, Convert]] = {}
        query: dict[str, tuple[str, Convert]] = {}
        for name, spec in shape.get("members", {}).items():
            where = {"header": headers, "querystring": query}.get(spec.get("location", ""))
            if where is not None:
                where[spec["locationName"].lower() if where is headers else spec["locationName"]] = (
                    name,
                    self._converter(spec),
                )
        spec = shape["members"][body] if body else {}
        raw = bool(body) and self._shapes[spec["shape"]]["type"] in ("blob", "string")
        made = Reading(headers, query, "Metadata" in shape.get("members", {}), body, raw, spec)
        self._reading[operation.name] = made
        return made

    def _converter(self, spec: Json) -> Convert:
        shape = self._shapes[spec["shape"]]
        if shape["type"] == "list":
            return lambda text: [part.strip() for part in text.split(",")]
        own: dict[str, Convert] = {"timestamp": parse_timestamp, "integer": int, "long": int}
        return own.get(shape["type"]) or SCALARS[shape["type"]]

    # -- response --------------------------------------------------------------------------------

    def write(self, operation: OperationModel, result: Json, request_id: str) -> Response:
        table = self._writing.get(operation.name) or self._compile_writing(operation)
        headers: Pairs = [("x-amz-request-id", request_id)]
        for name, value in result.items():
            if (found := table.headers.get(name)) is not None:
                headers.append((found[0], found[1](value)))
        for name, text in result.get("Metadata", {}).items():
            headers.append((_META + name, text))
        if table.raw:
            return _with_body(result, headers, result.get(table.body, b""))
        text = self._text(operation, table, result)
        if not text:
            status = 206 if "ContentRange" in result else _STATUSES.get(operation.name, operation.success)
            return Response(status, headers)
        headers.append(("Content-Type", "application/xml"))
        return Response(operation.success, headers, (xml.DECLARATION + text).encode())

    def _text(self, operation: OperationModel, table: Writing, result: Json) -> str:
        if operation.name == "GetBucketLocation":  # its one member is the element itself
            return f'<LocationConstraint xmlns="{_NAMESPACE}">{result["LocationConstraint"]}</LocationConstraint>'
        if operation.output is None or not table.tag:
            return ""
        if table.body:
            inner = result.get(table.body)
            text = None if inner is None else self._writer.members(table.spec["shape"], inner)
        else:
            text = self._writer.members(operation.output, result)
        return "" if text is None else f'<{table.tag} xmlns="{_NAMESPACE}">{text}</{table.tag}>'

    def _compile_writing(self, operation: OperationModel) -> Writing:
        shape = self._shapes[operation.output] if operation.output else {}
        members: Json = shape.get("members", {})
        headers = {
            name: (spec["locationName"], self._header_writer(spec))
            for name, spec in members.items()
            if spec.get("location") == "header"
        }
        body = shape.get("payload", "")
        spec = members[body] if body else {}
        raw = bool(body) and self._shapes[spec["shape"]]["type"] in ("blob", "string")
        in_body = any(member.get("location") is None for member in members.values())
        tag = _ROOTS.get(operation.name) or (spec.get("locationName") or spec["shape"] if body else operation.output)
        made = Writing(headers, body, raw, spec, str(tag) if in_body else "")
        self._writing[operation.name] = made
        return made

    def _header_writer(self, spec: Json) -> Callable[[Any], str]:
        shape = self._shapes[spec["shape"]]
        if shape["type"] in ("string", "integer", "long"):
            return str
        if shape["type"] == "timestamp":
            return iso8601 if shape.get("timestampFormat") == "iso8601" else _date
        return lambda value: xml.scalar_text(spec, shape, value, http_date)

    # -- errors ----------------------------------------------------------------------------------

    def write_error(self, operation: OperationModel | None, failed: AwsError, request_id: str) -> Response:
        fields = dict(failed.fields)
        headers: Pairs = [("x-amz-request-id", request_id), *fields.pop("headers", {}).items()]
        shape = self._model.error_shape(failed.code) or {}
        status = failed.status or shape.get("error", {}).get("httpStatusCode") or 400
        if status == 304:
            return Response(status, headers)
        extra = "".join(f"<{name}>{xml.escape(_shown(value))}</{name}>" for name, value in fields.items())
        text = (
            f"{xml.DECLARATION}<Error><Code>{failed.code}</Code><Message>{xml.escape(failed.message)}</Message>{extra}"
            f"<RequestId>{request_id}</RequestId><HostId>{request_id}</HostId></Error>"
        )
        return Response(status, [("Content-Type", "application/xml"), *headers], text.encode())


def _shown(value: Any) -> str:
    return "" if value is None else str(value)


def _date(seconds: float) -> str:
    return _whole_date(int(seconds))


def _instant(seconds: float) -> str:
    return _whole_instant(int(seconds))


@lru_cache(maxsize=1024)
def _whole_instant(seconds: int) -> str:
    """`2026-11-21T09:30:00.000Z`: in bodies as in headers, S3 says no fractions of seconds."""
    return iso8601(seconds).replace("Z", ".000Z")


_whole_date = lru_cache(maxsize=1024)(http_date)  # objects are read more often than written


def _with_body(result: Json, headers: Pairs, body: Any) -> Response:
    """An object, or what is text of its own; the server counts the bytes of one that is whole."""
    if isinstance(body, str):
        body = body.encode()
    if isinstance(body, bytes):
        headers = [pair for pair in headers if pair[0] != "Content-Length"]
    return Response(206 if "ContentRange" in result else 200, headers, body)


def _converted(convert: Convert, name: str, text: str) -> Any:
    try:
        return convert(text)
    except ValueError:
        if name in ("max-keys", "max-uploads", "max-parts", "part-number-marker"):
            raise invalid_argument(f"Provided {name} not an integer or within integer range", name, text) from None
        if name.startswith("if-"):
            return None  # a date that is none is no condition
        raise invalid_argument(f"Invalid value for {name}", name, text) from None


def _check_sums(request: Request, body: bytes) -> None:
    """Holds an XML body against the checksums in its headers; an object's operation does so itself."""
    if "content-md5" in request.headers:
        checksums.check_md5(request.headers["content-md5"], hashlib.md5(body, usedforsecurity=False).digest())
    for header, value in request.headers.items():
        name = checksums.of_trailer(header)
        if name:
            total = checksums.new(name)
            total.update(body)
            if checksums.text(total.digest()) != value:
                raise checksums.mismatch(name)
