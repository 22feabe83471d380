"""BatchGetItem and BatchWriteItem: many items, each by itself; what is wrong with one refuses all."""

import orjson

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.dynamodb import capacity, changes, constraints, mutations, store
from penstock.services.dynamodb.changes import read_units
from penstock.services.dynamodb.errors import in_older_words, invalid
from penstock.services.dynamodb.expressions.request import Expressions
from penstock.services.dynamodb.items import change_units, check_get, project
from penstock.services.dynamodb.keys import Key
from penstock.services.dynamodb.mutations import Mutation, check_scalar_keys
from penstock.services.dynamodb.schema import Table, check_index_keys
from penstock.services.dynamodb.state import is_name, lookup
from penstock.services.dynamodb.values import MAX_ITEM_SIZE, SEVERAL, Item, check_item
from penstock.wire.model import Json

MAX_GETS = 100
MAX_WRITES = 25
MAX_RESPONSE = 16 * 1024 * 1024
_DUPLICATES = "Provided list of item keys contains duplicates"
_NEITHER = (
    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
)


def batch_get_item(ctx: Context, request: Json) -> Json:
    asked = request["RequestItems"]
    if not all(map(is_name, asked)):
        constraints.check_names(asked, orjson.dumps(asked, default=constraints.as_base64).decode())
    found = _check_gets(asked)
    targets = [(lookup(ctx, name), entry, found[name], name) for name, entry in asked.items()]
    places = [_places(table, entry, compiled) for table, entry, compiled, _ in targets]
    batch = _BatchGet()
    for (table, entry, compiled, name), keys in zip(targets, places, strict=True):
        batch.read(ctx, table, name, entry, compiled, keys)
    response = {"Responses": batch.responses, "UnprocessedKeys": batch.unprocessed}
    return {**response, **capacity.reports(request, batch.costs)}


def _check_gets(asked: Json) -> dict[str, Expressions]:
    found = {}
    for name, entry in asked.items():
        found[name] = check_get(entry)
        for key in entry["Keys"]:
            check_item(key)
    mixed = ("ProjectionExpression", "AttributesToGet")
    if all(any(member in entry for entry in asked.values()) for member in mixed):
        raise invalid(
            "Can not use both expression and non-expression parameters in the same request: "
            "Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}"
        )
    if sum(len(entry["Keys"]) for entry in asked.values()) > MAX_GETS:
        raise invalid("Too many items requested for the BatchGetItem call")
    return found


def _places(table: Table, entry: Json, compiled: Expressions) -> list[Key]:
    if compiled.projection is not None:
        check_scalar_keys(table, compiled.projection.paths)
    keys = [table.key(key) for key in entry["Keys"]]
    if len(set(keys)) < len(keys):
        raise invalid(_DUPLICATES)
    return keys


class _BatchGet:
    """What was read so far; once it is too much for one response, keys are given back instead."""

    def __init__(self) -> None:
        self.responses: dict[str, list[Item]] = {}
        self.unprocessed: Json = {}
        self.costs: list[capacity.Costs] = []
        self._size = 0

    def read(self, ctx: Context, table: Table, name: str, entry: Json, compiled: Expressions, keys: list[Key]) -> None:
        costs = capacity.Costs(table)
        self.costs.append(costs)
        items = self.responses[name] = []
        for number, key in enumerate(keys):
            row = ctx.store.one(store.SELECT_ITEM, table.id, *key)
            self._size += row[1] if row else 0
            if self._size > MAX_RESPONSE:
                self.unprocessed[name] = {**entry, "Keys": entry["Keys"][number:]}
                return
            costs.add(read_units(row[1] if row else 0, entry.get("ConsistentRead", False)))
            if row is not None:
                items.append(project(store.load(row[0]), entry, compiled))


def batch_write_item(ctx: Context, request: Json) -> Json:
    asked = request["RequestItems"]
    if not all(map(is_name, asked)):
        constraints.check_names(asked, constraints.shown_writes(asked))
    sizes = {name: [_check_write(write) for write in writes] for name, writes in asked.items()}
    if sum(map(len, asked.values())) > MAX_WRITES:
        raise invalid("Too many items requested for the BatchWriteItem call")
    planned = []
    for name, writes in asked.items():
        table = lookup(ctx, name)
        made = [_mutation(table, write, size) for write, size in zip(writes, sizes[name], strict=True)]
        if len({mutation.key for mutation in made}) < len(made):
            raise invalid(_DUPLICATES)
        planned.append((table, name, made))
    costs, metrics = [], {}
    for table, name, made in planned:
        spent = capacity.Costs(table)
        costs.append(spent)
        for mutation in made:
            change = mutation.evaluate(ctx)
            spent.add(change_units(change), changes.write(ctx, change))
        if request.get("ReturnItemCollectionMetrics") == "SIZE" and table.has_collections:
            metrics[name] = [_metrics(ctx, table, write) for write in asked[name]]
    response: Json = {"UnprocessedItems": {}, **capacity.reports(request, costs)}
    return {**response, "ItemCollectionMetrics": metrics} if metrics else response


@in_older_words
def _check_write(write: Json) -> int:
    """The size of the item to be put; 0 for a deletion."""
    if len(write) != 1:
        raise invalid(SEVERAL)
    if "DeleteRequest" in write:
        check_item(write["DeleteRequest"]["Key"])
        return 0
    size = check_item(write["PutRequest"]["Item"])
    if size > MAX_ITEM_SIZE:
        raise invalid(mutations.TOO_LARGE)
    return size


def _mutation(table: Table, write: Json, size: int) -> Mutation:
    if "DeleteRequest" in write:
        return Mutation(table, table.key(write["DeleteRequest"]["Key"]), mutations.delete)
    item = write["PutRequest"]["Item"]
    # A batch does not tell what is wrong with an item's key, unlike PutItem.
    key = table.key({attribute.name: item[attribute.name] for attribute in table.schema if attribute.name in item})
    for index in table.indexes.values():
        check_index_keys(index, item)
    return Mutation(table, key, mutations.put(item, size))


def _metrics(ctx: Context, table: Table, write: Json) -> Json:
    given = write["PutRequest"]["Item"] if "PutRequest" in write else write["DeleteRequest"]["Key"]
    key = table.schema.find(given)
    if key is None:
        raise AwsError("InternalServerError", "an item without its key was written")
    return capacity.collection_metrics(ctx, table, key, given)
