"""SNS: schema and statements.

A topic's ARN begins its subscriptions' ARNs, so the topics of a region and the subscriptions of a topic are ranges of
the primary key: every page costs the same. Documents are JSON.
"""

from penstock.delivery.outbox import Outbox

DELIVERIES = "sns_deliveries"

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS sns_topics (arn TEXT PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE IF NOT EXISTS sns_subscriptions (arn TEXT PRIMARY KEY, topic_arn TEXT NOT NULL,
        document TEXT NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS sns_deduplication (topic_arn TEXT NOT NULL, deduplication_id TEXT NOT NULL,
        message_id TEXT NOT NULL, sequence_number TEXT NOT NULL, expires_at REAL NOT NULL,
        PRIMARY KEY (topic_arn, deduplication_id)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS sns_deduplication_expiry ON sns_deduplication (expires_at)",
    "CREATE TABLE IF NOT EXISTS sns_keys (name TEXT PRIMARY KEY, key TEXT NOT NULL, certificate TEXT NOT NULL)",
    Outbox.schema(DELIVERIES),
)

# -- topics and subscriptions

TOPICS = "SELECT arn, document FROM sns_topics"
TOPIC = "SELECT arn, document FROM sns_topics WHERE arn = ?"
PUT_TOPIC = "INSERT OR REPLACE INTO sns_topics (arn, document) VALUES (?, ?)"
DELETE_TOPIC = "DELETE FROM sns_topics WHERE arn = ?"
TOPIC_ARNS = "SELECT arn FROM sns_topics WHERE arn > ? AND arn < ? ORDER BY arn LIMIT ?"

SUBSCRIPTIONS = "SELECT arn, topic_arn, document FROM sns_subscriptions"
SUBSCRIPTION = "SELECT arn, topic_arn, document FROM sns_subscriptions WHERE arn = ?"
PUT_SUBSCRIPTION = "INSERT OR REPLACE INTO sns_subscriptions (arn, topic_arn, document) VALUES (?, ?, ?)"
DELETE_SUBSCRIPTION = "DELETE FROM sns_subscriptions WHERE arn = ?"
SUBSCRIPTION_ARNS = "SELECT arn FROM sns_subscriptions WHERE arn > ? AND arn < ? ORDER BY arn LIMIT ?"

# -- deduplication

DUPLICATE = """SELECT message_id, sequence_number FROM sns_deduplication
    WHERE topic_arn = ? AND deduplication_id = ? AND expires_at > ?"""
REMEMBER = "INSERT OR REPLACE INTO sns_deduplication VALUES (?, ?, ?, ?, ?)"
FORGET_EXPIRED = """DELETE FROM sns_deduplication WHERE (topic_arn, deduplication_id) IN
    (SELECT topic_arn, deduplication_id FROM sns_deduplication WHERE expires_at <= ? LIMIT 10)"""
FORGET_TOPIC = "DELETE FROM sns_deduplication WHERE topic_arn = ?"

# -- signing

KEY = "SELECT key, certificate FROM sns_keys WHERE name = ?"
CERTIFICATES = "SELECT certificate FROM sns_keys"
PUT_KEY = "INSERT INTO sns_keys (name, key, certificate) VALUES (?, ?, ?)"
