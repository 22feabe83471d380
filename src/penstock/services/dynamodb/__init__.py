"""Amazon DynamoDB, and DynamoDB Streams, whose records are written with the items: two services in one room.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/
"""

from penstock.call import Context, Service, TagListing
from penstock.services.dynamodb import (
    access,
    backups,
    batches,
    constraints,
    destinations,
    expiry,
    imports,
    items,
    jobs,
    policies,
    queries,
    resources,
    restores,
    settings,
    store,
    tables,
    transactions,
    updates,
)
from penstock.services.dynamodb.partiql import statements
from penstock.services.dynamodb.state import State
from penstock.services.dynamodb.streams import access as streams_access
from penstock.services.dynamodb.streams import reading, streams
from penstock.services.dynamodb.streams import store as streams_store

# Values in the order in which DynamoDB's messages list them, which is not the model's.
_ENUMS = {
    "AttributeAction": "ADD DELETE PUT",
    "ComparisonOperator": ("IN NULL BETWEEN LT NOT_CONTAINS EQ GT NOT_NULL NE LE BEGINS_WITH GE CONTAINS"),
    "ConditionalOperator": "OR AND",
    "ProjectionType": "ALL INCLUDE KEYS_ONLY",
    "ReturnValue": "ALL_NEW UPDATED_OLD ALL_OLD NONE UPDATED_NEW",
    "ScalarAttributeType": "B N S",
    "StreamViewType": "OLD_IMAGE KEYS_ONLY NEW_AND_OLD_IMAGES NEW_IMAGE",
    "Select": "SPECIFIC_ATTRIBUTES COUNT ALL_ATTRIBUTES ALL_PROJECTED_ATTRIBUTES",
}


async def _start(ctx: Context) -> None:
    expiry.start(ctx)
    streams.start(ctx)
    imports.start(ctx)
    await jobs.start(ctx)


SERVICE = Service(
    name="dynamodb",
    operations=(
        tables,
        updates,
        settings,
        items,
        queries,
        batches,
        transactions,
        destinations,
        statements,
        backups,
        restores,
        imports,
        policies,
    ),
    schema=(*store.SCHEMA, *streams_store.SCHEMA),
    patches={name: {"enum": values.split()} for name, values in _ENUMS.items()},
    resources=resources.TABLE,
    resource=access.resource,
    tags=TagListing("ListTagsOfResource", "ResourceArn"),
    questions=access.QUESTIONS,
    policy=access.policy,
    keys=access.keys,
    refuse=constraints.refuse,
    state=State,
    start=_start,
)

STREAMS = Service(
    name="dynamodbstreams",
    signing_name="dynamodb",
    operations=(streams, reading),
    schema=streams_store.SCHEMA,
    resource=streams_access.resource,
)
