"""Parameter Store: schema and statements.

A parameter's versions are rows of their own; `version` of the parameter says which one is current. `parent` is the path
that a name stands in, so that one level of a hierarchy is read without what lies below it.
"""

from typing import NamedTuple

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS ssm_parameters (
        id INTEGER PRIMARY KEY AUTOINCREMENT, scope TEXT NOT NULL, name TEXT NOT NULL, parent TEXT NOT NULL,
        version INTEGER NOT NULL, tags TEXT NOT NULL, UNIQUE (scope, name))""",
    "CREATE INDEX IF NOT EXISTS ssm_parameters_by_parent ON ssm_parameters (scope, parent, name)",
    """CREATE TABLE IF NOT EXISTS ssm_versions (
        parameter_id INTEGER NOT NULL, version INTEGER NOT NULL, type TEXT NOT NULL, value TEXT NOT NULL,
        key_id TEXT, description TEXT, allowed_pattern TEXT, tier TEXT NOT NULL, data_type TEXT NOT NULL,
        policies TEXT, last_modified_date REAL NOT NULL, last_modified_user TEXT NOT NULL, labels TEXT NOT NULL,
        PRIMARY KEY (parameter_id, version)) WITHOUT ROWID""",
)


class Parameter(NamedTuple):
    """One version of a parameter; `labels` and `tags` are JSON."""

    id: int
    name: str
    tags: str
    version: int
    type: str
    value: str
    key_id: str | None
    description: str | None
    allowed_pattern: str | None
    tier: str
    data_type: str
    policies: str | None
    last_modified_date: float
    last_modified_user: str
    labels: str


_COLUMNS = """p.id, p.name, p.tags, v.version, v.type, v.value, v.key_id, v.description, v.allowed_pattern, v.tier,
    v.data_type, v.policies, v.last_modified_date, v.last_modified_user, v.labels"""
_CURRENT = f"""SELECT {_COLUMNS} FROM ssm_parameters p
    JOIN ssm_versions v ON v.parameter_id = p.id AND v.version = p.version"""
_EVERY = f"SELECT {_COLUMNS} FROM ssm_parameters p JOIN ssm_versions v ON v.parameter_id = p.id"

NAMED = "SELECT name FROM ssm_parameters WHERE scope = ? AND name IN (?, ?)"
CURRENT = f"{_CURRENT} WHERE p.scope = ? AND p.name = ?"
VERSION = f"{_EVERY} WHERE p.scope = ? AND p.name = ? AND v.version = ?"
VERSIONS = f"{_EVERY} WHERE p.scope = ? AND p.name = ? AND v.version > ? ORDER BY v.version"
ALL = f"{_CURRENT} WHERE p.scope = ? AND p.name > ? ORDER BY p.name"
BELOW = f"{_CURRENT} WHERE p.scope = ? AND p.name > ? AND p.name < ? ORDER BY p.name"
IN = f"{_CURRENT} WHERE p.scope = ? AND p.parent = ? AND p.name > ? ORDER BY p.name"

INSERT = "INSERT INTO ssm_parameters (scope, name, parent, version, tags) VALUES (?, ?, ?, 1, ?)"
INSERT_VERSION = "INSERT INTO ssm_versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '[]')"
SET_VERSION = "UPDATE ssm_parameters SET version = ? WHERE id = ?"
SET_TAGS = "UPDATE ssm_parameters SET tags = ? WHERE id = ?"
SET_LABELS = "UPDATE ssm_versions SET labels = ? WHERE parameter_id = ? AND version = ?"
COUNT_VERSIONS = "SELECT count(*), min(version) FROM ssm_versions WHERE parameter_id = ?"
LABELS = "SELECT labels FROM ssm_versions WHERE parameter_id = ? AND version = ?"
DELETE_VERSION = "DELETE FROM ssm_versions WHERE parameter_id = ? AND version = ?"
DELETE = ("DELETE FROM ssm_parameters WHERE id = ?", "DELETE FROM ssm_versions WHERE parameter_id = ?")
