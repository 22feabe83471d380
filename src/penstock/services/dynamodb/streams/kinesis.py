"""A change of an item as a record of the Kinesis stream that its table writes to, put in the transaction of the item.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/kds.html
"""

import hashlib

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.base.telemetry import LogLine
from penstock.call import Context
from penstock.iam.principal import Principal
from penstock.services.dynamodb.keys import Key
from penstock.services.dynamodb.schema import Table
from penstock.services.dynamodb.store import dump
from penstock.services.dynamodb.streams.records import event_name, keys_of
from penstock.services.dynamodb.values import Stored, item_size
from penstock.wire.model import Json

_SERVICE = "kinesisreplication.dynamodb.amazonaws.com"
_PER_SECOND = {"MILLISECOND": 1000, "MICROSECOND": 1000_000}
_SERVICE_IDENTITY = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


def put(ctx: Context, table: Table, key: Key, old: Stored | None, new: Stored | None, by_service: bool) -> None:
    """A stream that does not take the record (it was deleted, say) stops no write of the table; the log tells of it."""
    destination = table.destination
    assert destination is not None
    record: Json = {
        "awsRegion": table.arn.split(":", 4)[3],
        "eventID": ids.uuid(),
        "eventName": event_name(old, new),
        "userIdentity": _SERVICE_IDENTITY if by_service else None,
        "recordFormat": "application/json",
        "tableName": table.name,
        "dynamodb": _change(table, old, new, int(ctx.clock.now() * _PER_SECOND[destination.precision])),
        "eventSource": "aws:dynamodb",
    }
    request = {
        "StreamARN": destination.stream_arn,
        "PartitionKey": hashlib.md5(key.hash + b"\0" + key.range, usedforsecurity=False).hexdigest().upper(),
        "Data": dump(record),
    }
    try:
        ctx.call_now("kinesis", "PutRecord", request, principal=Principal.service(_SERVICE, ctx.account))
    except AwsError as error:
        message = f"a change was not written to {destination.stream_arn}: {error.code}: {error.message}"
        ctx.telemetry.log(LogLine(ctx.clock.now(), "ERROR", table.arn, message))


def _change(table: Table, old: Stored | None, new: Stored | None, at: int) -> Json:
    keys = keys_of(table, old, new)
    change: Json = {"ApproximateCreationDateTime": at, "Keys": keys}
    size = item_size(keys)
    for member, image in (("NewImage", new), ("OldImage", old)):
        if image is not None:
            change[member] = image.item
            size += image.size
    change["SizeBytes"] = size
    if table.destination is not None and table.destination.precision == "MICROSECOND":
        change["ApproximateCreationDateTimePrecision"] = "MICROSECOND"
    return change
