"""Work on a whole table that must not hold up the loop: emptying what was deleted, filling a new index.

A job's first piece is done at once, so that with few items there is nothing to wait for. The rest is done piece by
piece beside the requests; a job that was cut short begins again when the service starts, which does no harm.
"""

from collections.abc import Callable

from penstock.call import Context
from penstock.services.dynamodb import store
from penstock.services.dynamodb.keys import Key
from penstock.services.dynamodb.schema import Index, Table
from penstock.services.dynamodb.state import drop, redefine, state, table_by_id

PIECE = 2000  # items in one turn
_FIRST = Key(-1, b"", b"")

Piece = Callable[[Context, int, Key], Key | None]  # (target, where to go on) -> where it left off, None at the end


def begin(ctx: Context, kind: str, target: int) -> bool:
    """Does the first piece; True where nothing is left to do."""
    after = _PIECES[kind](ctx, target, _FIRST)
    if after is None:
        return True
    job_id = ctx.store.insert(store.INSERT_JOB, kind, target)
    ctx.store.after_commit(lambda: ctx.spawn(_finish(ctx, job_id, kind, target, after), f"dynamodb {kind} {target}"))
    return False


def fill(ctx: Context, index_id: int) -> None:
    """Enters all items into an index at once."""
    after: Key | None = _FIRST
    while after is not None:
        after = _backfill(ctx, index_id, after)


async def start(ctx: Context) -> None:
    for job_id, kind, target in ctx.store.all(store.SELECT_JOBS):
        ctx.spawn(_finish(ctx, job_id, kind, target, _FIRST), f"dynamodb {kind} {target}")


async def _finish(ctx: Context, job_id: int, kind: str, target: int, after: Key | None) -> None:
    with ctx.clock.work():
        while after is not None:
            with ctx.store.savepoint():
                after = _PIECES[kind](ctx, target, after)
                if after is None:
                    ctx.store.run(store.DELETE_JOB, job_id)
            await ctx.store.committed()


def _purge_items(ctx: Context, table_id: int, after: Key) -> Key | None:
    return after if ctx.store.run(store.PURGE_ITEMS, table_id, PIECE) == PIECE else None


def _purge_entries(ctx: Context, index_id: int, after: Key) -> Key | None:
    return after if ctx.store.run(store.PURGE_ENTRIES, index_id, PIECE) == PIECE else None


def _set_expiries(ctx: Context, table_id: int, after: Key) -> Key | None:
    """Gives every item of a table the expiry that its time to live attribute says, or none."""
    table = table_by_id(ctx, table_id)
    if table is None:
        return None
    rows = ctx.store.all(store.ITEMS_AFTER, table_id, *after, PIECE)
    now = ctx.clock.now()
    expiries = [
        (table.expires_at(store.load(item), now) if table.ttl_attribute else None, table_id, *position)
        for *position, item, _ in rows
    ]
    ctx.store.many(store.SET_EXPIRY, expiries)
    if (soonest := min((row[0] for row in expiries if row[0] is not None), default=None)) is not None:
        ctx.store.after_commit(lambda: state(ctx).expect(soonest))
    return Key(*rows[-1][:3]) if len(rows) == PIECE else None


def _backfill(ctx: Context, index_id: int, after: Key) -> Key | None:
    """Enters the items of before into a new index. Items written meanwhile are entered by their writes."""
    found = _index(ctx, index_id)
    if found is None:
        return None
    table, index = found
    rows = ctx.store.all(store.ITEMS_AFTER, table.id, *after, PIECE)
    for *position, stored, size in rows:
        _enter(ctx, index, Key(*position), stored, size)
    if len(rows) == PIECE:
        return Key(*rows[-1][:3])
    _activate(ctx, table, index.name)
    return None


def _index(ctx: Context, index_id: int) -> tuple[Table, Index] | None:
    row = ctx.store.one(store.SELECT_INDEX_TABLE, index_id)
    table = table_by_id(ctx, row[0]) if row is not None else None
    return (table, table.indexes[row[1]]) if row is not None and table is not None else None


def _enter(ctx: Context, index: Index, key: Key, stored: bytes, size: int) -> None:
    item = store.load(stored)
    entry = index.schema.find(item)
    if entry is not None and ctx.store.run(store.INSERT_ENTRY, index.id, *entry, *key):
        ctx.store.run(store.COUNT_ENTRIES, 1, index.size(item, size), index.id)


def _activate(ctx: Context, table: Table, name: str) -> None:
    if not table.indexes[name].backfilling:
        return
    indexes = [dict(given) for given in table.definition["GlobalSecondaryIndexes"]]
    for given in indexes:
        if given["IndexName"] == name:
            given.pop("Backfilling", None)
    redefine(ctx, table, {**table.definition, "GlobalSecondaryIndexes": indexes})
    drop(ctx, table)


_PIECES: dict[str, Piece] = {
    "purge items": _purge_items,
    "purge entries": _purge_entries,
    "set expiries": _set_expiries,
    "backfill": _backfill,
}
