"""STS: the sessions whose credentials were handed out. Secrets are not kept: nothing here checks a signature."""

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS sts_sessions (
        access_key_id TEXT PRIMARY KEY, kind TEXT NOT NULL, arn TEXT NOT NULL, account TEXT NOT NULL,
        user_id TEXT NOT NULL, transitive_tags TEXT NOT NULL, expiration REAL) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS sts_sessions_by_arn ON sts_sessions (arn)",
)

INSERT = "INSERT INTO sts_sessions VALUES (?, ?, ?, ?, ?, ?, ?)"
ALL = "SELECT access_key_id, kind, arn, account, user_id, expiration FROM sts_sessions"
TRANSITIVE_TAGS = "SELECT transitive_tags FROM sts_sessions WHERE arn = ?"
FORGET = "DELETE FROM sts_sessions WHERE expiration IS NULL OR expiration < ?"
