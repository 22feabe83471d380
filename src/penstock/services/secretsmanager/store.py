"""Secrets Manager: schema and statements.

`deletion_date` is when a deleted secret will be removed for good; until then its name is taken and it can be restored.
Values stand in the data directory as they are: nothing is encrypted on this machine.
"""

from typing import NamedTuple

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS secretsmanager_secrets (
        arn TEXT PRIMARY KEY, scope TEXT NOT NULL, name TEXT NOT NULL, description TEXT, kms_key_id TEXT,
        type TEXT, created_date REAL NOT NULL, last_changed_date REAL NOT NULL, last_accessed_date REAL,
        deletion_date REAL, resource_policy TEXT, tags TEXT NOT NULL, UNIQUE (scope, name))""",
    """CREATE INDEX IF NOT EXISTS secretsmanager_deleted ON secretsmanager_secrets (deletion_date)
        WHERE deletion_date IS NOT NULL""",
    """CREATE TABLE IF NOT EXISTS secretsmanager_versions (
        arn TEXT NOT NULL, version_id TEXT NOT NULL, secret_string TEXT, secret_binary BLOB, stages TEXT NOT NULL,
        created_date REAL NOT NULL, last_accessed_date REAL, kms_key_id TEXT NOT NULL,
        PRIMARY KEY (arn, version_id)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS secretsmanager_rotations (
        arn TEXT PRIMARY KEY, lambda_arn TEXT NOT NULL, rules TEXT NOT NULL, enabled INTEGER NOT NULL,
        last_rotated REAL, next_at REAL, running TEXT, steps TEXT NOT NULL)""",
)


class Secret(NamedTuple):
    """A row of `secretsmanager_secrets`; `tags` is JSON, null where there never were any."""

    arn: str
    scope: str
    name: str
    description: str | None
    kms_key_id: str | None
    type: str | None
    created_date: float
    last_changed_date: float
    last_accessed_date: float | None
    deletion_date: float | None
    resource_policy: str | None
    tags: str


class Version(NamedTuple):
    """A row of `secretsmanager_versions`; `stages` is JSON, in order."""

    arn: str
    version_id: str
    secret_string: str | None
    secret_binary: bytes | None
    stages: str
    created_date: float
    last_accessed_date: float | None
    kms_key_id: str


class Rotation(NamedTuple):
    """A row of `secretsmanager_rotations`; `rules` and `steps` are JSON, `running` is the version of the rotation that
    is under way, `next_at` when the next one begins."""

    arn: str
    lambda_arn: str
    rules: str
    enabled: int
    last_rotated: float | None
    next_at: float | None
    running: str | None
    steps: str


INSERT = "INSERT INTO secretsmanager_secrets VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, NULL, ?)"
BY_NAME = "SELECT * FROM secretsmanager_secrets WHERE scope = ? AND name = ?"
BY_ARN = "SELECT * FROM secretsmanager_secrets WHERE arn = ?"
ALL = "SELECT * FROM secretsmanager_secrets WHERE scope = ?"
UPDATE = """UPDATE secretsmanager_secrets SET description = ?, kms_key_id = ?, type = ?, last_changed_date = ?
    WHERE arn = ?"""
SET_CHANGED = "UPDATE secretsmanager_secrets SET last_changed_date = ? WHERE arn = ?"
SET_ACCESSED = "UPDATE secretsmanager_secrets SET last_accessed_date = ? WHERE arn = ?"
SET_DELETION = "UPDATE secretsmanager_secrets SET deletion_date = ? WHERE arn = ?"
SET_POLICY = "UPDATE secretsmanager_secrets SET resource_policy = ? WHERE arn = ?"
SET_TAGS = "UPDATE secretsmanager_secrets SET tags = ? WHERE arn = ?"
DELETED = "SELECT arn, deletion_date FROM secretsmanager_secrets WHERE deletion_date IS NOT NULL"
REMOVE = (
    "DELETE FROM secretsmanager_secrets WHERE arn = ?",
    "DELETE FROM secretsmanager_versions WHERE arn = ?",
    "DELETE FROM secretsmanager_rotations WHERE arn = ?",
)

ROTATION = "SELECT * FROM secretsmanager_rotations WHERE arn = ?"
ROTATIONS = "SELECT * FROM secretsmanager_rotations"
PUT_ROTATION = "INSERT OR REPLACE INTO secretsmanager_rotations VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
END_ROTATION = "UPDATE secretsmanager_rotations SET running = NULL, last_rotated = ? WHERE arn = ?"

INSERT_VERSION = "INSERT INTO secretsmanager_versions VALUES (?, ?, ?, ?, ?, ?, NULL, ?)"
VERSION = "SELECT * FROM secretsmanager_versions WHERE arn = ? AND version_id = ?"
VERSIONS = "SELECT * FROM secretsmanager_versions WHERE arn = ? ORDER BY created_date"
SET_VALUE = """UPDATE secretsmanager_versions SET secret_string = ?, secret_binary = ?, created_date = ?
    WHERE arn = ? AND version_id = ?"""
SET_STAGES = "UPDATE secretsmanager_versions SET stages = ? WHERE arn = ? AND version_id = ?"
SET_VERSION_ACCESSED = "UPDATE secretsmanager_versions SET last_accessed_date = ? WHERE arn = ? AND version_id = ?"
DELETE_VERSION = "DELETE FROM secretsmanager_versions WHERE arn = ? AND version_id = ?"
