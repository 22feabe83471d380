"""Items of distributed maps in S3, read by an ItemReader through the front door.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
"""

import csv
import gzip
import io
import zlib
from collections.abc import Callable
from typing import Any

import orjson

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.delivery.sdk import capital
from penstock.services.stepfunctions.asl.errors import ITEM_READER, StateError
from penstock.services.stepfunctions.times import iso
from penstock.wire.model import Json

DELIMITERS = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}
_GETTING = ("Bucket", "Key", "VersionId", "ExpectedBucketOwner")


async def content(body: Any) -> bytes:
    """A body as S3 gives it: bytes, or a stream of them."""
    if isinstance(body, (bytes, bytearray)):
        return bytes(body)
    return b"".join([bytes(piece) async for piece in body])


async def read(ctx: Context, resource: str, config: Json, arguments: Json, most: int | None) -> list[Any]:
    """Raises StateError: States.ItemReaderFailed."""
    try:
        if resource.endswith(":s3:listObjectsV2"):
            items = await _listed(ctx, config, arguments)
        else:
            items = await _items(ctx, config, arguments)
    except AwsError as error:
        raise StateError(ITEM_READER, f"{error.message} ({error.code})") from None
    except KeyError as error:
        raise StateError(ITEM_READER, f"The field {error} of the ItemReader is missing.") from None
    except (ValueError, csv.Error, OSError, zlib.error) as error:
        raise StateError(ITEM_READER, f"The items could not be read: {error}") from None
    return items[:most] if most else items


async def _object(ctx: Context, arguments: Json) -> bytes:
    asked = {name: arguments[name] for name in _GETTING if name in arguments}
    return await content((await ctx.call("s3", "GetObject", asked))["Body"])


async def _items(ctx: Context, config: Json, arguments: Json) -> list[Any]:
    data = await _object(ctx, arguments)
    if config.get("ManifestType") == "ATHENA_DATA":
        return await _of_files(ctx, config, data)
    if config.get("InputType") == "MANIFEST":
        return await _of_inventory(ctx, data)
    return parsed(data, config)


def parsed(data: bytes, config: Json) -> list[Any]:
    """The items in one object. Raises StateError, ValueError and csv.Error."""
    return _PARSERS[config.get("InputType", "JSON")](data.decode("utf-8-sig"), config)


# -- one object -------------------------------------------------------------------------------------------


def _json(text: str, config: Json) -> list[Any]:
    value = orjson.loads(text)
    for step in config.get("ItemsPointer", "").split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        value = value[int(step)] if isinstance(value, list) else value[step]
    if isinstance(value, dict):
        return [{"Key": key, "Value": item} for key, item in value.items()]
    if not isinstance(value, list):
        raise StateError(ITEM_READER, "Attempting to map over non-iterable node.")
    return value


def _lines(text: str, config: Json) -> list[Any]:
    return [orjson.loads(line) for line in text.split("\n") if line.strip()]


def _csv(text: str, config: Json) -> list[Any]:
    rows = list(csv.reader(io.StringIO(text), delimiter=DELIMITERS[config.get("CSVDelimiter", "COMMA")]))
    given = config.get("CSVHeaderLocation") == "GIVEN"
    headers = config.get("CSVHeaders", []) if given else rows.pop(0) if rows else []
    if len(set(headers)) < len(headers):
        raise StateError(ITEM_READER, "CSV headers cannot contain duplicates.")
    width = len(headers)
    return [dict(zip(headers, [*row, *[""] * width][:width], strict=True)) for row in rows if row]


_PARSERS: dict[str, Callable[[str, Json], list[Any]]] = {"JSON": _json, "JSONL": _lines, "CSV": _csv}


# -- many objects -----------------------------------------------------------------------------------------


async def _listed(ctx: Context, config: Json, arguments: Json) -> list[Any]:
    """What S3 says of the objects; with LOAD_AND_FLATTEN, what is in them."""
    items: list[Any] = []
    request = dict(arguments)
    flatten = config.get("Transformation") == "LOAD_AND_FLATTEN"
    while True:
        found = await ctx.call("s3", "ListObjectsV2", request)
        for one in found.get("Contents", ()):
            if not flatten:
                items.append(_shown(one))
            elif one["Size"]:
                items += parsed(await _object(ctx, {**arguments, "Key": one["Key"]}), config)
        if not found.get("IsTruncated"):
            return items
        request["ContinuationToken"] = found["NextContinuationToken"]


def _shown(one: Json) -> Json:
    """An object of a listing."""
    shown = {capital(name): value for name, value in one.items() if isinstance(value, (str, int, float))}
    if isinstance(one.get("LastModified"), float):
        shown["LastModified"] = iso(one["LastModified"])
    return shown


async def _of_inventory(ctx: Context, data: bytes) -> list[Any]:
    """The rows of an inventory's CSV files, under the names in its schema."""
    manifest = orjson.loads(data)
    if manifest.get("fileFormat") != "CSV":
        raise StateError(ITEM_READER, f"Penstock reads inventories of CSV, not of {manifest.get('fileFormat')}.")
    bucket = manifest["destinationBucket"].rpartition(":")[2]
    names = [name.strip() for name in manifest["fileSchema"].split(",")]
    items: list[Any] = []
    for file in manifest["files"]:
        packed = await _object(ctx, {"Bucket": bucket, "Key": file["key"]})
        text = (gzip.decompress(packed) if packed[:2] == b"\x1f\x8b" else packed).decode()
        items += [dict(zip(names, row, strict=False)) for row in csv.reader(io.StringIO(text)) if row]
    return items


async def _of_files(ctx: Context, config: Json, data: bytes) -> list[Any]:
    """The items in the files of a manifest that is a list of their `s3://` URIs."""
    items: list[Any] = []
    for uri in data.decode("utf-8-sig").split():
        bucket, _, key = uri.strip('"').removeprefix("s3://").partition("/")
        items += parsed(await _object(ctx, {"Bucket": bucket, "Key": key}), config)
    return items
