"""Answers of the query protocol as JSON, which AWS's services give to whoever accepts it, as API Gateway does.

`{"SendMessageResponse": {"SendMessageResult": {...}, "ResponseMetadata": {"RequestId": "..."}}}`: members that are not
there are null. As observed.
"""

from typing import Any
from xml.etree import ElementTree

import orjson

from penstock.wire.model import Json, ServiceModel
from penstock.wire.xml import Reader

# Where the JSON has a name of its own: operation -> member -> name.
_RENAMED = {"ReceiveMessage": {"Messages": "messages"}}


class QueryJson:
    """Translates the XML answers of one service."""

    def __init__(self, model: ServiceModel) -> None:
        self._model = model
        self._reader = Reader(model)

    def convert(self, body: bytes) -> bytes:
        root = ElementTree.fromstring(body)
        for element in root.iter():
            element.tag = element.tag.rpartition("}")[2]
        return orjson.dumps(_error(root) if root.tag == "ErrorResponse" else self._answer(root), default=str)

    def _answer(self, root: ElementTree.Element) -> Json:
        name = root.tag.removesuffix("Response")
        operation = self._model.operations[name]
        content: Json = {}
        if operation.output is not None:
            result = root.find(f"{name}Result")
            text = ElementTree.tostring(result) if result is not None else b"<Result/>"
            found = self._complete(operation.output, self._reader.parse(operation.output_spec, text))
            renamed = _RENAMED.get(name, {})
            content[f"{name}Result"] = {renamed.get(member, member): value for member, value in found.items()}
        return {root.tag: {**content, "ResponseMetadata": {"RequestId": root.findtext("ResponseMetadata/RequestId")}}}

    def _complete(self, shape_name: str, value: Any) -> Any:
        """The value with null for each member that a structure does not have."""
        shape = self._model.shapes[shape_name]
        if value is None:
            return None
        if shape["type"] == "structure":
            return {name: self._complete(spec["shape"], value.get(name)) for name, spec in shape["members"].items()}
        if shape["type"] == "list":
            return [self._complete(shape["member"]["shape"], item) for item in value]
        return value


def _error(root: ElementTree.Element) -> Json:
    error = root.find("Error")
    return {
        "Error": {child.tag: child.text for child in error} if error is not None else {},
        "RequestId": root.findtext("RequestId"),
    }
