"""Lambda: schema and statements.

What is configured are documents, each belonging to a function (`owner` is its ARN) or to an account and region
(`owner` is "account:region"). Events that were accepted for asynchronous invocation are rows of their own.
"""

from penstock.base.documents import Documents
from penstock.delivery.outbox import Outbox
from penstock.delivery.streams.checkpoints import Checkpoints

DOCUMENTS = Documents("lambda_documents")
DELIVERIES = "lambda_deliveries"  # to destinations and dead-letter queues
CHECKPOINTS = Checkpoints("lambda_checkpoints")  # of event source mappings that read streams, by UUID

SCHEMA = (
    *DOCUMENTS.schema,
    Outbox.schema(DELIVERIES),
    CHECKPOINTS.schema,
    """CREATE TABLE IF NOT EXISTS lambda_events (
        id INTEGER PRIMARY KEY, function_arn TEXT NOT NULL, qualifier TEXT NOT NULL, request_id TEXT NOT NULL,
        payload BLOB NOT NULL, client_context TEXT NOT NULL, trace TEXT NOT NULL, accepted_at REAL NOT NULL,
        due_at REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, throttles INTEGER NOT NULL DEFAULT 0)""",
    "CREATE INDEX IF NOT EXISTS lambda_events_due ON lambda_events (function_arn, due_at, id)",
)

SELECT_DOCUMENTS = "SELECT owner, kind, id, document FROM lambda_documents ORDER BY number"
SELECT_KIND = "SELECT owner, id, document FROM lambda_documents WHERE kind = ? ORDER BY number"

INSERT_EVENT = """INSERT INTO lambda_events (function_arn, qualifier, request_id, payload, client_context, trace,
    accepted_at, due_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
SELECT_DUE = "SELECT id FROM lambda_events WHERE function_arn = ? AND due_at <= ? ORDER BY due_at, id LIMIT ?"
SELECT_EVENT = """SELECT qualifier, request_id, payload, client_context, trace, accepted_at, attempts, throttles
    FROM lambda_events WHERE id = ?"""
NEXT_DUE = "SELECT due_at FROM lambda_events WHERE function_arn = ? AND due_at > ? ORDER BY due_at LIMIT 1"
POSTPONE_EVENT = "UPDATE lambda_events SET due_at = ?, attempts = ?, throttles = ? WHERE id = ?"
DELETE_EVENT = "DELETE FROM lambda_events WHERE id = ?"
DELETE_EVENTS = "DELETE FROM lambda_events WHERE function_arn = ?"
SELECT_WAITING = "SELECT DISTINCT function_arn FROM lambda_events"
