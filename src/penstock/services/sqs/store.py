"""SQS: schema and statements.

Messages are clustered by queue and sequence, so the oldest of a queue is a seek; the index by `visible_at` gives what
can be received now and when the next becomes visible, however long the queue is.
"""

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS sqs_queues (
        id INTEGER PRIMARY KEY, arn TEXT NOT NULL UNIQUE, attributes TEXT NOT NULL, tags TEXT NOT NULL,
        created_at REAL NOT NULL, modified_at REAL NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS sqs_messages (
        queue_id INTEGER NOT NULL, id INTEGER NOT NULL, message_id TEXT NOT NULL, body TEXT NOT NULL,
        md5 TEXT NOT NULL, message_attributes TEXT, message_attributes_md5 TEXT, system_attributes TEXT,
        sender_id TEXT NOT NULL, sent_at REAL NOT NULL, visible_at REAL NOT NULL,
        receive_count INTEGER NOT NULL DEFAULT 0, first_received_at REAL,
        PRIMARY KEY (queue_id, id)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS sqs_visible ON sqs_messages (queue_id, visible_at)",
)

INSERT_QUEUE = "INSERT INTO sqs_queues (arn, attributes, tags, created_at, modified_at) VALUES (?, ?, ?, ?, ?)"
SELECT_QUEUES = "SELECT id, arn, attributes, tags, created_at, modified_at FROM sqs_queues"
LAST_MESSAGE = "SELECT max(id) FROM sqs_messages"

INSERT_MESSAGE = """INSERT INTO sqs_messages (queue_id, id, message_id, body, md5, message_attributes,
    message_attributes_md5, system_attributes, sender_id, sent_at, visible_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
VISIBLE = """SELECT id, message_id, body, md5, message_attributes, message_attributes_md5, system_attributes, sender_id,
    sent_at, receive_count, first_received_at
    FROM sqs_messages WHERE queue_id = ? AND visible_at <= ? ORDER BY visible_at, id LIMIT ?"""
RECEIVED = """UPDATE sqs_messages SET visible_at = ?, receive_count = receive_count + 1,
    first_received_at = coalesce(first_received_at, ?) WHERE queue_id = ? AND id = ?"""
NEXT_VISIBLE = "SELECT visible_at FROM sqs_messages WHERE queue_id = ? ORDER BY visible_at LIMIT 1"
DELETE_MESSAGE = "DELETE FROM sqs_messages WHERE queue_id = ? AND id = ?"
