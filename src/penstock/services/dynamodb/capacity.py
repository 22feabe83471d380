"""ReturnConsumedCapacity and ReturnItemCollectionMetrics: what an answer says about what it cost.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ConsumedCapacity.html
"""

from collections.abc import Iterable, Mapping
from typing import Any

from penstock.call import Context
from penstock.services.dynamodb import store
from penstock.services.dynamodb.keys import Key
from penstock.services.dynamodb.schema import Table
from penstock.services.dynamodb.values import Item
from penstock.wire.model import Json

_GIB = 1024**3


class Costs:
    """Units spent on one table and its indexes."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.units = 0.0
        self.indexes: dict[str, float] = {}

    def add(self, units: float, indexes: Mapping[str, float] | None = None, times: int = 1) -> None:
        self.units += units * times
        for name, spent in (indexes or {}).items():
            self.indexes[name] = self.indexes.get(name, 0.0) + spent * times

    def report(self, wanted: str, kind: str | None = None) -> Json:
        """A ConsumedCapacity; transactions also tell read from write units (`kind`)."""
        total = self.units + sum(self.indexes.values())
        found: Json = {"TableName": self.table.name, **_capacity(total, kind)}
        if wanted == "INDEXES":
            found["Table"] = _capacity(self.units, kind)
            for member, is_global in (("LocalSecondaryIndexes", False), ("GlobalSecondaryIndexes", True)):
                spent = {
                    name: _capacity(units, kind)
                    for name, units in self.indexes.items()
                    if self.table.indexes[name].is_global is is_global
                }
                if spent:
                    found[member] = spent
        return found


def _capacity(units: float, kind: str | None) -> Json:
    return {"CapacityUnits": units} if kind is None else {"CapacityUnits": units, kind: units}


def wanted(request: Mapping[str, Any]) -> str | None:
    """TOTAL or INDEXES; None where the answer is not to say."""
    value: str = request.get("ReturnConsumedCapacity", "NONE")
    return None if value == "NONE" else value


def reports(request: Mapping[str, Any], costs: Iterable[Costs], kind: str | None = None) -> Json:
    """The `ConsumedCapacity` member of a batch or transaction, if it is wanted."""
    asked = wanted(request)
    return {"ConsumedCapacity": [cost.report(asked, kind) for cost in costs]} if asked else {}


def collection_metrics(ctx: Context, table: Table, key: Key, item: Item) -> Json:
    """The size of the item's collection, as the whole gigabytes it lies between."""
    [size] = ctx.store.one(store.COLLECTION_SIZE, table.id, key.bucket, key.hash) or (0,)
    whole = size // _GIB
    name = table.schema.hash.name
    return {"ItemCollectionKey": {name: item[name]}, "SizeEstimateRangeGB": [float(whole), float(whole + 1)]}
