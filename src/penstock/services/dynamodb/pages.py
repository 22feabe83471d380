"""Reading a page: rows of a table or an index in the order of their keys, until a limit or 1 MB.

The SQL of a page depends only on its shape, so there are few texts and SQLite keeps them compiled.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from penstock.call import Context
from penstock.services.dynamodb import store
from penstock.services.dynamodb.changes import read_units
from penstock.services.dynamodb.expressions.request import Predicate
from penstock.services.dynamodb.key_conditions import Bound, Selection
from penstock.services.dynamodb.keys import bucket
from penstock.services.dynamodb.schema import Index, Table
from penstock.services.dynamodb.values import Item

MAX_PAGE = 1024 * 1024


@dataclass(slots=True)
class Reading:
    """What to read, of which table or index, and what to keep of it."""

    table: Table
    index: Index | None
    limit: int | None
    predicate: Predicate | None
    project: Callable[[Item], Item]
    whole: bool  # of a local index: the items, not just what it projects
    counts: bool  # only the number of items is wanted
    forward: bool = True
    start: tuple[Any, ...] | None = None  # the position of the row before the first
    selection: Selection | None = None
    segment: tuple[int, int] | None = None  # buckets [first, last)


@dataclass(slots=True)
class Page:
    items: list[Item] = field(default_factory=list)
    count: int = 0
    scanned: int = 0
    size: int = 0  # bytes read of the table or index
    fetched: float = 0.0  # units of items fetched besides, for a local index that does not hold them
    last: Item | None = None  # the last item read, where there may be more


def position(reading: Reading, item: Item) -> tuple[Any, ...] | None:
    """Where an item's row stands among those that are read; None where it has not all the keys."""
    key = reading.table.schema.find(item)
    if reading.index is None or key is None:
        return key
    entry = reading.index.schema.find(item)
    return None if entry is None else (*entry, *key)


def read_page(ctx: Context, reading: Reading, consistent: bool) -> Page:
    page = Page()
    view = _view(reading)
    loaded = not (reading.counts and reading.predicate is None and reading.index is None)
    item: Item = {}
    raw = b""
    for raw, size in ctx.store.each(*_statement(reading)):
        page.scanned += 1
        if loaded:
            item = store.load(raw)
            size = _account(reading, page, item, size, consistent)
            item = view(item)
            if reading.predicate is None or reading.predicate(item):
                page.count += 1
                if not reading.counts:
                    page.items.append(reading.project(item))
        else:
            page.count += 1
        page.size += size
        if page.scanned == reading.limit or page.size >= MAX_PAGE:
            page.last = store.load(raw)
            break
    return page


def _view(reading: Reading) -> Callable[[Item], Item]:
    if reading.index is None or reading.whole:
        return lambda item: item
    return reading.index.project


def _account(reading: Reading, page: Page, item: Item, size: int, consistent: bool) -> int:
    """The bytes that reading an item counts for."""
    index = reading.index
    if index is None:
        return size
    if reading.whole and index.projected is not None:
        page.fetched += read_units(size, consistent)
    return index.size(item, size)


# -- statements --------------------------------------------------------------------------------------


def _statement(reading: Reading) -> tuple[Any, ...]:
    """SQL and its parameters."""
    params: list[Any] = [reading.table.id]
    if reading.index is not None:
        params.append(reading.index.id)
    bounds: tuple[Bound, ...] = ()
    if reading.selection is not None:
        bounds = reading.selection.bounds
        params += (bucket(reading.selection.hash), reading.selection.hash, *(bound.key for bound in bounds))
    if reading.segment is not None:
        params += reading.segment
    if reading.start is not None:
        params += reading.start[2:] if reading.selection is not None else reading.start
    shape = _Shape(
        reading.index is not None,
        reading.selection is not None,
        tuple(bound.operator for bound in bounds),
        reading.segment is not None,
        reading.start is not None,
        reading.forward,
    )
    return (_sql(shape), *params)


@dataclass(frozen=True, slots=True)
class _Shape:
    of_index: bool
    of_partition: bool
    bounds: tuple[str, ...]
    segment: bool
    started: bool
    forward: bool


@lru_cache(maxsize=256)
def _sql(shape: _Shape) -> str:
    columns: tuple[str, ...] = store.ENTRY_POSITION if shape.of_index else store.TABLE_POSITION
    first, hash_column, range_column = columns[:3]
    parts = [store.ENTRY_PAGE if shape.of_index else store.TABLE_PAGE]
    if shape.of_partition:
        parts.append(f"AND {first} = ? AND {hash_column} = ?")
        columns = columns[2:]
    parts += [f"AND {range_column} {operator} ?" for operator in shape.bounds]
    if shape.segment:
        parts.append(f"AND {first} >= ? AND {first} < ?")
    if shape.started:
        marks = ", ".join("?" * len(columns))
        parts.append(f"AND ({', '.join(columns)}) {'>' if shape.forward else '<'} ({marks})")
    order = "" if shape.forward else " DESC"
    parts.append("ORDER BY " + ", ".join(column + order for column in columns))
    return " ".join(parts)
