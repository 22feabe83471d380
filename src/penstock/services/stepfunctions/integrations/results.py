"""Results of distributed maps: what their ResultWriter makes of them, and the objects it writes to S3.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.stepfunctions.asl.errors import RESULT_WRITER, StateError
from penstock.wire.model import Json


def _unchanged(child: Json) -> Iterable[Any]:
    return [child]


def _compact(child: Json) -> Iterable[Any]:
    return [orjson.loads(child["Output"])]


def _flattened(child: Json) -> Iterable[Any]:
    output = orjson.loads(child["Output"])
    return output if isinstance(output, list) else [output]


TRANSFORMATIONS: dict[str, Callable[[Json], Iterable[Any]]] = {
    "NONE": _unchanged,
    "COMPACT": _compact,
    "FLATTEN": _flattened,
}
OUTPUT_TYPES: dict[str, Callable[[list[Any]], bytes]] = {
    "JSON": orjson.dumps,
    "JSONL": lambda items: b"".join(orjson.dumps(item) + b"\n" for item in items),
}


def transformed(children: Iterable[Json], transformation: str) -> list[Any]:
    """A child that did not succeed stays as it is."""
    change = TRANSFORMATIONS[transformation]
    return [item for child in children for item in (change if child["Status"] == "SUCCEEDED" else _unchanged)(child)]


def state_output(children: list[Json], config: Mapping[str, Any]) -> Any:
    """The Map state's result where nothing is exported; JSON Lines are one string."""
    items = transformed(children, config.get("Transformation", "COMPACT"))
    return OUTPUT_TYPES["JSONL"](items).decode() if config.get("OutputType") == "JSONL" else items


async def write(ctx: Context, map_run: str, config: Mapping[str, Any], arguments: Json, children: list[Json]) -> Json:
    """One file per status and a manifest. Raises StateError: States.ResultWriterFailed."""
    bucket, name = arguments.get("Bucket", ""), map_run.rpartition(":")[2]
    prefix = "/".join(filter(None, (str(arguments.get("Prefix", "")).strip("/"), name)))
    kind = config.get("OutputType", "JSON")
    groups = {
        "SUCCEEDED": [child for child in children if child["Status"] == "SUCCEEDED"],
        "FAILED": [child for child in children if child["Status"] != "SUCCEEDED"],
    }
    files: dict[str, list[Json]] = {"SUCCEEDED": [], "FAILED": [], "PENDING": []}
    try:
        for status, group in groups.items():
            if group:
                data = OUTPUT_TYPES[kind](transformed(group, config.get("Transformation", "NONE")))
                key = f"{prefix}/{status}_0.{kind.lower()}"
                await ctx.call("s3", "PutObject", {"Bucket": bucket, "Key": key, "Body": data})
                files[status] = [{"Key": key, "Size": len(data)}]
        manifest = {"DestinationBucket": bucket, "MapRunArn": map_run, "ResultFiles": files}
        key = f"{prefix}/manifest.json"
        await ctx.call("s3", "PutObject", {"Bucket": bucket, "Key": key, "Body": orjson.dumps(manifest)})
    except AwsError as error:
        raise StateError(RESULT_WRITER, f"{error.message} ({error.code})") from None
    return {"MapRunArn": map_run, "ResultWriterDetails": {"Bucket": bucket, "Key": key}}
