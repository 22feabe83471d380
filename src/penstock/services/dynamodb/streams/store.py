"""Streams: schema and statements. Records are clustered by stream and sequence number, so they are written and read in
one place; `starts_at` and `ends_at` of a stream are sequence numbers too."""

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS dynamodbstreams_streams (
        stream_id INTEGER PRIMARY KEY AUTOINCREMENT, stream_arn TEXT NOT NULL UNIQUE, table_name TEXT NOT NULL,
        stream_label TEXT NOT NULL, stream_view_type TEXT NOT NULL, key_schema TEXT NOT NULL,
        starts_at INTEGER NOT NULL, ends_at INTEGER)""",
    """CREATE TABLE IF NOT EXISTS dynamodbstreams_records (
        stream_id INTEGER NOT NULL, sequence_number INTEGER NOT NULL, event_name TEXT NOT NULL,
        created_at REAL NOT NULL, by_service INTEGER NOT NULL, size INTEGER NOT NULL,
        keys BLOB NOT NULL, new_image BLOB, old_image BLOB,
        PRIMARY KEY (stream_id, sequence_number)) WITHOUT ROWID""",
)

INSERT_STREAM = """INSERT INTO dynamodbstreams_streams
    (stream_arn, table_name, stream_label, stream_view_type, key_schema, starts_at) VALUES (?, ?, ?, ?, ?, ?)"""
END_STREAM = "UPDATE dynamodbstreams_streams SET ends_at = ? WHERE stream_id = ?"
_COLUMNS = """stream_id, stream_arn, table_name, stream_label, stream_view_type, key_schema, starts_at, ends_at
    FROM dynamodbstreams_streams"""
SELECT_STREAM = f"SELECT {_COLUMNS} WHERE stream_arn = ?"
SELECT_STREAMS = f"SELECT {_COLUMNS} WHERE stream_arn > ? AND stream_arn < ? ORDER BY stream_arn LIMIT ?"
SELECT_ALL = f"SELECT {_COLUMNS} ORDER BY stream_id"
DELETE_STREAM = "DELETE FROM dynamodbstreams_streams WHERE stream_id = ?"

INSERT_RECORD = "INSERT INTO dynamodbstreams_records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
SELECT_RECORDS = """SELECT sequence_number, event_name, created_at, by_service, size, keys, new_image, old_image
    FROM dynamodbstreams_records WHERE stream_id = ? AND sequence_number >= ? AND sequence_number < ?
    ORDER BY sequence_number LIMIT ?"""
TRIM_RECORDS = """DELETE FROM dynamodbstreams_records WHERE stream_id = ?1 AND sequence_number IN
    (SELECT sequence_number FROM dynamodbstreams_records WHERE stream_id = ?1 AND sequence_number < ?2
        ORDER BY sequence_number LIMIT ?3)"""
OLDEST_RECORD = "SELECT min(sequence_number) FROM dynamodbstreams_records WHERE stream_id = ?"
LAST_NUMBER = """SELECT max(max(starts_at, coalesce(ends_at, 0), coalesce((SELECT max(sequence_number)
    FROM dynamodbstreams_records r WHERE r.stream_id = s.stream_id), 0))) FROM dynamodbstreams_streams s"""
