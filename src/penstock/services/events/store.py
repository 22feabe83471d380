"""EventBridge: schema and statements.

Buses, rules and targets are documents with AWS's own member names; what they are found by stands in columns beside
them. An archived event's row holds its JSON text, by the time in the event.
"""

from typing import Any

from penstock.base.documents import Documents
from penstock.delivery.outbox import Outbox

Row = tuple[Any, ...]

DELIVERIES = "events_deliveries"
DOCUMENTS = Documents("events_documents")  # connections and API destinations, by "account:region"

SCHEMA = (
    *DOCUMENTS.schema,
    """CREATE TABLE IF NOT EXISTS events_buses (
        arn TEXT PRIMARY KEY, settings TEXT NOT NULL, policy TEXT, created_at REAL NOT NULL, modified_at REAL NOT NULL
        ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS events_rules (
        bus_arn TEXT NOT NULL, name TEXT NOT NULL, rule TEXT NOT NULL, scheduled_at REAL NOT NULL,
        PRIMARY KEY (bus_arn, name)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS events_targets (
        number INTEGER PRIMARY KEY, bus_arn TEXT NOT NULL, rule_name TEXT NOT NULL, id TEXT NOT NULL,
        arn TEXT NOT NULL, target TEXT NOT NULL, UNIQUE (bus_arn, rule_name, id))""",
    "CREATE INDEX IF NOT EXISTS events_targets_arn ON events_targets (bus_arn, arn, rule_name)",
    """CREATE TABLE IF NOT EXISTS events_tags (
        arn TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (arn, key)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS events_archives (
        arn TEXT PRIMARY KEY, name TEXT NOT NULL, bus_arn TEXT NOT NULL, archive TEXT NOT NULL,
        created_at REAL NOT NULL, event_count INTEGER NOT NULL DEFAULT 0, size_bytes INTEGER NOT NULL DEFAULT 0
        ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS events_archived (
        id INTEGER PRIMARY KEY, archive_arn TEXT NOT NULL, at REAL NOT NULL, event TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS events_archived_at ON events_archived (archive_arn, at, id)",
    """CREATE TABLE IF NOT EXISTS events_replays (
        arn TEXT PRIMARY KEY, name TEXT NOT NULL, archive_arn TEXT NOT NULL, state TEXT NOT NULL, replay TEXT NOT NULL,
        last_at REAL, last_id INTEGER NOT NULL DEFAULT 0, ended_at REAL) WITHOUT ROWID""",
    Outbox.schema(DELIVERIES),
)

# -- buses

PUT_BUS = """INSERT INTO events_buses (arn, settings, policy, created_at, modified_at) VALUES (?1, ?2, ?3, ?4, ?4)
    ON CONFLICT (arn) DO UPDATE SET settings = ?2, policy = ?3, modified_at = ?4"""
BUS = "SELECT arn, settings, policy, created_at, modified_at FROM events_buses WHERE arn = ?"
BUSES = "SELECT arn, settings, policy, created_at, modified_at FROM events_buses"
BUSES_BETWEEN = f"{BUSES} WHERE arn >= ? AND arn < ? ORDER BY arn LIMIT ?"
DELETE_BUS = "DELETE FROM events_buses WHERE arn = ?"

# -- rules

PUT_RULE = "INSERT OR REPLACE INTO events_rules (bus_arn, name, rule, scheduled_at) VALUES (?, ?, ?, ?)"
RULE = "SELECT bus_arn, name, rule, scheduled_at FROM events_rules WHERE bus_arn = ? AND name = ?"
RULES = "SELECT bus_arn, name, rule, scheduled_at FROM events_rules"
RULES_BETWEEN = f"{RULES} WHERE bus_arn = ? AND name >= ? AND name < ? ORDER BY name LIMIT ?"
DELETE_RULE = "DELETE FROM events_rules WHERE bus_arn = ? AND name = ?"

# -- targets

PUT_TARGET = """INSERT INTO events_targets (bus_arn, rule_name, id, arn, target) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (bus_arn, rule_name, id) DO UPDATE SET arn = ?4, target = ?5"""
TARGETS = """SELECT number, target FROM events_targets WHERE bus_arn = ? AND rule_name = ? AND number >= ?
    ORDER BY number LIMIT ?"""
TARGET_IDS = "SELECT id FROM events_targets WHERE bus_arn = ? AND rule_name = ?"
RULES_OF_TARGET = """SELECT DISTINCT rule_name FROM events_targets WHERE bus_arn = ? AND arn = ? AND rule_name >= ?
    ORDER BY rule_name LIMIT ?"""
DELETE_TARGET = "DELETE FROM events_targets WHERE bus_arn = ? AND rule_name = ? AND id = ?"
DELETE_TARGETS = "DELETE FROM events_targets WHERE bus_arn = ? AND rule_name = ?"

# -- tags

TAGS = "SELECT key, value FROM events_tags WHERE arn = ? ORDER BY key"
PUT_TAG = "INSERT OR REPLACE INTO events_tags (arn, key, value) VALUES (?, ?, ?)"
DELETE_TAG = "DELETE FROM events_tags WHERE arn = ? AND key = ?"
DELETE_TAGS = "DELETE FROM events_tags WHERE arn = ?"

# -- archives

_ARCHIVE = "SELECT arn, name, bus_arn, archive, created_at, event_count, size_bytes FROM events_archives"
ARCHIVE = f"{_ARCHIVE} WHERE arn = ?"
ARCHIVES_BETWEEN = f"{_ARCHIVE} WHERE arn >= ? AND arn < ? ORDER BY arn"
INSERT_ARCHIVE = "INSERT INTO events_archives (arn, name, bus_arn, archive, created_at) VALUES (?, ?, ?, ?, ?)"
UPDATE_ARCHIVE = "UPDATE events_archives SET archive = ? WHERE arn = ?"
DELETE_ARCHIVE = ("DELETE FROM events_archives WHERE arn = ?", "DELETE FROM events_archived WHERE archive_arn = ?")
ADD_ARCHIVED = "INSERT INTO events_archived (archive_arn, at, event) VALUES (?, ?, ?)"
COUNT_ARCHIVED = "UPDATE events_archives SET event_count = event_count + ?, size_bytes = size_bytes + ? WHERE arn = ?"
EXPIRED = "SELECT id, length(CAST(event AS BLOB)) FROM events_archived WHERE archive_arn = ? AND at < ? LIMIT 100"
DELETE_ARCHIVED = "DELETE FROM events_archived WHERE id = ?"
ARCHIVED_AFTER = """SELECT id, at, event FROM events_archived
    WHERE archive_arn = ? AND (at, id) > (?, ?) AND at < ? ORDER BY at, id LIMIT ?"""

# -- replays

_REPLAY = "SELECT arn, name, archive_arn, state, replay, last_at, last_id, ended_at FROM events_replays"
REPLAY = f"{_REPLAY} WHERE arn = ?"
REPLAYS_BETWEEN = f"{_REPLAY} WHERE arn >= ? AND arn < ? ORDER BY arn"
UNFINISHED_REPLAYS = f"{_REPLAY} WHERE state IN ('STARTING', 'RUNNING', 'CANCELLING')"
INSERT_REPLAY = """INSERT INTO events_replays (arn, name, archive_arn, state, replay, last_at, last_id, ended_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
MOVE_REPLAY = "UPDATE events_replays SET state = ?, last_at = ?, last_id = ?, ended_at = ? WHERE arn = ?"
