"""ImportTable: a new table with the items of files in S3.

The table is there at once and its items come in file by file. An import that was cut short begins again when the
service starts: putting an item twice does no harm.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataImport.HowItWorks.html
"""

import csv
import gzip
import json
import secrets
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from penstock.base.arn import arn
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.dynamodb import changes, mutations, store
from penstock.services.dynamodb.errors import INVALID, invalid
from penstock.services.dynamodb.mutations import Mutation
from penstock.services.dynamodb.schema import Table
from penstock.services.dynamodb.state import lookup
from penstock.services.dynamodb.tables import create_table, delete_table
from penstock.services.dynamodb.values import MAX_ITEM_SIZE, Item, check_item
from penstock.wire.model import Json

MAX_LISTED = 25
_DECODER = json.JSONDecoder()
_PIECE = 500  # items in one transaction
_SHOWN_IN_LISTS = (
    "ImportArn",
    "ImportStatus",
    "TableArn",
    "S3BucketSource",
    "CloudWatchLogGroupArn",
    "InputFormat",
    "StartTime",
    "EndTime",
)
_FAILURES = {"NoSuchBucket": "S3NoSuchBucket", "NoSuchKey": "S3NoSuchKey", "AccessDenied": "S3AccessDenied"}
_BAD_ITEMS = "Some of the items failed validation checks. Please check CloudWatch error logs for more details."


def import_table(ctx: Context, request: Json) -> Json:
    for member, unsupported in (("InputFormat", "ION"), ("InputCompressionType", "ZSTD")):
        if request.get(member) == unsupported:
            raise invalid(f"{INVALID}Penstock does not support the {member} {unsupported}")
    made = create_table(ctx, request["TableCreationParameters"])["TableDescription"]
    description: Json = {
        "ImportArn": f"{made['TableArn']}/import/{int(ctx.clock.now() * 1000):014d}-{secrets.token_hex(4)}",
        "ImportStatus": "IN_PROGRESS",
        "TableArn": made["TableArn"],
        "TableId": made["TableId"],
        "InputCompressionType": "NONE",
        **request,
        "StartTime": ctx.clock.now(),
        "ProcessedSizeBytes": 0,
        "ProcessedItemCount": 0,
        "ImportedItemCount": 0,
        "ErrorCount": 0,
    }
    ctx.store.run(store.PUT_IMPORT, description["ImportArn"], orjson.dumps(description).decode(), True)
    ctx.store.after_commit(lambda: _begin(ctx, description))
    return {"ImportTableDescription": description}


def describe_import(ctx: Context, request: Json) -> Json:
    row = ctx.store.one(store.SELECT_IMPORT, request["ImportArn"])
    if row is None:
        if not request["ImportArn"].startswith("arn:"):
            raise invalid("Invalid Import ARN")
        raise AwsError("ImportNotFoundException", f"Import not found: {request['ImportArn']}")
    return {"ImportTableDescription": orjson.loads(row[0])}


def list_imports(ctx: Context, request: Json) -> Json:
    limit = request.get("PageSize", MAX_LISTED)
    prefix = request.get("TableArn") or arn("dynamodb", ctx.region, ctx.account, "table/")
    after = bytes.fromhex(request["NextToken"]).decode().rstrip() if "NextToken" in request else prefix
    rows = ctx.store.all(store.SELECT_IMPORTS, after, prefix + "\x7f", limit + 1)
    found = [orjson.loads(row[0]) for row in rows[:limit]]
    listed = [{member: one[member] for member in _SHOWN_IN_LISTS if member in one} for one in found]
    if len(rows) <= limit:
        return {"ImportSummaryList": listed}
    # A token is hexadecimal, in groups of sixteen digits, and has 112 of them at least.
    last = found[-1]["ImportArn"].encode()
    token = last.ljust(max(56, -(-len(last) // 8) * 8)).hex()
    return {"ImportSummaryList": listed, "NextToken": token}


def start(ctx: Context) -> None:
    for (description,) in ctx.store.all(store.SELECT_OPEN_IMPORTS):
        _begin(ctx, orjson.loads(description))


def _begin(ctx: Context, description: Json) -> None:
    _, _, _, region, account, _ = description["ImportArn"].split(":", 5)
    there = ctx.at(account=account, region=region)
    ctx.spawn(_Import(there, description).run(), f"dynamodb import {description['ImportArn']}")


@dataclass(slots=True)
class _Import:
    """One import on its way; its counts are in `description`."""

    ctx: Context
    description: Json

    async def run(self) -> None:
        with self.ctx.clock.work():
            self.description |= dict.fromkeys(
                ("ProcessedSizeBytes", "ProcessedItemCount", "ImportedItemCount", "ErrorCount"), 0
            )
            try:
                await self._files()
            except AwsError as error:
                self._end(_FAILURES.get(error.code, error.code), error.message)
            except (ValueError, OSError, EOFError, zlib.error, csv.Error) as error:
                self._end("UnknownError", str(error))
            else:
                failed = self.description["ErrorCount"] > 0
                self._end(*(("ItemValidationError", _BAD_ITEMS) if failed else ("", "")))

    def _end(self, code: str, message: str) -> None:
        """A table whose files could not be got at is not there afterwards."""
        self.description |= {"ImportStatus": "FAILED" if code else "COMPLETED", "EndTime": self.ctx.clock.now()}
        if code:
            self.description |= {"FailureCode": code, "FailureMessage": message}
        stored = orjson.dumps(self.description).decode()
        with self.ctx.store.savepoint():
            self.ctx.store.run(store.PUT_IMPORT, self.description["ImportArn"], stored, False)
            if code in _FAILURES.values() and not self.description["ImportedItemCount"]:
                delete_table(self.ctx, {"TableName": self.description["TableArn"]})

    async def _files(self) -> None:
        source = self.description["S3BucketSource"]
        request = {"Bucket": source["S3Bucket"], "Prefix": source.get("S3KeyPrefix", "")}
        while True:
            page = await self.ctx.call("s3", "ListObjectsV2", request)
            for found in page.get("Contents", ()):
                await self._file(source["S3Bucket"], found["Key"])
            if "NextContinuationToken" not in page:
                return
            request["ContinuationToken"] = page["NextContinuationToken"]

    async def _file(self, bucket: str, key: str) -> None:
        body = (await self.ctx.call("s3", "GetObject", {"Bucket": bucket, "Key": key}))["Body"]
        data = bytes(body) if isinstance(body, bytes | bytearray) else b"".join([bytes(one) async for one in body])
        self.description["ProcessedSizeBytes"] += len(data)
        if self.description["InputCompressionType"] == "GZIP":
            data = gzip.decompress(data)
        items = _READERS[self.description["InputFormat"]](data, self.description)
        while True:
            with self.ctx.store.savepoint():
                count = self._piece(items)
            await self.ctx.store.committed()
            if count < _PIECE:
                return

    def _piece(self, items: Iterator[Item | None]) -> int:
        """Puts the next items; how many there were."""
        table = lookup(self.ctx, self.description["TableArn"])
        count = 0
        for count, item in enumerate(items, 1):
            self.description["ProcessedItemCount"] += 1
            try:
                _put(self.ctx, table, item)
                self.description["ImportedItemCount"] += 1
            except AwsError:
                self.description["ErrorCount"] += 1
            if count == _PIECE:
                break
        return count


def _put(ctx: Context, table: Table, item: Item | None) -> None:
    if item is None:
        raise invalid("The line is no item")
    size = check_item(item)
    if size > MAX_ITEM_SIZE:
        raise invalid(mutations.TOO_LARGE)
    changes.write(ctx, Mutation(table, table.place(item), mutations.put(item, size)).evaluate(ctx))


# -- files -------------------------------------------------------------------------------------------


def _json_items(data: bytes, description: Json) -> Iterator[Item | None]:
    """Each is `{"Item": {"pk": {"S": "a"}}}`. None for a document that is no such thing."""
    for line in data.splitlines():
        for document in _documents(line):
            item = document.get("Item") if isinstance(document, dict) else None
            try:
                yield store.load(orjson.dumps(item)) if isinstance(item, dict) else None
            except (ValueError, KeyError, TypeError, AttributeError):
                yield None


def _documents(line: bytes) -> Iterator[Any]:
    """Those of a line: one, or several with nothing between them. None for what cannot be read."""
    try:
        yield orjson.loads(line)
        return
    except orjson.JSONDecodeError:
        text = line.decode(errors="replace").strip()
    while text:
        try:
            document, end = _DECODER.raw_decode(text)
        except ValueError:
            yield None
            return
        yield document
        text = text[end:].lstrip()


def _csv_items(data: bytes, description: Json) -> Iterator[Item | None]:
    """Everything is a string, but for keys that are said to be of another type."""
    options: Json = description.get("InputFormatOptions", {}).get("Csv", {})
    lines = data.decode("utf-8-sig").splitlines()
    reader = csv.reader(lines, delimiter=options.get("Delimiter", ","))
    header: list[str] = options.get("HeaderList") or next(reader, [])
    definitions = description["TableCreationParameters"]["AttributeDefinitions"]
    types = {one["AttributeName"]: one["AttributeType"] for one in definitions}
    for row in reader:
        yield {name: {types.get(name, "S"): text} for name, text in zip(header, row, strict=False) if text}


_READERS: dict[str, Callable[[bytes, Any], Iterator[Item | None]]] = {"DYNAMODB_JSON": _json_items, "CSV": _csv_items}
