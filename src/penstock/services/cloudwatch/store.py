"""CloudWatch: schema and statements.

What PutMetricData brings is kept as it came, one row per value or set of statistics, and aggregated when it is read: a
read is a range of one metric's timestamps. Data that age are joined (`retention`): `cloudwatch_joined` says until when
there are none finer than so many seconds. A level that another service shows (a queue's depth) is a row for each time
at which it changed: from then on it is `level + slope * t`; a level of NULL is none.
"""

from typing import NamedTuple

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS cloudwatch_metrics (
        id INTEGER PRIMARY KEY, scope TEXT NOT NULL, namespace TEXT NOT NULL, metric_name TEXT NOT NULL,
        dimensions TEXT NOT NULL, UNIQUE (scope, namespace, metric_name, dimensions))""",
    """CREATE TABLE IF NOT EXISTS cloudwatch_data (
        id INTEGER PRIMARY KEY, metric_id INTEGER NOT NULL, timestamp REAL NOT NULL, unit TEXT NOT NULL,
        sample_count REAL NOT NULL, sum REAL NOT NULL, minimum REAL NOT NULL, maximum REAL NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS cloudwatch_data_by_time ON cloudwatch_data (metric_id, timestamp)",
    "CREATE INDEX IF NOT EXISTS cloudwatch_data_by_age ON cloudwatch_data (timestamp)",
    """CREATE TABLE IF NOT EXISTS cloudwatch_levels (
        metric_id INTEGER NOT NULL, timestamp REAL NOT NULL, level REAL, slope REAL NOT NULL, unit TEXT NOT NULL,
        PRIMARY KEY (metric_id, timestamp)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS cloudwatch_levels_by_age ON cloudwatch_levels (timestamp)",
    """CREATE TABLE IF NOT EXISTS cloudwatch_joined (
        seconds INTEGER PRIMARY KEY, until REAL NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS cloudwatch_alarms (
        arn TEXT PRIMARY KEY, scope TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, settings TEXT NOT NULL,
        configured_at REAL NOT NULL, state_value TEXT NOT NULL, state_reason TEXT NOT NULL, state_reason_data TEXT,
        state_updated_at REAL NOT NULL, state_transitioned_at REAL NOT NULL, tags TEXT NOT NULL,
        UNIQUE (scope, name))""",
    """CREATE TABLE IF NOT EXISTS cloudwatch_suppressions (
        arn TEXT PRIMARY KEY, suppressed_by TEXT NOT NULL, until REAL, change TEXT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS cloudwatch_alarm_history (
        id INTEGER PRIMARY KEY, scope TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, item_type TEXT NOT NULL,
        timestamp REAL NOT NULL, summary TEXT NOT NULL, data TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS cloudwatch_history_by_time ON cloudwatch_alarm_history (scope, timestamp, id)",
    """CREATE TABLE IF NOT EXISTS cloudwatch_dashboards (
        arn TEXT PRIMARY KEY, account TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL,
        last_modified REAL NOT NULL, UNIQUE (account, name))""",
)


class Datum(NamedTuple):
    """A row of `cloudwatch_data` as it is read."""

    timestamp: float
    unit: str
    sample_count: float
    sum: float
    minimum: float
    maximum: float


class LevelRow(NamedTuple):
    """A row of `cloudwatch_levels` as it is read."""

    timestamp: float
    level: float | None
    slope: float
    unit: str


class Suppression(NamedTuple):
    """A row of `cloudwatch_suppressions`: what holds the actions of a composite alarm back, until when where that is
    known, and the change that they are of (the alarm's row before it, as JSON)."""

    arn: str
    suppressed_by: str
    until: float | None
    change: str


class Alarm(NamedTuple):
    """A row of `cloudwatch_alarms`; `settings` and `tags` are JSON."""

    arn: str
    scope: str
    name: str
    type: str
    settings: str
    configured_at: float
    state_value: str
    state_reason: str
    state_reason_data: str | None
    state_updated_at: float
    state_transitioned_at: float
    tags: str


# -- metrics -----------------------------------------------------------------------------------------

METRIC = """SELECT id FROM cloudwatch_metrics WHERE scope = ? AND namespace = ? AND metric_name = ?
    AND dimensions = ?"""
INSERT_METRIC = "INSERT INTO cloudwatch_metrics (scope, namespace, metric_name, dimensions) VALUES (?, ?, ?, ?)"
METRICS = """SELECT id, namespace, metric_name, dimensions FROM cloudwatch_metrics
    WHERE scope = ? AND namespace >= ? AND namespace <= ? AND id > ? ORDER BY id"""
INSERT_DATUM = """INSERT INTO cloudwatch_data (metric_id, timestamp, unit, sample_count, sum, minimum, maximum)
    VALUES (?, ?, ?, ?, ?, ?, ?)"""
DATA = """SELECT timestamp, unit, sample_count, sum, minimum, maximum FROM cloudwatch_data
    WHERE metric_id = ? AND timestamp >= ? AND timestamp < ? ORDER BY timestamp"""
LATEST = """SELECT max(timestamp) FROM (SELECT max(timestamp) AS timestamp FROM cloudwatch_data WHERE metric_id = ?1
    UNION ALL SELECT max(timestamp) FROM cloudwatch_levels WHERE metric_id = ?1)"""
PUT_LEVEL = "INSERT OR REPLACE INTO cloudwatch_levels VALUES (?, ?, ?, ?, ?)"
LEVELS = """SELECT timestamp, level, slope, unit FROM cloudwatch_levels WHERE metric_id = ?1 AND timestamp < ?3
    AND timestamp >= coalesce(
        (SELECT max(timestamp) FROM cloudwatch_levels WHERE metric_id = ?1 AND timestamp <= ?2), 0)
    ORDER BY timestamp"""

# -- retention ---------------------------------------------------------------------------------------

JOINED = "SELECT until FROM cloudwatch_joined WHERE seconds = ?"
PUT_JOINED = "INSERT OR REPLACE INTO cloudwatch_joined VALUES (?, ?)"
SLICE = """SELECT min(timestamp) FROM (
    SELECT * FROM (SELECT timestamp FROM cloudwatch_data WHERE timestamp >= ?1 AND timestamp < ?2
        ORDER BY timestamp LIMIT 1 OFFSET ?3)
    UNION ALL SELECT * FROM (SELECT timestamp FROM cloudwatch_levels WHERE timestamp >= ?1 AND timestamp < ?2
        ORDER BY timestamp LIMIT 1 OFFSET ?3))"""
ANY_DATA = "SELECT 1 FROM cloudwatch_data WHERE timestamp >= ? AND timestamp < ? LIMIT 1"
NEWEST_DATUM = "SELECT max(id) FROM cloudwatch_data"
_TO_JOIN = "timestamp >= ?1 AND timestamp < ?2 AND timestamp <> CAST(timestamp / ?3 AS INTEGER) * ?3"
JOIN_DATA = f"""INSERT INTO cloudwatch_data (metric_id, timestamp, unit, sample_count, sum, minimum, maximum)
    SELECT metric_id, CAST(timestamp / ?3 AS INTEGER) * ?3 AS at, unit,
        sum(sample_count), sum(sum), min(minimum), max(maximum)
    FROM cloudwatch_data WHERE {_TO_JOIN} GROUP BY metric_id, at, unit, printf('%.1e', sum / sample_count)"""
JOINED_AWAY = f"DELETE FROM cloudwatch_data WHERE {_TO_JOIN} AND id <= ?4"
JOIN_LEVELS = """DELETE FROM cloudwatch_levels WHERE timestamp >= ?1 AND timestamp < ?2 AND EXISTS (
    SELECT 1 FROM cloudwatch_levels AS later WHERE later.metric_id = cloudwatch_levels.metric_id
    AND later.timestamp > cloudwatch_levels.timestamp
    AND later.timestamp < CAST(cloudwatch_levels.timestamp / ?3 AS INTEGER) * ?3 + ?3)"""
FORGET_DATA = """DELETE FROM cloudwatch_data WHERE id IN (
    SELECT id FROM cloudwatch_data WHERE timestamp < ? ORDER BY timestamp LIMIT ?)"""
FORGET_LEVELS = """DELETE FROM cloudwatch_levels WHERE (metric_id, timestamp) IN (
    SELECT metric_id, timestamp FROM cloudwatch_levels AS old WHERE timestamp < ?1 AND EXISTS (
        SELECT 1 FROM cloudwatch_levels AS later WHERE later.metric_id = old.metric_id
        AND later.timestamp > old.timestamp AND later.timestamp < ?1)
    ORDER BY timestamp LIMIT ?2)"""

# -- alarms ------------------------------------------------------------------------------------------

PUT_ALARM = "INSERT OR REPLACE INTO cloudwatch_alarms VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
ALARM = "SELECT * FROM cloudwatch_alarms WHERE scope = ? AND name = ?"
EVERY_ALARM = "SELECT * FROM cloudwatch_alarms"
ALARM_BY_ARN = "SELECT * FROM cloudwatch_alarms WHERE arn = ?"
ALARMS = "SELECT * FROM cloudwatch_alarms WHERE scope = ? AND name >= ? AND name < ? ORDER BY name"
DELETE_ALARM = "DELETE FROM cloudwatch_alarms WHERE arn = ?"
SET_STATE = """UPDATE cloudwatch_alarms SET state_value = ?, state_reason = ?, state_reason_data = ?,
    state_updated_at = ?, state_transitioned_at = ? WHERE arn = ?"""
SET_SETTINGS = "UPDATE cloudwatch_alarms SET settings = ? WHERE arn = ?"
SET_TAGS = "UPDATE cloudwatch_alarms SET tags = ? WHERE arn = ?"
INSERT_HISTORY = """INSERT INTO cloudwatch_alarm_history (scope, name, type, item_type, timestamp, summary, data)
    VALUES (?, ?, ?, ?, ?, ?, ?)"""
FORGET_HISTORY = "DELETE FROM cloudwatch_alarm_history WHERE scope = ? AND timestamp < ?"
HISTORY = """SELECT name, type, item_type, timestamp, summary, data FROM cloudwatch_alarm_history
    WHERE scope = ? AND timestamp >= ? AND timestamp <= ? ORDER BY timestamp, id"""

# -- suppressed actions ------------------------------------------------------------------------------

SUPPRESS = "INSERT OR REPLACE INTO cloudwatch_suppressions VALUES (?, ?, ?, ?)"
SUPPRESSION = "SELECT * FROM cloudwatch_suppressions WHERE arn = ?"
SUPPRESSIONS = "SELECT * FROM cloudwatch_suppressions"
RELEASE = "DELETE FROM cloudwatch_suppressions WHERE arn = ?"

# -- dashboards --------------------------------------------------------------------------------------

PUT_DASHBOARD = "INSERT OR REPLACE INTO cloudwatch_dashboards VALUES (?, ?, ?, ?, ?)"
DASHBOARD = "SELECT arn, name, body, last_modified FROM cloudwatch_dashboards WHERE account = ? AND name = ?"
DASHBOARDS = """SELECT arn, name, body, last_modified FROM cloudwatch_dashboards
    WHERE account = ? AND name >= ? AND name < ? ORDER BY name"""
DELETE_DASHBOARD = "DELETE FROM cloudwatch_dashboards WHERE account = ? AND name = ?"
