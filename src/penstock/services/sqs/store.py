"""SQS: schema and statements.

A message's row id is its place in the order of sending. `visible_at` is when a message can be (or could be) received:
a standard queue's message that can be received has 0, so that the index yields the oldest first; in a FIFO queue it
is the moment at which the message became visible, which is how AWS takes turns between groups. `behind` marks a
message of a group that has an older one: only the first of a group can be received.
The index therefore gives what can be received now, in order, however long the queue is.
Attributes are JSON, or empty: sqlite3 binds a string faster than None.
"""

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS sqs_queues (
        id INTEGER PRIMARY KEY AUTOINCREMENT, arn TEXT NOT NULL UNIQUE, attributes TEXT NOT NULL, tags TEXT NOT NULL,
        created_at REAL NOT NULL, modified_at REAL NOT NULL, purged_at REAL NOT NULL DEFAULT 0)""",
    """CREATE TABLE IF NOT EXISTS sqs_messages (
        id INTEGER PRIMARY KEY, queue_id INTEGER NOT NULL, visible_at REAL NOT NULL, behind INTEGER NOT NULL DEFAULT 0,
        message_id TEXT NOT NULL, body TEXT NOT NULL, message_attributes TEXT NOT NULL, system_attributes TEXT NOT NULL,
        group_id TEXT, sender_id TEXT NOT NULL, sent_at REAL NOT NULL, receive_count INTEGER NOT NULL DEFAULT 0,
        received_elsewhere INTEGER NOT NULL DEFAULT 0, first_received_at REAL, received_at REAL)""",
    "CREATE INDEX IF NOT EXISTS sqs_messages_visible ON sqs_messages (queue_id, behind, visible_at)",
    "CREATE INDEX IF NOT EXISTS sqs_messages_group ON sqs_messages (queue_id, group_id) WHERE group_id IS NOT NULL",
    """CREATE TABLE IF NOT EXISTS sqs_deduplication (
        queue_id INTEGER NOT NULL, deduplication_id TEXT NOT NULL, message_id TEXT NOT NULL,
        sequence_number TEXT NOT NULL, expires_at REAL NOT NULL,
        PRIMARY KEY (queue_id, deduplication_id)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS sqs_deduplication_expiry ON sqs_deduplication (expires_at)",
    """CREATE TABLE IF NOT EXISTS sqs_move_tasks (
        id INTEGER PRIMARY KEY, task_id TEXT NOT NULL UNIQUE, source_arn TEXT NOT NULL, destination_arn TEXT,
        rate INTEGER, status TEXT NOT NULL, started_at REAL NOT NULL, moved INTEGER NOT NULL DEFAULT 0,
        to_move INTEGER NOT NULL, failure_reason TEXT)""",
    "CREATE INDEX IF NOT EXISTS sqs_move_tasks_source ON sqs_move_tasks (source_arn, id)",
)

# -- queues

INSERT_QUEUE = """INSERT INTO sqs_queues (arn, attributes, tags, created_at, modified_at, purged_at)
    VALUES (?, ?, ?, ?, ?, ?)"""
SELECT_QUEUES = "SELECT id, arn, attributes, tags, created_at, modified_at, purged_at FROM sqs_queues"
UPDATE_QUEUE = "UPDATE sqs_queues SET attributes = ?, tags = ?, modified_at = ? WHERE id = ?"
DELETE_QUEUE = "DELETE FROM sqs_queues WHERE id = ?"

# -- messages: in

LAST_MESSAGE = "SELECT max(id) FROM sqs_messages"
_NEW = "id, queue_id, visible_at, sent_at, message_id, body, message_attributes, system_attributes, sender_id"
INSERT_MESSAGE = f"INSERT INTO sqs_messages ({_NEW}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
INSERT_IN_GROUP = f"""INSERT INTO sqs_messages ({_NEW}, group_id, behind) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,
    ?10, EXISTS (SELECT 1 FROM sqs_messages WHERE queue_id = ?2 AND group_id = ?10))"""
MOVE_MESSAGE = """UPDATE sqs_messages SET id = ?1, queue_id = ?2, visible_at = ?3, sent_at = ?4,
    system_attributes = ?5, received_elsewhere = receive_count,
    behind = group_id IS NOT NULL AND EXISTS (SELECT 1 FROM sqs_messages AS other
        WHERE other.queue_id = ?2 AND other.group_id = sqs_messages.group_id)
    WHERE id = ?6"""

# -- messages: out

OLDEST = """SELECT min(sent_at) FROM (
    SELECT * FROM (SELECT sent_at FROM sqs_messages WHERE queue_id = ?1 AND behind = 0 ORDER BY visible_at, id LIMIT 1)
    UNION ALL SELECT * FROM (SELECT sent_at FROM sqs_messages WHERE queue_id = ?1 AND behind = 0 AND visible_at > ?2
        ORDER BY visible_at, id LIMIT 10))"""

_COLUMNS = """id, visible_at, message_id, body, message_attributes, system_attributes, group_id, sender_id, sent_at,
    receive_count, received_elsewhere, first_received_at, received_at"""
VISIBLE = f"""SELECT {_COLUMNS} FROM sqs_messages WHERE queue_id = ? AND behind = 0 AND visible_at <= ?
    ORDER BY visible_at, id LIMIT ?"""
GROUP = f"SELECT {_COLUMNS} FROM sqs_messages WHERE queue_id = ? AND group_id = ? ORDER BY id LIMIT ?"
MESSAGE = f"SELECT {_COLUMNS} FROM sqs_messages WHERE id = ? AND queue_id = ?"
FIRST = f"SELECT {_COLUMNS} FROM sqs_messages WHERE queue_id = ? AND behind = 0 ORDER BY visible_at, id LIMIT ?"
RECEIVED = """UPDATE sqs_messages SET visible_at = ?, receive_count = receive_count + ?,
    first_received_at = coalesce(first_received_at, ?), received_at = ? WHERE id = ?"""
HIDE = "UPDATE sqs_messages SET visible_at = ? WHERE id = ?"
SHOW = "UPDATE sqs_messages SET visible_at = 0 WHERE queue_id = ? AND behind = 0 AND visible_at > 0 AND visible_at <= ?"
DELETE_MESSAGE = "DELETE FROM sqs_messages WHERE id = ?"
PROMOTE = """UPDATE sqs_messages SET behind = 0 WHERE id =
    (SELECT id FROM sqs_messages WHERE queue_id = ? AND group_id = ? ORDER BY id LIMIT 1)"""

# -- messages: how many

COUNT = "SELECT count(*) FROM sqs_messages WHERE queue_id = ?"
HIDDEN = """SELECT visible_at, receive_count > 0, count(*) FROM sqs_messages
    WHERE queue_id = ? AND behind IN (0, 1) AND visible_at > ? GROUP BY 1, 2"""

# -- messages of queues that are gone

ORPHANS = """WITH RECURSIVE found (id) AS (SELECT min(queue_id) FROM sqs_messages
    UNION ALL SELECT (SELECT min(queue_id) FROM sqs_messages WHERE queue_id > found.id) FROM found WHERE id IS NOT NULL)
    SELECT id FROM found WHERE id IS NOT NULL AND id NOT IN (SELECT id FROM sqs_queues)"""
SWEEP = "DELETE FROM sqs_messages WHERE id IN (SELECT id FROM sqs_messages WHERE queue_id = ? LIMIT 500)"

# -- deduplication

DUPLICATE = """SELECT message_id, sequence_number FROM sqs_deduplication
    WHERE queue_id = ? AND deduplication_id = ? AND expires_at > ?"""
REMEMBER = "INSERT OR REPLACE INTO sqs_deduplication VALUES (?, ?, ?, ?, ?)"
FORGET_EXPIRED = """DELETE FROM sqs_deduplication WHERE (queue_id, deduplication_id) IN
    (SELECT queue_id, deduplication_id FROM sqs_deduplication WHERE expires_at <= ? LIMIT 10)"""
FORGET_QUEUE = "DELETE FROM sqs_deduplication WHERE queue_id = ?"

# -- move tasks

INSERT_TASK = """INSERT INTO sqs_move_tasks (task_id, source_arn, destination_arn, rate, status, started_at, to_move)
    VALUES (?, ?, ?, ?, 'RUNNING', ?, ?)"""
_TASK = "task_id, source_arn, destination_arn, rate, status, started_at, moved, to_move, failure_reason"
SELECT_TASK = f"SELECT {_TASK} FROM sqs_move_tasks WHERE task_id = ?"
SELECT_TASKS = f"SELECT {_TASK} FROM sqs_move_tasks WHERE source_arn = ? ORDER BY id DESC LIMIT ?"
ACTIVE_TASKS = f"SELECT {_TASK} FROM sqs_move_tasks WHERE status IN ('RUNNING', 'CANCELLING')"
UPDATE_TASK = "UPDATE sqs_move_tasks SET status = ?, moved = ?, failure_reason = ? WHERE task_id = ?"
