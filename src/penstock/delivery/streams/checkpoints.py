"""How far a mapping has come in each shard, as rows: what a `kill -9` leaves to go on from.

A row is made when a mapping first sees a shard and written with the outcome of each batch, in one transaction with the
failure record of what was given up. Writing never makes a row, so that nothing is left of a mapping that was deleted
while its last batch was under way.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from penstock.base.store import Store
from penstock.delivery.streams.model import Position


class Checkpoint(NamedTuple):
    """`window` is the tumbling window that is open, as `Window.dump` has it."""

    position: Position
    window: str = ""


class Checkpoints:
    """One per service that reads streams; `table` holds its rows."""

    def __init__(self, table: str) -> None:
        self.schema = (
            f"CREATE TABLE IF NOT EXISTS {table} (mapping TEXT NOT NULL, shard_id TEXT NOT NULL, kind TEXT NOT NULL,"
            " value TEXT NOT NULL, window TEXT NOT NULL DEFAULT '', PRIMARY KEY (mapping, shard_id)) WITHOUT ROWID"
        )
        self._select = f"SELECT shard_id, kind, value, window FROM {table} WHERE mapping = ?"
        self._insert = f"INSERT OR IGNORE INTO {table} (mapping, shard_id, kind, value) VALUES (?, ?, ?, ?)"
        self._update = f"UPDATE {table} SET kind = ?, value = ?, window = ? WHERE mapping = ? AND shard_id = ?"
        self._delete = f"DELETE FROM {table} WHERE mapping = ? AND shard_id = ?"
        self._forget = f"DELETE FROM {table} WHERE mapping = ?"

    def load(self, store: Store, mapping: str) -> dict[str, Checkpoint]:
        """By shard."""
        rows = store.all(self._select, mapping)
        return {shard: Checkpoint(Position(kind, value), window) for shard, kind, value, window in rows}

    def begin(self, store: Store, mapping: str, positions: Iterable[tuple[str, Position]]) -> None:
        store.many(self._insert, [(mapping, shard, *position) for shard, position in positions])

    def save(self, store: Store, mapping: str, shard: str, checkpoint: Checkpoint) -> None:
        store.run(self._update, *checkpoint.position, checkpoint.window, mapping, shard)

    def drop(self, store: Store, mapping: str, shards: Iterable[str]) -> None:
        """Of shards that the stream has no more."""
        store.many(self._delete, [(mapping, shard) for shard in shards])

    def forget(self, store: Store, mapping: str) -> None:
        """Of a mapping that is deleted, or whose stream is."""
        store.run(self._forget, mapping)


class Turns:
    """Whose turn it is: a mapping that was changed begins when the last batches of what it was before have ended."""

    def __init__(self) -> None:
        self.of: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
