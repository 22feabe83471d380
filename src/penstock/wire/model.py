"""botocore's service models, read from its data files without importing botocore's client code.

Format: https://github.com/boto/botocore (data/<service>/<api version>/service-2.json.gz).
"""

import functools
import gzip
import importlib.util
import re
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

import orjson

Json = dict[str, Any]

_SPECIAL = {
    "CreateCachediSCSIVolume": "create_cached_iscsi_volume",
    "DescribeCachediSCSIVolumes": "describe_cached_iscsi_volumes",
    "DescribeStorediSCSIVolumes": "describe_stored_iscsi_volumes",
}
_FIRST_CAP = re.compile("(.)([A-Z][a-z]+)")
_END_CAP = re.compile("([a-z0-9])([A-Z])")
_PLURAL = re.compile("([A-Z]{2,}s)$")


def snake_case(name: str) -> str:
    """`SendMessage` -> `send_message`, in the way of botocore's `xform_name`."""
    if name in _SPECIAL:
        return _SPECIAL[name]
    if (plural := _PLURAL.search(name)) is not None:
        tail = plural.group(0)
        name = name[: -len(tail)] + "_" + tail.lower()
    return _END_CAP.sub(r"\1_\2", _FIRST_CAP.sub(r"\1_\2", name)).lower()


@functools.cache
def data_path() -> Path:
    spec = importlib.util.find_spec("botocore")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("botocore is not installed; its service models are what Penstock's wire reads")
    return Path(next(iter(spec.submodule_search_locations))) / "data"


def load(service: str) -> Json:
    """The newest model of `service`, documentation included, as botocore wrote it."""
    newest = max(path for path in (data_path() / service).iterdir() if path.is_dir())
    packed = newest / "service-2.json.gz"
    raw = gzip.decompress(packed.read_bytes()) if packed.exists() else (newest / "service-2.json").read_bytes()
    model: Json = orjson.loads(raw)
    return model


class OperationModel:
    """One operation: names, HTTP binding, shapes, and the errors that it may answer."""

    __slots__ = (
        "deprecated",
        "errors",
        "input",
        "input_spec",
        "members",
        "method",
        "name",
        "output",
        "output_spec",
        "service",
        "snake",
        "success",
        "uri",
    )

    def __init__(self, service: "ServiceModel", raw: Json) -> None:
        self.service = service
        self.name: str = raw["name"]
        self.snake = snake_case(self.name)
        self.deprecated: bool = raw.get("deprecated", False)
        self.method: str = raw["http"]["method"]
        self.uri: str = raw["http"]["requestUri"]
        self.success: int = raw["http"].get("responseCode", 200)
        self.input_spec: Json = raw.get("input", {})
        self.output_spec: Json = raw.get("output", {})
        self.input: str | None = self.input_spec.get("shape")
        self.members: Set[str] = service.shapes[self.input]["members"].keys() if self.input else frozenset()
        self.output: str | None = self.output_spec.get("shape")
        self.errors: tuple[str, ...] = tuple(error["shape"] for error in raw.get("errors", ()))


class ServiceModel:
    """The tables of one service. `patches` are merged into its shapes: what AWS does and the model leaves out."""

    def __init__(self, name: str, patches: Mapping[str, Json] | None = None) -> None:
        self.name = name
        raw = load(name)
        self.metadata: Json = raw["metadata"]
        self.shapes: dict[str, Json] = raw["shapes"]
        for shape, patch in (patches or {}).items():
            _merge(self.shapes[shape], patch)
        self.operations = {key: OperationModel(self, value) for key, value in raw["operations"].items()}
        _drop_documentation(self.shapes)

    @property
    def protocol(self) -> str:
        protocol: str = self.metadata["protocol"]
        return protocol

    @property
    def content_type(self) -> str:
        if self.protocol in ("json", "smithy-rpc-v2-cbor"):
            return f"application/x-amz-json-{self.metadata.get('jsonVersion', '1.0')}"
        return "application/json" if self.protocol == "rest-json" else "text/xml"

    def error_shape(self, code: str) -> Json | None:
        """The shape of an error by its shape's name or by its wire code."""
        shape = self.shapes.get(code)
        if shape is not None and shape.get("exception"):
            return shape
        return self._errors_by_code.get(code)

    @functools.cached_property
    def _errors_by_code(self) -> dict[str, Json]:
        return {
            shape["error"]["code"]: shape
            for shape in self.shapes.values()
            if shape.get("exception") and "code" in shape.get("error", ())
        }


def _merge(into: Json, patch: Json) -> None:
    """None takes a key away."""
    for key, value in patch.items():
        if value is None:
            into.pop(key, None)
        elif isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value


def _drop_documentation(shapes: dict[str, Json]) -> None:
    """Two thirds of a model are prose, which the runtime need not keep in memory."""
    for shape in shapes.values():
        shape.pop("documentation", None)
        for member in shape.get("members", {}).values():
            member.pop("documentation", None)
