"""A change of an item as a stream record: written with the item, and shown as GetRecords gives it.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html
"""

import hashlib
from typing import Any

from penstock.call import Context
from penstock.services.dynamodb.schema import Table
from penstock.services.dynamodb.state import state
from penstock.services.dynamodb.store import dump, load
from penstock.services.dynamodb.streams import store
from penstock.services.dynamodb.streams.shards import show
from penstock.services.dynamodb.values import Item, Stored, item_size
from penstock.wire.model import Json

_NEW = frozenset(("NEW_IMAGE", "NEW_AND_OLD_IMAGES"))
_OLD = frozenset(("OLD_IMAGE", "NEW_AND_OLD_IMAGES"))
SERVICE_IDENTITY = {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}


def event_name(old: Stored | None, new: Stored | None) -> str:
    if old is None:
        return "INSERT"
    return "MODIFY" if new is not None else "REMOVE"


def keys_of(table: Table, old: Stored | None, new: Stored | None) -> Item:
    image = new or old
    assert image is not None
    return table.key_of(image.item)


def append(ctx: Context, table: Table, old: Stored | None, new: Stored | None, by_service: bool) -> None:
    """The record of a change, in the transaction of the item; `by_service`: time to live, not a caller, made it."""
    stream = table.stream
    assert stream is not None
    now = ctx.clock.now()
    keys = keys_of(table, old, new)
    kept_new = new if stream.view_type in _NEW else None
    kept_old = old if stream.view_type in _OLD else None
    ctx.store.run(
        store.INSERT_RECORD,
        stream.id,
        state(ctx).sequence.next(now),
        event_name(old, new),
        now,
        by_service,
        item_size(keys) + (kept_new.size if kept_new else 0) + (kept_old.size if kept_old else 0),
        dump(keys),
        dump(kept_new.item) if kept_new else None,
        dump(kept_old.item) if kept_old else None,
    )
    ctx.store.after_commit(lambda: ctx.signals.notify(("stream", stream.arn)))


def shown(region: str, stream_id: int, view_type: str, row: tuple[Any, ...]) -> Json:
    """A row of SELECT_RECORDS as a Record."""
    number, name, created_at, by_service, size, keys, new_image, old_image = row
    sequence_number = show(number)
    change: Json = {
        "ApproximateCreationDateTime": int(created_at),
        "Keys": load(keys),
        "SequenceNumber": sequence_number,
        "SizeBytes": size,
        "StreamViewType": view_type,
    }
    for member, image in (("NewImage", new_image), ("OldImage", old_image)):
        if image is not None:
            change[member] = load(image)
    record: Json = {
        "eventID": hashlib.blake2s(f"{stream_id}/{number}".encode(), digest_size=16).hexdigest(),
        "eventName": name,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": region,
        "dynamodb": change,
    }
    return {**record, "userIdentity": SERVICE_IDENTITY} if by_service else record
