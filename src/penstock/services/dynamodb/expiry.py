"""Time to live: items are deleted when the time in their attribute has come.

One timer waits for the next expiry of all tables. AWS deletes within days of the time; here it is at once, so that a
test or `clock advance` sees it. The deletion passes the same place as any other change, as DynamoDB's own.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html
"""

from penstock.call import Context
from penstock.services.dynamodb import changes, store
from penstock.services.dynamodb.keys import Key
from penstock.services.dynamodb.state import state, table_by_id

_AT_ONCE = 200  # items deleted in one turn


def start(ctx: Context) -> None:
    """Sets the timer to the next expiry there is."""
    memory = state(ctx)
    memory.delete_expired = lambda: _delete_expired(ctx)
    [when] = ctx.store.one(store.NEXT_EXPIRY) or (None,)
    if when is not None:
        memory.expect(when)


def _delete_expired(ctx: Context) -> None:
    with ctx.store.savepoint():
        for table_id, *position in ctx.store.all(store.EXPIRED, ctx.clock.now(), _AT_ONCE):
            key = Key(*position)
            table = table_by_id(ctx, table_id)
            if table is None:  # on its way out, with all its items
                ctx.store.run(store.SET_EXPIRY, None, table_id, *key)
            elif (old := changes.read(ctx, table, key)) is not None:
                changes.write(ctx, changes.Change(table, key, old, None, by_service=True))
    ctx.store.after_commit(lambda: start(ctx))
