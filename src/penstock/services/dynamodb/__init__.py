"""Amazon DynamoDB. Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/"""

from penstock.call import Context, Service
from penstock.services.dynamodb import (
    access,
    batches,
    expiry,
    items,
    jobs,
    queries,
    resources,
    settings,
    store,
    tables,
    transactions,
    updates,
)
from penstock.services.dynamodb.state import State


async def _start(ctx: Context) -> None:
    expiry.start(ctx)
    await jobs.start(ctx)


SERVICE = Service(
    name="dynamodb",
    operations=(tables, updates, settings, items, queries, batches, transactions),
    schema=store.SCHEMA,
    resources=resources.TABLE,
    resource=access.resource,
    state=State,
    start=_start,
)
