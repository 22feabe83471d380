"""DynamoDB: schema and statements.

Items are clustered by table, bucket (a hash of the partition key), partition key and sort key: a get is one seek, a
query a range of one partition, a scan walks the buckets, and a parallel scan shares them out. Index entries are
clustered the same way by the index's own key, and point to their item. Counts and sizes are kept as items change.
"""

import base64
from typing import Any

import orjson

from penstock.services.dynamodb.values import Item, Value

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS dynamodb_tables (
        table_id INTEGER PRIMARY KEY AUTOINCREMENT, table_arn TEXT NOT NULL UNIQUE, definition TEXT NOT NULL,
        item_count INTEGER NOT NULL DEFAULT 0, table_size_bytes INTEGER NOT NULL DEFAULT 0)""",
    """CREATE TABLE IF NOT EXISTS dynamodb_indexes (
        index_id INTEGER PRIMARY KEY AUTOINCREMENT, table_id INTEGER NOT NULL, index_name TEXT NOT NULL,
        item_count INTEGER NOT NULL DEFAULT 0, index_size_bytes INTEGER NOT NULL DEFAULT 0,
        UNIQUE (table_id, index_name))""",
    """CREATE TABLE IF NOT EXISTS dynamodb_items (
        table_id INTEGER NOT NULL, bucket INTEGER NOT NULL, hash BLOB NOT NULL, range BLOB NOT NULL,
        item BLOB NOT NULL, size INTEGER NOT NULL, expires_at REAL,
        PRIMARY KEY (table_id, bucket, hash, range)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS dynamodb_expiring ON dynamodb_items (expires_at) WHERE expires_at IS NOT NULL",
    """CREATE TABLE IF NOT EXISTS dynamodb_entries (
        index_id INTEGER NOT NULL, bucket INTEGER NOT NULL, hash BLOB NOT NULL, range BLOB NOT NULL,
        item_bucket INTEGER NOT NULL, item_hash BLOB NOT NULL, item_range BLOB NOT NULL,
        PRIMARY KEY (index_id, bucket, hash, range, item_bucket, item_hash, item_range)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS dynamodb_tokens (
        account TEXT NOT NULL, region TEXT NOT NULL, client_request_token TEXT NOT NULL,
        digest BLOB NOT NULL, response BLOB NOT NULL, expires_at REAL NOT NULL,
        PRIMARY KEY (account, region, client_request_token)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS dynamodb_tokens_expiring ON dynamodb_tokens (expires_at)",
    """CREATE TABLE IF NOT EXISTS dynamodb_backups (
        backup_id INTEGER PRIMARY KEY AUTOINCREMENT, backup_arn TEXT NOT NULL UNIQUE, backup_name TEXT NOT NULL,
        created_at REAL NOT NULL, definition TEXT NOT NULL, item_count INTEGER NOT NULL,
        table_size_bytes INTEGER NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS dynamodb_imports (
        import_arn TEXT PRIMARY KEY, description TEXT NOT NULL, is_open INTEGER NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS dynamodb_jobs (
        job_id INTEGER PRIMARY KEY, kind TEXT NOT NULL, target INTEGER NOT NULL)""",
)

# -- tables ------------------------------------------------------------------------------------------

INSERT_TABLE = "INSERT INTO dynamodb_tables (table_arn, definition) VALUES (?, ?)"
SELECT_TABLE = "SELECT table_id, definition FROM dynamodb_tables WHERE table_arn = ?"
SELECT_TABLE_BY_ID = "SELECT table_arn, definition FROM dynamodb_tables WHERE table_id = ?"
UPDATE_DEFINITION = "UPDATE dynamodb_tables SET definition = ? WHERE table_id = ?"
DELETE_TABLE = "DELETE FROM dynamodb_tables WHERE table_id = ?"
TABLE_COUNTS = "SELECT item_count, table_size_bytes FROM dynamodb_tables WHERE table_id = ?"
COUNT_ITEMS = """UPDATE dynamodb_tables SET item_count = item_count + ?, table_size_bytes = table_size_bytes + ?
    WHERE table_id = ?"""
TABLE_ARNS = "SELECT table_arn FROM dynamodb_tables WHERE table_arn > ? AND table_arn < ? ORDER BY table_arn LIMIT ?"

INSERT_INDEX = "INSERT INTO dynamodb_indexes (table_id, index_name) VALUES (?, ?)"
SELECT_INDEXES = "SELECT index_name, index_id FROM dynamodb_indexes WHERE table_id = ?"
SELECT_INDEX_TABLE = "SELECT table_id, index_name FROM dynamodb_indexes WHERE index_id = ?"
DELETE_INDEX = "DELETE FROM dynamodb_indexes WHERE index_id = ?"
INDEX_COUNTS = "SELECT index_name, item_count, index_size_bytes FROM dynamodb_indexes WHERE table_id = ?"
COUNT_ENTRIES = """UPDATE dynamodb_indexes SET item_count = item_count + ?, index_size_bytes = index_size_bytes + ?
    WHERE index_id = ?"""

# -- items -------------------------------------------------------------------------------------------

_AT = "table_id = ? AND bucket = ? AND hash = ? AND range = ?"
SELECT_ITEM = f"SELECT item, size FROM dynamodb_items WHERE {_AT}"
PUT_ITEM = """INSERT OR REPLACE INTO dynamodb_items (table_id, bucket, hash, range, item, size, expires_at)
    VALUES (?, ?, ?, ?, ?, ?, ?)"""
DELETE_ITEM = f"DELETE FROM dynamodb_items WHERE {_AT}"

INSERT_ENTRY = "INSERT OR IGNORE INTO dynamodb_entries VALUES (?, ?, ?, ?, ?, ?, ?)"
DELETE_ENTRY = """DELETE FROM dynamodb_entries WHERE index_id = ? AND bucket = ? AND hash = ? AND range = ?
    AND item_bucket = ? AND item_hash = ? AND item_range = ?"""
COLLECTION_SIZE = "SELECT coalesce(sum(size), 0) FROM dynamodb_items WHERE table_id = ? AND bucket = ? AND hash = ?"

NEXT_EXPIRY = "SELECT min(expires_at) FROM dynamodb_items WHERE expires_at IS NOT NULL"
EXPIRED = """SELECT table_id, bucket, hash, range FROM dynamodb_items
    WHERE expires_at IS NOT NULL AND expires_at <= ? ORDER BY expires_at LIMIT ?"""
SET_EXPIRY = f"UPDATE dynamodb_items SET expires_at = ? WHERE {_AT}"

# -- backups, whose items stand under the negative of their id, and imports ---------------------------

INSERT_BACKUP = """INSERT INTO dynamodb_backups
    (backup_arn, backup_name, created_at, definition, item_count, table_size_bytes) VALUES (?, ?, ?, ?, ?, ?)"""
_BACKUP = """SELECT backup_id, backup_arn, backup_name, created_at, definition, item_count, table_size_bytes
    FROM dynamodb_backups"""
SELECT_BACKUP = f"{_BACKUP} WHERE backup_arn = ?"
SELECT_BACKUPS = f"""{_BACKUP} WHERE backup_arn > ? AND backup_arn < ? AND created_at >= ? AND created_at < ?
    ORDER BY backup_arn LIMIT ?"""
DELETE_BACKUP = "DELETE FROM dynamodb_backups WHERE backup_id = ?"
COPY_ITEMS = """INSERT INTO dynamodb_items (table_id, bucket, hash, range, item, size)
    SELECT ?1, bucket, hash, range, item, size FROM dynamodb_items WHERE table_id = ?2"""

PUT_IMPORT = "INSERT OR REPLACE INTO dynamodb_imports VALUES (?, ?, ?)"
SELECT_IMPORT = "SELECT description FROM dynamodb_imports WHERE import_arn = ?"
SELECT_IMPORTS = """SELECT description FROM dynamodb_imports WHERE import_arn > ? AND import_arn < ?
    ORDER BY import_arn LIMIT ?"""
SELECT_OPEN_IMPORTS = "SELECT description FROM dynamodb_imports WHERE is_open"

# -- tokens and jobs ---------------------------------------------------------------------------------

SELECT_TOKEN = """SELECT digest, response FROM dynamodb_tokens
    WHERE account = ? AND region = ? AND client_request_token = ? AND expires_at > ?"""
PUT_TOKEN = "INSERT OR REPLACE INTO dynamodb_tokens VALUES (?, ?, ?, ?, ?, ?)"
DELETE_TOKENS = "DELETE FROM dynamodb_tokens WHERE expires_at <= ?"

INSERT_JOB = "INSERT INTO dynamodb_jobs (kind, target) VALUES (?, ?)"
SELECT_JOBS = "SELECT job_id, kind, target FROM dynamodb_jobs ORDER BY job_id"
DELETE_JOB = "DELETE FROM dynamodb_jobs WHERE job_id = ?"
ITEMS_AFTER = """SELECT bucket, hash, range, item, size FROM dynamodb_items
    WHERE table_id = ? AND (bucket, hash, range) > (?, ?, ?) ORDER BY bucket, hash, range LIMIT ?"""
PURGE_ITEMS = """DELETE FROM dynamodb_items WHERE table_id = ?1 AND (bucket, hash, range) IN
    (SELECT bucket, hash, range FROM dynamodb_items WHERE table_id = ?1 LIMIT ?2)"""
PURGE_ENTRIES = """DELETE FROM dynamodb_entries WHERE index_id = ?1
    AND (bucket, hash, range, item_bucket, item_hash, item_range) IN
    (SELECT bucket, hash, range, item_bucket, item_hash, item_range FROM dynamodb_entries
        WHERE index_id = ?1 LIMIT ?2)"""

# -- pages of items ----------------------------------------------------------------------------------
#
# A page reads `{source} {bounds} {order}`. `position` columns say where a row stands; a page goes on after one.

TABLE_POSITION = ("bucket", "hash", "range")
ENTRY_POSITION = ("e.bucket", "e.hash", "e.range", "e.item_bucket", "e.item_hash", "e.item_range")
TABLE_PAGE = "SELECT item, size FROM dynamodb_items WHERE table_id = ?"
# CROSS JOIN keeps SQLite from turning the two around.
ENTRY_PAGE = """SELECT i.item, i.size FROM dynamodb_entries e
    CROSS JOIN dynamodb_items i ON i.table_id = ? AND i.bucket = e.item_bucket AND i.hash = e.item_hash
        AND i.range = e.item_range
    WHERE e.index_id = ?"""


def blob(value: Any) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} cannot be stored")


def dump(item: Item) -> bytes:
    return orjson.dumps(item, default=blob)


def load(stored: bytes) -> Item:
    item: Item = orjson.loads(stored)
    if b'"B":' in stored or b'"BS":' in stored:
        for value in item.values():
            _restore(value)
    return item


def _restore(value: Value) -> None:
    """Makes bytes of the base64 text in a value."""
    for kind, content in value.items():
        if kind == "B":
            value["B"] = base64.b64decode(content)
        elif kind == "BS":
            value["BS"] = [base64.b64decode(member) for member in content]
        elif kind in ("L", "M"):
            for member in content if kind == "L" else content.values():
                _restore(member)
