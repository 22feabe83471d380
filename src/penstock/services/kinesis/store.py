"""Kinesis: schema and statements.

A record's row id is its shard's id, shifted by `PLACES` bits, plus its place in the shard: the table itself is then in
the order in which shards are read, and a shard's records lie together, however many others there are. `arrived_at`
never goes back within a shard, so that a point in time is found by halving. `settings` is JSON.
"""

PLACES = 40
LAST_PLACE = (1 << PLACES) - 1

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS kinesis_streams (
        id INTEGER PRIMARY KEY AUTOINCREMENT, arn TEXT NOT NULL UNIQUE, created_at REAL NOT NULL,
        settings TEXT NOT NULL, tags TEXT NOT NULL, policy TEXT NOT NULL DEFAULT '')""",
    """CREATE TABLE IF NOT EXISTS kinesis_shards (
        id INTEGER PRIMARY KEY AUTOINCREMENT, stream_id INTEGER NOT NULL, number INTEGER NOT NULL,
        starting_hash_key TEXT NOT NULL, ending_hash_key TEXT NOT NULL, made INTEGER NOT NULL,
        parent INTEGER, adjacent_parent INTEGER, created_at REAL NOT NULL,
        closed_at REAL, trimmed INTEGER NOT NULL DEFAULT 0)""",
    "CREATE INDEX IF NOT EXISTS kinesis_shards_stream ON kinesis_shards (stream_id, number)",
    """CREATE TABLE IF NOT EXISTS kinesis_records (
        id INTEGER PRIMARY KEY, arrived_at REAL NOT NULL, partition_key TEXT NOT NULL, data BLOB NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS kinesis_consumers (
        arn TEXT PRIMARY KEY, stream_id INTEGER NOT NULL, name TEXT NOT NULL, created_at REAL NOT NULL,
        tags TEXT NOT NULL, policy TEXT NOT NULL DEFAULT '')""",
)

# -- streams

INSERT_STREAM = "INSERT INTO kinesis_streams (arn, created_at, settings, tags) VALUES (?, ?, ?, ?)"
SELECT_STREAMS = "SELECT id, arn, created_at, settings, tags, policy FROM kinesis_streams ORDER BY id"
UPDATE_SETTINGS = "UPDATE kinesis_streams SET settings = ? WHERE id = ?"
UPDATE_TAGS = "UPDATE kinesis_streams SET tags = ? WHERE id = ?"
UPDATE_POLICY = "UPDATE kinesis_streams SET policy = ? WHERE id = ?"
DELETE_STREAM = "DELETE FROM kinesis_streams WHERE id = ?"

# -- shards

_SHARD = "number, starting_hash_key, ending_hash_key, made, parent, adjacent_parent, created_at"
INSERT_SHARD = f"INSERT INTO kinesis_shards (stream_id, {_SHARD}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
SELECT_SHARDS = f"SELECT id, {_SHARD}, closed_at, trimmed FROM kinesis_shards WHERE stream_id = ? ORDER BY number"
CLOSE_SHARD = "UPDATE kinesis_shards SET closed_at = ? WHERE id = ?"
TRIM_SHARD = "UPDATE kinesis_shards SET trimmed = ? WHERE id = ?"
DELETE_SHARD = "DELETE FROM kinesis_shards WHERE id = ?"
ORPHANED_SHARDS = "SELECT id FROM kinesis_shards WHERE stream_id NOT IN (SELECT id FROM kinesis_streams)"

# -- records

INSERT_RECORD = "INSERT INTO kinesis_records VALUES (?, ?, ?, ?)"
LAST_RECORD = "SELECT max(id) FROM kinesis_records WHERE id BETWEEN ? AND ?"
FIRST_RECORD = "SELECT id, arrived_at FROM kinesis_records WHERE id BETWEEN ? AND ? ORDER BY id LIMIT 1"
READ = """SELECT id, arrived_at, partition_key, data FROM kinesis_records
    WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?"""
TRIM = """DELETE FROM kinesis_records WHERE id IN
    (SELECT id FROM kinesis_records WHERE id BETWEEN ? AND ? ORDER BY id LIMIT 500)"""

# -- consumers

INSERT_CONSUMER = "INSERT INTO kinesis_consumers (arn, stream_id, name, created_at, tags) VALUES (?, ?, ?, ?, ?)"
SELECT_CONSUMERS = "SELECT arn, stream_id, name, created_at, tags, policy FROM kinesis_consumers ORDER BY created_at"
DELETE_CONSUMER = "DELETE FROM kinesis_consumers WHERE arn = ?"
UPDATE_CONSUMER_TAGS = "UPDATE kinesis_consumers SET tags = ? WHERE arn = ?"
UPDATE_CONSUMER_POLICY = "UPDATE kinesis_consumers SET policy = ? WHERE arn = ?"
