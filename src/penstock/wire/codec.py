"""Requests into dicts and results into responses, one codec per protocol, chosen from a table.

A codec parses (`read`), serializes (`write`) and words errors (`write_error`); it knows no operation.
Sources: https://smithy.io/2.0/aws/protocols/ (awsJson1_0, awsJson1_1, awsQuery, ec2Query, restJson1, restXml),
https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html (rpcv2Cbor).
"""

import base64
import gzip
import io
import zlib
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import orjson

from penstock.base.errors import AwsError
from penstock.wire import cbor, eventstream, query, xml
from penstock.wire.constraints import Malformed
from penstock.wire.message import Request, Response
from penstock.wire.model import Json, OperationModel, ServiceModel
from penstock.wire.rest import RestBinding


class Codec(Protocol):
    def read(self, operation: OperationModel, request: Request, labels: dict[str, str]) -> Json: ...

    def write(self, operation: OperationModel, result: Json, request_id: str) -> Response: ...

    def write_error(self, operation: OperationModel | None, error: AwsError, request_id: str) -> Response: ...


def json_default(value: Any) -> str:
    """Blobs stand as base64 in JSON bodies."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} cannot stand in a response")


_MOST_UNPACKED = 64 * 1024 * 1024  # bytes; no service takes as much in one body that may be compressed


def unpacked(request: Request) -> bytes:
    """The body, which some SDKs compress when it is large. Raises Malformed."""
    if request.headers.get("content-encoding") != "gzip":
        return request.body
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(request.body)) as file:
            body = file.read(_MOST_UNPACKED + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise Malformed(f"Could not decompress the request body: {error}") from None
    if len(body) > _MOST_UNPACKED:
        raise Malformed(f"The decompressed request body is larger than {_MOST_UNPACKED} bytes")
    return body


def _json(value: Any) -> bytes:
    return orjson.dumps(value, default=json_default)


def read_json(body: bytes) -> Json:
    if not body:
        return {}
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Malformed(f"Could not parse the request body as JSON: {error}") from None
    if type(value) is not dict:
        raise Malformed("Start of structure or map found where not expected")
    return value


def status_of(model: ServiceModel, error: AwsError, default: int = 400) -> int:
    """The HTTP status of an error: its own, else the model's, else `default` (500 for faults)."""
    if error.status is not None:
        return error.status
    shape = model.error_shape(error.code) or {}
    status = shape.get("error", {}).get("httpStatusCode")
    return status or (500 if shape.get("fault") else default)


def wire_code(model: ServiceModel, error: AwsError) -> str:
    """The code on the wire, where the model tells it from the shape's name."""
    shape = model.shapes.get(error.code, {})
    code: str = shape.get("error", {}).get("code", error.code) if shape.get("exception") else error.code
    return code


class JsonCodec:
    """awsJson1_0 and awsJson1_1. `query_codes` are the codes of `awsQueryCompatible` services' older protocol."""

    def __init__(self, model: ServiceModel, query_codes: dict[str, str] | None = None) -> None:
        self._model = model
        self._type = ("Content-Type", model.content_type)
        self._namespace = f"com.amazonaws.{model.metadata.get('targetPrefix', model.name).lower()}#"
        self._query_codes = query_codes if "awsQueryCompatible" in model.metadata else None
        self._streams = eventstream.members(model)
        self._events = eventstream.EventWriter(model, lambda shape, value: _json(value), model.content_type)

    def read(self, operation: OperationModel, request: Request, labels: dict[str, str]) -> Json:
        return read_json(unpacked(request))

    def write(self, operation: OperationModel, result: Json, request_id: str) -> Response:
        if operation.output in self._streams:
            member, shape = self._streams[operation.output]
            initial = _json({name: value for name, value in result.items() if name != member})
            return eventstream.response(self._events.messages(result[member], shape, initial), request_id)
        body = orjson.dumps(result, default=json_default) if operation.output is not None else b""
        return Response(200, [self._type, ("x-amzn-RequestId", request_id)], body)

    def write_error(self, operation: OperationModel | None, error: AwsError, request_id: str) -> Response:
        body = {"__type": self._namespace + error.code, "message": error.message, **error.fields}
        headers = [self._type, ("x-amzn-RequestId", request_id)]
        if self._query_codes is not None:
            fault = "Receiver" if (error.status or 400) >= 500 else "Sender"
            code = self._query_codes.get(error.code) or wire_code(self._model, error)
            headers.append(("x-amzn-query-error", f"{code};{fault}"))
        return Response(status_of(self._model, error), headers, orjson.dumps(body, default=json_default))


class CborCodec:
    """rpcv2Cbor; errors carry their code of the older query protocol beside."""

    def __init__(self, model: ServiceModel) -> None:
        self._model = model
        self._namespace = f"com.amazonaws.{model.name}#"

    def read(self, operation: OperationModel, request: Request, labels: dict[str, str]) -> Json:
        body = unpacked(request)
        try:
            value = cbor.loads(body) if body else {}
        except ValueError as error:
            raise Malformed(f"Could not parse the request body: {error}") from None
        if type(value) is not dict:
            raise Malformed("Start of structure or map found where not expected")
        return value

    def write(self, operation: OperationModel, result: Json, request_id: str) -> Response:
        if operation.output is None:
            return Response(200, self._headers(request_id), b"")
        return Response(200, self._headers(request_id), cbor.dumps(self._timed(operation.output, result)))

    def write_error(self, operation: OperationModel | None, error: AwsError, request_id: str) -> Response:
        status = status_of(self._model, error)
        fault = "Receiver" if status >= 500 else "Sender"
        headers = [*self._headers(request_id), ("x-amzn-query-error", f"{wire_code(self._model, error)};{fault}")]
        body = {"__type": self._namespace + error.code, "message": error.message, **error.fields}
        return Response(status, headers, cbor.dumps(body))

    @staticmethod
    def _headers(request_id: str) -> list[tuple[str, str]]:
        return [
            ("Content-Type", "application/cbor"),
            ("smithy-protocol", "rpc-v2-cbor"),
            ("x-amzn-RequestId", request_id),
        ]

    @staticmethod
    def _time(seconds: float) -> Any:
        return cbor.Epoch(seconds)

    def _timed(self, shape_name: str, value: Any) -> Any:
        """The value with its timestamps marked as such."""
        shape = self._model.shapes[shape_name]
        kind = shape["type"]
        if kind == "timestamp":
            return self._time(value)
        if kind == "structure":
            members = shape.get("members", {})
            return {name: self._timed(members[name]["shape"], item) for name, item in value.items() if name in members}
        if kind == "list":
            return [self._timed(shape["member"]["shape"], item) for item in value]
        if kind == "map":
            return {key: self._timed(shape["value"]["shape"], item) for key, item in value.items()}
        return value


class QueryCodec:
    """awsQuery; also the older protocol of services that now speak JSON, in which errors have other codes and texts."""

    def __init__(
        self,
        model: ServiceModel,
        codes: Mapping[str, str] | None = None,
        texts: Mapping[str, str] | None = None,
        namespace: str = "",
    ) -> None:
        self._model = model
        self._codes = codes or {}
        self._texts = texts or {}
        self._namespace = model.metadata.get("xmlNamespace") or namespace
        self._writer = xml.Writer(model)

    def read(self, operation: OperationModel, request: Request, labels: dict[str, str]) -> Json:
        return labels | query.parse(operation, query_params(request))

    def write(self, operation: OperationModel, result: Json, request_id: str) -> Response:
        inner = self._writer.members(operation.output, result) if operation.output else ""
        tag = operation.output_spec.get("resultWrapper") or (f"{operation.name}Result" if operation.output else None)
        wrapped = (f"<{tag}>{inner}</{tag}>" if inner else f"<{tag}/>") if tag else ""
        return _xml(
            200,
            f'<{operation.name}Response xmlns="{self._namespace}">{wrapped}'
            f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation.name}Response>",
            request_id,
        )

    def write_error(self, operation: OperationModel | None, error: AwsError, request_id: str) -> Response:
        code = self._codes.get(error.code) or wire_code(self._model, error)
        text = self._texts.get(error.code, error.message)
        return query_error(status_of(self._model, error), code, text, request_id, self._namespace)


class Ec2Codec(QueryCodec):
    """ec2Query: awsQuery with results that nothing wraps, and errors of their own form."""

    def write(self, operation: OperationModel, result: Json, request_id: str) -> Response:
        inner = self._writer.members(operation.output, result) if operation.output else "<return>true</return>"
        return _xml(
            200,
            f'<{operation.name}Response xmlns="{self._namespace}"><requestId>{request_id}</requestId>'
            f"{inner}</{operation.name}Response>",
            request_id,
        )

    def write_error(self, operation: OperationModel | None, error: AwsError, request_id: str) -> Response:
        return _xml(
            status_of(self._model, error),
            f"<Response><Errors><Error><Code>{error.code}</Code><Message>{xml.escape(error.message)}</Message></Error>"
            f"</Errors><RequestID>{request_id}</RequestID></Response>",
            request_id,
        )


class RestJsonCodec:
    """restJson1: labels, query and headers around a JSON body."""

    def __init__(self, model: ServiceModel) -> None:
        self._model = model
        self._binding = RestBinding(model, "unixTimestamp")
        self._streams = eventstream.members(model)
        self._events = eventstream.EventWriter(model, self._event, "application/json")

    def read(self, operation: OperationModel, request: Request, labels: dict[str, str]) -> Json:
        result = self._binding.read_location(operation, request, labels)
        payload = self._binding.payload(operation.input)
        if payload is None:
            if self._binding.has_body(operation.input):
                result.update(self._binding.read_body(operation.input, read_json(request.body)))
        elif request.body:
            result[payload.name] = (
                request.body if payload.raw else self._binding.read_body(payload.shape, read_json(request.body))
            )
        return result

    def write(self, operation: OperationModel, result: Json, request_id: str) -> Response:
        status, headers = self._binding.write_location(operation, result)
        payload = self._binding.payload(operation.output)
        if payload is not None and operation.output in self._streams:
            response = eventstream.response(
                self._events.messages(result[payload.name], payload.shape, None), request_id
            )
            response.status = status
            response.headers += [(name, value) for name, value in headers if name != "Content-Type"]
            return response
        if payload is not None:
            body = result.get(payload.name, b"" if payload.raw else {})
            if not payload.raw:
                body = orjson.dumps(self._binding.write_body(payload.shape, body), default=json_default)
        elif operation.output is not None and status != 204:
            body = orjson.dumps(self._binding.write_body(operation.output, result), default=json_default)
        else:
            body = b""
        if not any(name == "Content-Type" for name, _ in headers):
            headers.append(("Content-Type", "application/json"))
        headers.append(("x-amzn-RequestId", request_id))
        return Response(status, headers, body)

    def _event(self, shape: str, value: Any) -> bytes:
        return orjson.dumps(self._binding.write_body(shape, value), default=json_default)

    def write_error(self, operation: OperationModel | None, error: AwsError, request_id: str) -> Response:
        shape = self._model.error_shape(error.code)
        named = next((name for name in (shape or {}).get("members", {}) if name.lower() == "message"), "message")
        body = {**error.fields, named: error.message}
        headers = [("Content-Type", "application/json"), ("x-amzn-RequestId", request_id)]
        headers.append(("x-amzn-ErrorType", error.code))
        if shape is not None:
            for name, spec in shape.get("members", {}).items():
                if spec.get("location") == "header" and name in error.fields:
                    headers.append((spec.get("locationName", name), str(body.pop(name))))
        return Response(status_of(self._model, error), headers, orjson.dumps(body, default=json_default))


class RestXmlCodec:
    """restXml, as S3 speaks it."""

    def __init__(self, model: ServiceModel) -> None:
        self._model = model
        self._binding = RestBinding(model, "iso8601")
        self._writer = xml.Writer(model)
        self._reader = xml.Reader(model)

    def read(self, operation: OperationModel, request: Request, labels: dict[str, str]) -> Json:
        result = self._binding.read_location(operation, request, labels)
        payload = self._binding.payload(operation.input)
        if payload is not None and request.body:
            result[payload.name] = request.body if payload.raw else self._reader.parse(payload.spec, request.body)
        elif payload is None and request.body and self._binding.has_body(operation.input):
            result.update(self._reader.parse(operation.input_spec, request.body))
        return result

    def write(self, operation: OperationModel, result: Json, request_id: str) -> Response:
        status, headers = self._binding.write_location(operation, result)
        payload = self._binding.payload(operation.output)
        headers.append(("x-amz-request-id", request_id))
        if payload is not None and payload.raw:
            return Response(status, headers, result.get(payload.name, b""))
        text = ""
        if payload is not None and payload.name in result:
            tag = payload.spec.get("locationName", payload.shape)
            text = self._writer.element(payload.spec, tag, result[payload.name])
        elif payload is None and self._binding.has_body(operation.output):
            tag = operation.output_spec.get("locationName") or operation.output or ""
            text = self._writer.element(operation.output_spec, tag, result)
        headers.append(("Content-Type", "application/xml"))
        return Response(status, headers, (xml.DECLARATION + text).encode() if text else b"")

    def write_error(self, operation: OperationModel | None, error: AwsError, request_id: str) -> Response:
        extra = "".join(f"<{name}>{xml.escape(str(value))}</{name}>" for name, value in error.fields.items())
        return _xml(
            status_of(self._model, error),
            f"<Error><Code>{error.code}</Code><Message>{xml.escape(error.message)}</Message>{extra}"
            f"<RequestId>{request_id}</RequestId></Error>",
            request_id,
        )


def query_params(request: Request) -> list[tuple[str, str]]:
    """The parameters of a query request: those of the body after those of the query string."""
    if request.form is None:
        request.form = request.query
        if request.body:
            request.form += query.form(request.body.decode("utf-8", "replace"))
    return request.form


def query_error(status: int, code: str, message: str, request_id: str, namespace: str = "") -> Response:
    return _xml(
        status,
        f'<ErrorResponse xmlns="{namespace}"><Error><Type>{"Receiver" if status >= 500 else "Sender"}</Type>'
        f"<Code>{code}</Code><Message>{xml.escape(message)}</Message></Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>",
        request_id,
    )


def _xml(status: int, text: str, request_id: str) -> Response:
    headers = [("Content-Type", "text/xml"), ("x-amzn-RequestId", request_id)]
    return Response(status, headers, (xml.DECLARATION + text).encode())


def target_codec_for(model: ServiceModel, query_codes: dict[str, str] | None = None) -> Codec:
    """The codec of requests with a target header: services that moved on to CBOR still answer JSON."""
    return JsonCodec(model, query_codes) if model.protocol == "smithy-rpc-v2-cbor" else codec_for(model, query_codes)


def codec_for(model: ServiceModel, query_codes: dict[str, str] | None = None) -> Codec:
    """The codec of the model's own protocol."""
    if model.protocol == "json":
        return JsonCodec(model, query_codes)
    return _CODECS[model.protocol](model)


_CODECS: dict[str, Callable[[ServiceModel], Codec]] = {
    "ec2": Ec2Codec,
    "query": QueryCodec,
    "rest-json": RestJsonCodec,
    "rest-xml": RestXmlCodec,
    "smithy-rpc-v2-cbor": CborCodec,
}
