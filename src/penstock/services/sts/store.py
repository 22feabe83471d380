"""STS: the sessions whose credentials were handed out. Secrets are not kept: nothing here checks a signature."""

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS sts_sessions (
        access_key_id TEXT PRIMARY KEY, kind TEXT NOT NULL, arn TEXT NOT NULL, account TEXT NOT NULL,
        user_id TEXT NOT NULL, transitive_tags TEXT NOT NULL, expiration REAL) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS sts_sessions_by_arn ON sts_sessions (arn)",
    # What only some sessions have: policies of their own (a list, as JSON), and tags (pairs, as JSON).
    """CREATE TABLE IF NOT EXISTS sts_session_limits (
        access_key_id TEXT PRIMARY KEY, policies TEXT, tags TEXT NOT NULL) WITHOUT ROWID""",
)

INSERT = "INSERT INTO sts_sessions VALUES (?, ?, ?, ?, ?, ?, ?)"
LIMIT = "INSERT INTO sts_session_limits VALUES (?, ?, ?)"
ALL = """SELECT access_key_id, kind, arn, account, user_id, expiration, policies, tags
    FROM sts_sessions LEFT JOIN sts_session_limits USING (access_key_id)"""
TRANSITIVE_TAGS = "SELECT transitive_tags FROM sts_sessions WHERE arn = ?"
FORGET = (
    "DELETE FROM sts_sessions WHERE expiration IS NULL OR expiration < ?",
    "DELETE FROM sts_session_limits WHERE access_key_id NOT IN (SELECT access_key_id FROM sts_sessions)",
)
