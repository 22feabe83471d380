"""The one place that every change of an item passes, with its old and its new image, in the transaction of the request.

Writes, transactions and expiry all end in `write`: it stores the item, keeps the indexes, counts and expiry up to
date, appends to the stream, puts into the Kinesis stream, and tells what the indexes were charged.
"""

from typing import NamedTuple

from penstock.call import Context
from penstock.services.dynamodb import store
from penstock.services.dynamodb.keys import Key
from penstock.services.dynamodb.schema import Index, Table
from penstock.services.dynamodb.state import state
from penstock.services.dynamodb.streams import kinesis, records
from penstock.services.dynamodb.values import Stored

KIB = 1024


class Change(NamedTuple):
    """An item before and after; None where there is none. `by_service`: time to live made it, not a caller."""

    table: Table
    key: Key
    old: Stored | None
    new: Stored | None
    by_service: bool = False


IndexUnits = dict[str, float]  # index name -> write units
NO_UNITS: IndexUnits = {}


def read(ctx: Context, table: Table, key: Key) -> Stored | None:
    row = ctx.store.one(store.SELECT_ITEM, table.id, *key)
    return None if row is None else Stored(store.load(row[0]), row[1])


def write(ctx: Context, change: Change) -> IndexUnits:
    """Makes a change; the write units that its indexes cost."""
    table, key, old, new, _ = change
    if new is not None:
        expires_at = None if table.ttl_attribute is None else table.expires_at(new.item, ctx.clock.now())
        ctx.store.run(store.PUT_ITEM, table.id, *key, store.dump(new.item), new.size, expires_at)
        if expires_at is not None:
            ctx.store.after_commit(lambda: state(ctx).expect(expires_at))
    elif old is not None:
        ctx.store.run(store.DELETE_ITEM, table.id, *key)
    else:
        return NO_UNITS
    count = (new is not None) - (old is not None)
    grown = (new.size if new else 0) - (old.size if old else 0)
    if count or grown:
        ctx.store.run(store.COUNT_ITEMS, count, grown, table.id)
    if table.stream is not None or table.destination is not None:
        _follow(ctx, change)
    if not table.indexes:
        return NO_UNITS
    charged = {name: _maintain(ctx, index, change) for name, index in table.indexes.items()}
    return {name: units for name, units in charged.items() if units}


def _follow(ctx: Context, change: Change) -> None:
    """Tells those who follow the table's changes. A write that leaves an item as it was is no change."""
    table, key, old, new, by_service = change
    if old is not None and new is not None and old.item == new.item:
        return
    if table.stream is not None:
        records.append(ctx, table, old, new, by_service)
    if table.destination is not None:
        kinesis.put(ctx, table, key, old, new, by_service)


def _maintain(ctx: Context, index: Index, change: Change) -> float:
    """Moves the item's entry in one index; the write units this costs.

    Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes
    """
    _, key, old, new, _ = change
    before = index.schema.find(old.item) if old else None
    after = index.schema.find(new.item) if new else None
    if before is None and after is None:
        return 0
    old_size = index.size(old.item, old.size) if old and before else 0
    new_size = index.size(new.item, new.size) if new and after else 0
    if before != after:
        if before is not None:
            ctx.store.run(store.DELETE_ENTRY, index.id, *before, *key)
        if after is not None:
            ctx.store.run(store.INSERT_ENTRY, index.id, *after, *key)
    elif old and new and not index.differs(old.item, new.item):
        return 0
    count = (after is not None) - (before is not None)
    if count or new_size != old_size:
        ctx.store.run(store.COUNT_ENTRIES, count, new_size - old_size, index.id)
    if before != after:
        return write_units(old_size) * (before is not None) + write_units(new_size) * (after is not None)
    return write_units(max(old_size, new_size))


def write_units(size: int) -> float:
    """One unit for each KiB begun, and at least one."""
    return float(max(1, -(-size // KIB)))


def read_units(size: int, consistent: bool) -> float:
    """One unit for each 4 KiB begun, and at least one; half as much where the read may be stale."""
    units = max(1, -(-size // (4 * KIB)))
    return float(units) if consistent else units / 2
