"""Whether what a distributed Map reads and writes is described as it has to be."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from penstock.services.stepfunctions.asl.wording import expected, not_supported, required, values
from penstock.services.stepfunctions.integrations.items import DELIMITERS
from penstock.services.stepfunctions.integrations.results import OUTPUT_TYPES, TRANSFORMATIONS

Json = Mapping[str, Any]
Found = Any
Report = Callable[[str, str], Found]

MAX_LABEL = 40
_BAD_LABEL = re.compile(r"[\s?*<>{}\[\]:;,\\|^~$#%&`\"\x00-\x1f\x7f-\x9f]")
_NO_RESOURCE = "The field 'Resource' does not match any of the allowed values"
_READERS = ("s3:getObject", "s3:listObjectsV2")
# field of a ReaderConfig or WriterConfig -> its values
_READER = {
    "InputType": ("CSV", "JSON", "JSONL", "MANIFEST", "PARQUET"),
    "Transformation": ("NONE", "LOAD_AND_FLATTEN"),
    "ManifestType": ("ATHENA_DATA", "S3_INVENTORY"),
    "CSVHeaderLocation": ("FIRST_ROW", "GIVEN"),
    "CSVDelimiter": tuple(DELIMITERS),
}
_WRITER = {"Transformation": tuple(TRANSFORMATIONS), "OutputType": tuple(OUTPUT_TYPES)}


def distributed(raw: Json, path: str, report: Report) -> Iterator[Found]:
    """ItemReader and ResultWriter."""
    for name, check in (("ItemReader", _reader), ("ResultWriter", _writer)):
        if name in raw and not isinstance(raw[name], dict):
            yield report(expected("Object"), f"{path}/{name}")
        elif name in raw:
            yield from check(raw[name], f"{path}/{name}", report)


def bad_label(label: str) -> bool:
    return not label or len(label) > MAX_LABEL or _BAD_LABEL.search(label) is not None


def _reader(raw: Json, path: str, report: Report) -> Iterator[Found]:
    resource = raw.get("Resource")
    if resource is None:
        yield report(required("Resource"), path)
    elif not str(resource).endswith(_READERS):
        yield report(_NO_RESOURCE, f"{path}/Resource")
    config = raw.get("ReaderConfig", {})
    if not isinstance(config, dict):
        yield report(expected("Object"), f"{path}/ReaderConfig")
        return
    where = f"{path}/ReaderConfig"
    yield from _values(config, _READER, where, report)
    kind = config.get("InputType")
    if kind is None and str(resource).endswith("s3:getObject"):
        yield report("The field 'InputType' is required", where)
    if kind == "PARQUET":
        yield report("Penstock does not read items of the InputType PARQUET", f"{where}/InputType")
    if kind == "CSV" and "CSVHeaderLocation" not in config:
        yield report("The field 'CSVHeaderLocation' is required", where)
    if kind == "JSON" and "CSVHeaderLocation" in config:
        yield report(not_supported("CSVHeaderLocation"), where)
    if config.get("CSVHeaderLocation") == "GIVEN" and not config.get("CSVHeaders"):
        yield report(required("CSVHeaders"), where)


def _writer(raw: Json, path: str, report: Report) -> Iterator[Found]:
    """It exports, or it configures, or both; an empty one is refused."""
    if "Resource" not in raw and "WriterConfig" not in raw:
        yield report(required("Resource"), path)
    elif "Resource" in raw and not str(raw["Resource"]).endswith("s3:putObject"):
        yield report(_NO_RESOURCE, f"{path}/Resource")
    config = raw.get("WriterConfig", {})
    if isinstance(config, dict):
        yield from _values(config, _WRITER, f"{path}/WriterConfig", report)
    else:
        yield report(expected("Object"), f"{path}/WriterConfig")


def _values(config: Json, known: Mapping[str, tuple[str, ...]], path: str, report: Report) -> Iterator[Found]:
    for name, allowed in known.items():
        if name in config and config[name] not in allowed:
            yield report(values(allowed), f"{path}/{name}")
