"""CBOR in place of JSON: awsJson services with SDKs that send `application/x-amz-cbor-1.1`, as Java's does to Kinesis.

Names, errors and the target header are those of awsJson; blobs are bytes. Timestamps are milliseconds, which no tag
marks in answers: a tag would say that they are seconds, and readers that know no better would believe it.
Source: the marshallers of https://github.com/aws/aws-sdk-java-v2 (core/protocols/aws-cbor-protocol).
"""

from collections.abc import AsyncIterator
from typing import Any

from penstock.base.errors import AwsError
from penstock.wire import cbor, eventstream
from penstock.wire.codec import CborCodec, status_of
from penstock.wire.message import Request, Response
from penstock.wire.model import Json, OperationModel, ServiceModel

CONTENT_TYPE = "application/x-amz-cbor-1.1"


class AmzCborCodec(CborCodec):
    def __init__(self, model: ServiceModel) -> None:
        super().__init__(model)
        self._streams = eventstream.members(model)
        self._events = eventstream.EventWriter(model, self._encode, CONTENT_TYPE)

    def read(self, operation: OperationModel, request: Request, labels: dict[str, str]) -> Json:
        value = super().read(operation, request, labels)
        return value if operation.input is None else self._seconds(operation.input, value)

    def write(self, operation: OperationModel, result: Json, request_id: str) -> Response:
        if operation.output not in self._streams:
            return super().write(operation, result, request_id)
        member, shape = self._streams[operation.output]
        events: AsyncIterator[Json] = result.pop(member)
        initial = self._encode(str(operation.output), result)
        return eventstream.response(self._events.messages(events, shape, initial), request_id)

    def write_error(self, operation: OperationModel | None, error: AwsError, request_id: str) -> Response:
        body = {"__type": error.code, "message": error.message, **error.fields}
        return Response(status_of(self._model, error), self._headers(request_id), cbor.dumps(body))

    def _encode(self, shape: str, value: Any) -> bytes:
        return cbor.dumps(self._timed(shape, value))

    @staticmethod
    def _headers(request_id: str) -> list[tuple[str, str]]:
        return [("Content-Type", CONTENT_TYPE), ("x-amzn-RequestId", request_id)]

    @staticmethod
    def _time(seconds: float) -> Any:
        return round(seconds * 1000)

    def _seconds(self, name: str, value: Any) -> Any:
        """The value with its timestamps in seconds; what has another form than the model says is left as it is."""
        shape = self._model.shapes[name]
        kind = shape["type"]
        if kind == "timestamp" and (type(value) in (int, float) or (type(value) is str and value.isdecimal())):
            return float(value) / 1000
        if kind == "structure" and type(value) is dict:
            known = {key: spec["shape"] for key, spec in shape.get("members", {}).items() if key in value}
            return value | {key: self._seconds(inner, value[key]) for key, inner in known.items()}
        if kind == "list" and type(value) is list:
            return [self._seconds(shape["member"]["shape"], item) for item in value]
        return value
