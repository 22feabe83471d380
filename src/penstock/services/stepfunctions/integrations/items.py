"""Items of distributed maps in S3: read by ItemReader, results written by ResultWriter, through the front door.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html and
input-output-resultwriter.html
"""

import csv
import io
from collections.abc import Callable
from typing import Any

import orjson

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.stepfunctions.asl.errors import ITEM_READER, RESULT_WRITER, StateError
from penstock.services.stepfunctions.integrations.shapes import capital
from penstock.services.stepfunctions.times import iso
from penstock.wire.model import Json

_DELIMITERS = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}


async def content(body: Any) -> bytes:
    """A body as S3 gives it: bytes, or a stream of them."""
    if isinstance(body, (bytes, bytearray)):
        return bytes(body)
    return b"".join([bytes(piece) async for piece in body])


async def read(ctx: Context, resource: str, config: Json, arguments: Json, most: int | None) -> list[Any]:
    """Raises StateError: States.ItemReaderFailed."""
    try:
        if resource.endswith(":s3:listObjectsV2"):
            items = await _listed(ctx, arguments)
        elif resource.endswith(":s3:getObject"):
            found = await ctx.call("s3", "GetObject", {name: arguments[name] for name in ("Bucket", "Key")})
            items = _parsed(await content(found["Body"]), config)
        else:
            raise StateError(ITEM_READER, f"Penstock does not read items with {resource}.")
    except AwsError as error:
        raise StateError(ITEM_READER, f"{error.message} ({error.code})") from None
    except KeyError as error:
        raise StateError(ITEM_READER, f"The field {error} of the ItemReader is missing.") from None
    return items if most is None else items[:most]


async def _listed(ctx: Context, arguments: Json) -> list[Any]:
    items: list[Any] = []
    request = dict(arguments)
    while True:
        found = await ctx.call("s3", "ListObjectsV2", request)
        for one in found.get("Contents", ()):
            shown = {capital(name): value for name, value in one.items() if isinstance(value, (str, int, float))}
            if isinstance(one.get("LastModified"), float):
                shown["LastModified"] = iso(one["LastModified"])
            items.append(shown)
        if not found.get("IsTruncated"):
            return items
        request["ContinuationToken"] = found["NextContinuationToken"]


def _parsed(data: bytes, config: Json) -> list[Any]:
    kind = config.get("InputType", "JSON")
    if kind not in _PARSERS:
        raise StateError(ITEM_READER, f"Penstock does not read items of the InputType {kind}.")
    try:
        return _PARSERS[kind](data.decode("utf-8-sig"), config)
    except (orjson.JSONDecodeError, UnicodeDecodeError, csv.Error) as error:
        raise StateError(ITEM_READER, f"The items could not be read: {error}") from None


def _json(text: str, config: Json) -> list[Any]:
    value = orjson.loads(text)
    for step in filter(None, config.get("ItemsPointer", "").split("/")):
        value = value[step]
    if isinstance(value, dict):
        return [{"Key": key, "Value": item} for key, item in value.items()]
    if not isinstance(value, list):
        raise StateError(ITEM_READER, "Attempting to map over non-iterable node.")
    return value


def _lines(text: str, config: Json) -> list[Any]:
    return [orjson.loads(line) for line in text.splitlines() if line.strip()]


def _csv(text: str, config: Json) -> list[Any]:
    rows = list(csv.reader(io.StringIO(text), delimiter=_DELIMITERS[config.get("CSVDelimiter", "COMMA")]))
    given = config.get("CSVHeaderLocation") == "GIVEN"
    headers = config.get("CSVHeaders", []) if given else rows.pop(0) if rows else []
    if len(set(headers)) < len(headers):
        raise StateError(ITEM_READER, "CSV headers cannot contain duplicates.")
    width = len(headers)
    return [dict(zip(headers, [*row, *[""] * width][:width], strict=True)) for row in rows if row]


_PARSERS: dict[str, Callable[[str, Json], list[Any]]] = {"JSON": _json, "JSONL": _lines, "CSV": _csv}


async def write(ctx: Context, map_run: str, arguments: Json, results: list[Json]) -> Json:
    """One file per status and a manifest. Raises StateError: States.ResultWriterFailed."""
    bucket, name = arguments.get("Bucket", ""), map_run.rpartition(":")[2]
    prefix = "/".join(filter(None, (str(arguments.get("Prefix", "")).strip("/"), name)))
    files: dict[str, list[Json]] = {"SUCCEEDED": [], "FAILED": [], "PENDING": []}
    try:
        for status in files:
            wanted = [one for one in results if (one["Status"] == "SUCCEEDED") == (status == "SUCCEEDED")]
            if status == "PENDING" or not wanted:
                continue
            key, data = f"{prefix}/{status}_0.json", orjson.dumps(wanted)
            await ctx.call("s3", "PutObject", {"Bucket": bucket, "Key": key, "Body": data})
            files[status] = [{"Key": key, "Size": len(data)}]
        manifest = {"DestinationBucket": bucket, "MapRunArn": map_run, "ResultFiles": files}
        key = f"{prefix}/manifest.json"
        await ctx.call("s3", "PutObject", {"Bucket": bucket, "Key": key, "Body": orjson.dumps(manifest)})
    except AwsError as error:
        raise StateError(RESULT_WRITER, f"{error.message} ({error.code})") from None
    return {"MapRunArn": map_run, "ResultWriterDetails": {"Bucket": bucket, "Key": key}}
