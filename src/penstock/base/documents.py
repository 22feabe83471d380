"""JSON documents of one service, kept by owner, kind and id, in the order in which they were made.

For services whose resources are documents that are read, patched and written as a whole (API Gateway). A service
names its table; all statements are made once, from that name.
"""

from typing import Any

import orjson

from penstock.base.store import Store

Json = dict[str, Any]


class Documents:
    def __init__(self, table: str) -> None:
        self.schema = (
            f"CREATE TABLE IF NOT EXISTS {table} (number INTEGER PRIMARY KEY, owner TEXT NOT NULL, kind TEXT NOT NULL,"
            " id TEXT NOT NULL, document TEXT NOT NULL, UNIQUE (owner, kind, id))",
            f"CREATE INDEX IF NOT EXISTS {table}_by_id ON {table} (kind, id)",
        )
        self._get = f"SELECT document FROM {table} WHERE owner = ? AND kind = ? AND id = ?"
        self._find = f"SELECT owner, document FROM {table} WHERE kind = ? AND id = ?"
        self._owners = f"SELECT owner FROM {table} WHERE kind = ? AND id = ?"
        self._every = f"SELECT owner, document FROM {table} WHERE kind = ? ORDER BY number"
        self._all = f"SELECT document FROM {table} WHERE owner = ? AND kind = ? ORDER BY number"
        self._put = (
            f"INSERT INTO {table} (owner, kind, id, document) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (owner, kind, id) DO UPDATE SET document = excluded.document"
        )
        self._delete = f"DELETE FROM {table} WHERE owner = ? AND kind = ? AND id = ?"
        self._drop = f"DELETE FROM {table} WHERE owner = ?"

    def get(self, store: Store, owner: str, kind: str, id: str) -> Json | None:
        row = store.one(self._get, owner, kind, id)
        return orjson.loads(row[0]) if row else None

    def find(self, store: Store, kind: str, id: str) -> tuple[str, Json] | None:
        """The owner and the document of an id that is unique beyond its owner."""
        row = store.one(self._find, kind, id)
        return (row[0], orjson.loads(row[1])) if row else None

    def owners(self, store: Store, kind: str, id: str) -> list[str]:
        """Everybody who owns a document of this kind and id."""
        return [row[0] for row in store.all(self._owners, kind, id)]

    def all(self, store: Store, owner: str, kind: str) -> list[Json]:
        return [orjson.loads(row[0]) for row in store.all(self._all, owner, kind)]

    def every(self, store: Store, kind: str) -> list[tuple[str, Json]]:
        """All documents of a kind, each with its owner."""
        return [(row[0], orjson.loads(row[1])) for row in store.all(self._every, kind)]

    def put(self, store: Store, owner: str, kind: str, id: str, document: Json) -> None:
        store.run(self._put, owner, kind, id, orjson.dumps(document).decode())

    def delete(self, store: Store, owner: str, kind: str, id: str) -> bool:
        """Whether there was one."""
        return store.run(self._delete, owner, kind, id) > 0

    def drop(self, store: Store, owner: str) -> None:
        """Deletes everything that belongs to `owner`."""
        store.run(self._drop, owner)
