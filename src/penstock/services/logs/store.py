"""CloudWatch Logs: schema and statements.

Events are appended to one table in order of arrival and read through two indexes, by group and by stream, each ordered
by timestamp and arrival. A page is a seek to (timestamp, id) and a walk from there, however many events there are.
What was deleted or has expired is invisible at once and is swept away in small pieces (`logs_garbage`).
"""

from typing import NamedTuple

OVERHEAD = 26  # bytes that AWS adds to each event's message when it counts

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS logs_groups (
        id INTEGER PRIMARY KEY AUTOINCREMENT, arn TEXT NOT NULL UNIQUE, creation_time INTEGER NOT NULL,
        retention_in_days INTEGER, kms_key_id TEXT, log_group_class TEXT NOT NULL,
        deletion_protection_enabled INTEGER NOT NULL, tags TEXT NOT NULL, stored_bytes INTEGER NOT NULL DEFAULT 0,
        filter_count INTEGER NOT NULL DEFAULT 0)""",
    """CREATE TABLE IF NOT EXISTS logs_streams (
        id INTEGER PRIMARY KEY AUTOINCREMENT, group_id INTEGER NOT NULL, log_stream_name TEXT NOT NULL,
        creation_time INTEGER NOT NULL, first_event_timestamp INTEGER, last_event_timestamp INTEGER NOT NULL DEFAULT 0,
        last_ingestion_time INTEGER, UNIQUE (group_id, log_stream_name))""",
    """CREATE INDEX IF NOT EXISTS logs_streams_by_event
        ON logs_streams (group_id, last_event_timestamp, log_stream_name)""",
    """CREATE TABLE IF NOT EXISTS logs_events (
        id INTEGER PRIMARY KEY, group_id INTEGER NOT NULL, stream_id INTEGER NOT NULL, timestamp INTEGER NOT NULL,
        ingestion_time INTEGER NOT NULL, message TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS logs_events_of_group ON logs_events (group_id, timestamp)",
    "CREATE INDEX IF NOT EXISTS logs_events_of_stream ON logs_events (stream_id, timestamp)",
    "CREATE TABLE IF NOT EXISTS logs_garbage (group_id INTEGER, stream_id INTEGER)",
    """CREATE TABLE IF NOT EXISTS logs_filters (
        group_id INTEGER NOT NULL, kind TEXT NOT NULL, filter_name TEXT NOT NULL, filter_pattern TEXT NOT NULL,
        creation_time INTEGER NOT NULL, settings TEXT NOT NULL, metric TEXT,
        PRIMARY KEY (group_id, kind, filter_name)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS logs_filters_by_metric ON logs_filters (metric) WHERE metric IS NOT NULL",
    """CREATE TABLE IF NOT EXISTS logs_resource_policies (
        scope TEXT NOT NULL, policy_name TEXT NOT NULL, policy_document TEXT NOT NULL,
        last_updated_time INTEGER NOT NULL, PRIMARY KEY (scope, policy_name)) WITHOUT ROWID""",
)


class Group(NamedTuple):
    """A row of `logs_groups`."""

    id: int
    arn: str
    creation_time: int
    retention_in_days: int | None
    kms_key_id: str | None
    log_group_class: str
    deletion_protection_enabled: int
    tags: str
    stored_bytes: int
    filter_count: int

    @property
    def name(self) -> str:
        return self.arn.split(":", 6)[6]

    def expires_before(self, now: float) -> int:
        """Events with a timestamp (milliseconds) below this one are past the group's retention."""
        return int((now - self.retention_in_days * 86400) * 1000) if self.retention_in_days else 0


class Stream(NamedTuple):
    """A row of `logs_streams`."""

    id: int
    group_id: int
    log_stream_name: str
    creation_time: int
    first_event_timestamp: int | None
    last_event_timestamp: int
    last_ingestion_time: int | None


class Filter(NamedTuple):
    """A row of `logs_filters`: a metric filter or a subscription filter; `settings` are its other members as JSON."""

    group_id: int
    kind: str
    filter_name: str
    filter_pattern: str
    creation_time: int
    settings: str
    metric: str | None


class Event(NamedTuple):
    """An event as a reader sees it."""

    id: int
    timestamp: int
    ingestion_time: int
    message: str
    log_stream_name: str


# -- groups ------------------------------------------------------------------------------------------

INSERT_GROUP = """INSERT INTO logs_groups (arn, creation_time, kms_key_id, log_group_class,
    deletion_protection_enabled, tags) VALUES (?, ?, ?, ?, ?, ?)"""
GROUP_BY_ID = "SELECT * FROM logs_groups WHERE id = ?"
GROUP = "SELECT * FROM logs_groups WHERE arn = ?"
GROUPS = "SELECT * FROM logs_groups WHERE arn >= ? AND arn < ? ORDER BY arn"
METRIC_FILTERS_OF = "SELECT count(*) FROM logs_filters WHERE group_id = ? AND kind = 'metric'"
SET_RETENTION = "UPDATE logs_groups SET retention_in_days = ? WHERE id = ?"
SET_KMS_KEY = "UPDATE logs_groups SET kms_key_id = ? WHERE id = ?"
SET_PROTECTION = "UPDATE logs_groups SET deletion_protection_enabled = ? WHERE id = ?"
SET_TAGS = "UPDATE logs_groups SET tags = ? WHERE id = ?"
ADD_BYTES = "UPDATE logs_groups SET stored_bytes = stored_bytes + ? WHERE id = ?"
DELETE_GROUP = (
    "DELETE FROM logs_groups WHERE id = ?",
    "DELETE FROM logs_streams WHERE group_id = ?",
    "DELETE FROM logs_filters WHERE group_id = ?",
    "INSERT INTO logs_garbage (group_id) VALUES (?)",
)

# -- streams -----------------------------------------------------------------------------------------

INSERT_STREAM = "INSERT INTO logs_streams (group_id, log_stream_name, creation_time) VALUES (?, ?, ?)"
STREAM = "SELECT * FROM logs_streams WHERE group_id = ? AND log_stream_name = ?"
STREAMS_BY_NAME = """SELECT * FROM logs_streams WHERE group_id = ? AND log_stream_name >= ? AND log_stream_name < ?
    ORDER BY log_stream_name LIMIT ?"""
STREAMS_BY_NAME_DESCENDING = """SELECT * FROM logs_streams WHERE group_id = ? AND log_stream_name >= ?
    AND log_stream_name < ? ORDER BY log_stream_name DESC LIMIT ?"""
STREAMS_BY_EVENT = """SELECT * FROM logs_streams WHERE group_id = ?
    AND (last_event_timestamp, log_stream_name) > (?, ?) ORDER BY last_event_timestamp, log_stream_name LIMIT ?"""
STREAMS_BY_EVENT_DESCENDING = """SELECT * FROM logs_streams WHERE group_id = ?
    AND (last_event_timestamp, log_stream_name) < (?, ?)
    ORDER BY last_event_timestamp DESC, log_stream_name DESC LIMIT ?"""
WRITTEN = """UPDATE logs_streams SET first_event_timestamp = min(coalesce(first_event_timestamp, ?1), ?1),
    last_event_timestamp = max(last_event_timestamp, ?2), last_ingestion_time = ?3 WHERE id = ?4"""
DELETE_STREAM = (
    "DELETE FROM logs_streams WHERE id = ?",
    "INSERT INTO logs_garbage (stream_id) VALUES (?)",
)

# -- events ------------------------------------------------------------------------------------------
# SQLite seeks to one lower and one upper bound: the caller brings (where a page begins, the time range) down to these.

LAST_EVENT_ID = "SELECT max(id) FROM logs_events"
INSERT_EVENT = """INSERT INTO logs_events (id, group_id, stream_id, timestamp, ingestion_time, message)
    VALUES (?, ?, ?, ?, ?, ?)"""
STREAM_FORWARD = """SELECT id, timestamp, ingestion_time, message, NULL FROM logs_events
    WHERE stream_id = ? AND (timestamp, id) > (?, ?) AND timestamp < ?
    ORDER BY timestamp, id LIMIT ?"""
STREAM_BACKWARD = """SELECT id, timestamp, ingestion_time, message, NULL FROM logs_events
    WHERE stream_id = ? AND (timestamp, id) < (?, ?) AND timestamp >= ?
    ORDER BY timestamp DESC, id DESC LIMIT ?"""

_SEARCH = """SELECT e.id, e.timestamp, e.ingestion_time, e.message, s.log_stream_name
    FROM logs_events e CROSS JOIN logs_streams s ON s.id = e.stream_id WHERE e.{column} = ? AND """
_ASCENDING = "(e.timestamp, e.id) > (?, ?) AND e.timestamp < ? ORDER BY e.timestamp, e.id"
_DESCENDING = "(e.timestamp, e.id) < (?, ?) AND e.timestamp >= ? ORDER BY e.timestamp DESC, e.id DESC"
# by (whole group?, ascending?)
SEARCH = {
    (whole, ascending): _SEARCH.format(column="group_id" if whole else "stream_id")
    + (_ASCENDING if ascending else _DESCENDING)
    for whole in (True, False)
    for ascending in (True, False)
}

# -- what has expired or was deleted -----------------------------------------------------------------

GARBAGE = "SELECT rowid, group_id, stream_id FROM logs_garbage LIMIT 1"
GARBAGE_GONE = "DELETE FROM logs_garbage WHERE rowid = ?"
SWEEP_GROUP = "DELETE FROM logs_events WHERE id IN (SELECT id FROM logs_events WHERE group_id = ? LIMIT ?)"
SWEEP_STREAM = "DELETE FROM logs_events WHERE id IN (SELECT id FROM logs_events WHERE stream_id = ? LIMIT ?)"
EXPIRED = """SELECT id, length(CAST(message AS BLOB)) FROM logs_events WHERE group_id = ? AND timestamp < ?
    ORDER BY timestamp LIMIT ?"""
DELETE_EVENT = "DELETE FROM logs_events WHERE id = ?"
OLDEST_EVENT = "SELECT timestamp FROM logs_events WHERE group_id = ? ORDER BY timestamp LIMIT 1"
GROUPS_WITH_RETENTION = "SELECT * FROM logs_groups WHERE retention_in_days IS NOT NULL"

# -- filters and policies ----------------------------------------------------------------------------

PUT_FILTER = "INSERT OR REPLACE INTO logs_filters VALUES (?, ?, ?, ?, ?, ?, ?)"
FILTER = "SELECT * FROM logs_filters WHERE group_id = ? AND kind = ? AND filter_name = ?"
FILTERS = """SELECT * FROM logs_filters WHERE group_id = ? AND kind = ? AND filter_name >= ? AND filter_name < ?
    ORDER BY filter_name LIMIT ?"""
FILTERS_OF_GROUP = "SELECT * FROM logs_filters WHERE group_id = ?"
METRIC_FILTERS = """SELECT g.arn, f.* FROM logs_groups g JOIN logs_filters f ON f.group_id = g.id AND f.kind = 'metric'
    WHERE g.arn >= ? AND g.arn < ? AND f.filter_name >= ? AND f.filter_name < ?
    AND (g.arn, f.filter_name) > (?, ?) ORDER BY g.arn, f.filter_name LIMIT ?"""
METRIC_FILTERS_BY_METRIC = """SELECT g.arn, f.* FROM logs_filters f JOIN logs_groups g ON g.id = f.group_id
    WHERE f.metric = ? AND g.arn >= ? AND g.arn < ? AND f.filter_name >= ? AND f.filter_name < ?
    AND (g.arn, f.filter_name) > (?, ?) ORDER BY g.arn, f.filter_name LIMIT ?"""
COUNT_FILTERS = "SELECT count(*) FROM logs_filters WHERE group_id = ? AND kind = ?"
DELETE_FILTER = "DELETE FROM logs_filters WHERE group_id = ? AND kind = ? AND filter_name = ?"
NOTE_FILTERS = """UPDATE logs_groups SET filter_count = (SELECT count(*) FROM logs_filters WHERE group_id = ?1)
    WHERE id = ?1"""

PUT_POLICY = "INSERT OR REPLACE INTO logs_resource_policies VALUES (?, ?, ?, ?)"
POLICY = """SELECT policy_name, policy_document, last_updated_time FROM logs_resource_policies
    WHERE scope = ? AND policy_name = ?"""
POLICIES = """SELECT policy_name, policy_document, last_updated_time FROM logs_resource_policies
    WHERE scope = ? AND policy_name > ? ORDER BY policy_name LIMIT ?"""
COUNT_POLICIES = "SELECT count(*) FROM logs_resource_policies WHERE scope = ?"
DELETE_POLICY = "DELETE FROM logs_resource_policies WHERE scope = ? AND policy_name = ?"
