"""IAM: schema and statements.

Roles, users, groups and instance profiles are rows of one table: what IAM does with them is the same for all four.
`settings` is JSON: what only one kind has. Policies belong to an entity's id, which a change of name leaves alone.
"""

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS iam_entities (
        id TEXT PRIMARY KEY, account TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL COLLATE NOCASE,
        path TEXT NOT NULL, arn TEXT NOT NULL UNIQUE, create_date REAL NOT NULL, settings TEXT NOT NULL,
        tags TEXT NOT NULL, UNIQUE (account, kind, name))""",
    """CREATE TABLE IF NOT EXISTS iam_inline_policies (
        owner TEXT NOT NULL, policy_name TEXT NOT NULL, document TEXT NOT NULL,
        PRIMARY KEY (owner, policy_name)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS iam_attachments (
        id INTEGER PRIMARY KEY, owner TEXT NOT NULL, policy_arn TEXT NOT NULL, UNIQUE (owner, policy_arn))""",
    "CREATE INDEX IF NOT EXISTS iam_attachments_by_policy ON iam_attachments (policy_arn)",
    """CREATE TABLE IF NOT EXISTS iam_members (
        container TEXT NOT NULL, member TEXT NOT NULL, PRIMARY KEY (container, member)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS iam_members_by_member ON iam_members (member)",
    """CREATE TABLE IF NOT EXISTS iam_policies (
        arn TEXT PRIMARY KEY, account TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL COLLATE NOCASE,
        path TEXT NOT NULL, description TEXT, create_date REAL NOT NULL, update_date REAL NOT NULL,
        default_version INTEGER NOT NULL, last_version INTEGER NOT NULL, tags TEXT NOT NULL,
        UNIQUE (account, name))""",
    "CREATE TABLE IF NOT EXISTS iam_account_aliases (account TEXT PRIMARY KEY, alias TEXT NOT NULL UNIQUE)",
    "CREATE TABLE IF NOT EXISTS iam_password_policies (account TEXT PRIMARY KEY, settings TEXT NOT NULL)",
    """CREATE TABLE IF NOT EXISTS iam_policy_versions (
        arn TEXT NOT NULL, version INTEGER NOT NULL, document TEXT NOT NULL, create_date REAL NOT NULL,
        PRIMARY KEY (arn, version)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS iam_access_keys (
        id TEXT PRIMARY KEY, user_id TEXT NOT NULL, status TEXT NOT NULL, create_date REAL NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS iam_access_keys_by_user ON iam_access_keys (user_id)",
)

# -- entities ----------------------------------------------------------------------------------------

INSERT_ENTITY = "INSERT INTO iam_entities VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
ENTITY = "SELECT * FROM iam_entities WHERE account = ? AND kind = ? AND name = ?"
ENTITY_BY_ARN = "SELECT * FROM iam_entities WHERE arn = ?"
ENTITY_BY_ID = "SELECT * FROM iam_entities WHERE id = ?"
ENTITIES = "SELECT * FROM iam_entities WHERE account = ? AND kind = ? AND name > ? ORDER BY name"
COUNT_ENTITIES = "SELECT kind, count(*) FROM iam_entities WHERE account = ? GROUP BY kind"
SET_SETTINGS = "UPDATE iam_entities SET settings = ? WHERE id = ?"
SET_TAGS = "UPDATE iam_entities SET tags = ? WHERE id = ?"
RENAME = "UPDATE iam_entities SET name = ?, path = ?, arn = ? WHERE id = ?"
DELETE_ENTITY = (
    "DELETE FROM iam_entities WHERE id = ?",
    "DELETE FROM iam_inline_policies WHERE owner = ?",
    "DELETE FROM iam_attachments WHERE owner = ?",
    "DELETE FROM iam_members WHERE container = ?1 OR member = ?1",
)

ADD_MEMBER = "INSERT OR IGNORE INTO iam_members VALUES (?, ?)"
REMOVE_MEMBER = "DELETE FROM iam_members WHERE container = ? AND member = ?"
MEMBERS = """SELECT e.* FROM iam_members m JOIN iam_entities e ON e.id = m.member
    WHERE m.container = ? AND e.name > ? ORDER BY e.name"""
CONTAINERS = """SELECT e.* FROM iam_members m JOIN iam_entities e ON e.id = m.container
    WHERE m.member = ? AND e.kind = ? AND e.name > ? ORDER BY e.name"""

# -- policies of entities ----------------------------------------------------------------------------

PUT_INLINE = "INSERT OR REPLACE INTO iam_inline_policies VALUES (?, ?, ?)"
INLINE = "SELECT document FROM iam_inline_policies WHERE owner = ? AND policy_name = ?"
INLINE_OF = """SELECT policy_name, document FROM iam_inline_policies WHERE owner = ? AND policy_name > ?
    ORDER BY policy_name"""
DELETE_INLINE = "DELETE FROM iam_inline_policies WHERE owner = ? AND policy_name = ?"
ATTACH = "INSERT OR IGNORE INTO iam_attachments (owner, policy_arn) VALUES (?, ?)"
DETACH = "DELETE FROM iam_attachments WHERE owner = ? AND policy_arn = ?"
ATTACHED_TO = "SELECT id, policy_arn FROM iam_attachments WHERE owner = ? AND id > ? ORDER BY id"
COUNT_ATTACHED = "SELECT count(*) FROM iam_attachments WHERE owner = ? AND policy_arn <> ?"
ENTITIES_WITH = """SELECT e.* FROM iam_attachments a JOIN iam_entities e ON e.id = a.owner
    WHERE a.policy_arn = ? AND e.account = ? ORDER BY e.kind, e.name"""
COUNT_ATTACHMENTS = """SELECT count(*) FROM iam_attachments a JOIN iam_entities e ON e.id = a.owner
    WHERE a.policy_arn = ? AND e.account = ?"""

# -- managed policies --------------------------------------------------------------------------------

INSERT_POLICY = "INSERT INTO iam_policies VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, 1, ?)"
POLICY = "SELECT * FROM iam_policies WHERE arn = ?"
POLICY_NAMED = "SELECT * FROM iam_policies WHERE account = ? AND name = ?"
POLICIES = "SELECT * FROM iam_policies WHERE account = ? ORDER BY name"
COUNT_POLICIES = """SELECT count(DISTINCT p.arn), count(*) FROM iam_policies p
    JOIN iam_policy_versions v ON v.arn = p.arn WHERE p.account = ?"""
SET_POLICY_TAGS = "UPDATE iam_policies SET tags = ? WHERE arn = ?"
SET_DEFAULT_VERSION = "UPDATE iam_policies SET default_version = ?, update_date = ? WHERE arn = ?"
SET_LAST_VERSION = "UPDATE iam_policies SET last_version = ? WHERE arn = ?"
INSERT_VERSION = "INSERT INTO iam_policy_versions VALUES (?, ?, ?, ?)"
VERSION = "SELECT version, document, create_date FROM iam_policy_versions WHERE arn = ? AND version = ?"
VERSIONS = """SELECT version, document, create_date FROM iam_policy_versions WHERE arn = ? AND version < ?
    ORDER BY version DESC"""
DELETE_VERSION = "DELETE FROM iam_policy_versions WHERE arn = ? AND version = ?"
DELETE_POLICY = ("DELETE FROM iam_policies WHERE arn = ?", "DELETE FROM iam_policy_versions WHERE arn = ?")

# -- accounts ----------------------------------------------------------------------------------------

ALIAS = "SELECT alias FROM iam_account_aliases WHERE account = ?"
ACCOUNT_OF = "SELECT account FROM iam_account_aliases WHERE alias = ?"
PUT_ALIAS = "INSERT OR REPLACE INTO iam_account_aliases VALUES (?, ?)"
DELETE_ALIAS = "DELETE FROM iam_account_aliases WHERE account = ? AND alias = ?"
PASSWORD_POLICY = "SELECT settings FROM iam_password_policies WHERE account = ?"
PUT_PASSWORD_POLICY = "INSERT OR REPLACE INTO iam_password_policies VALUES (?, ?)"
DELETE_PASSWORD_POLICY = "DELETE FROM iam_password_policies WHERE account = ?"

# -- access keys -------------------------------------------------------------------------------------

INSERT_KEY = "INSERT INTO iam_access_keys VALUES (?, ?, ?, ?)"
KEY = "SELECT id, user_id, status, create_date FROM iam_access_keys WHERE id = ?"
KEYS_OF = "SELECT id, user_id, status, create_date FROM iam_access_keys WHERE user_id = ? ORDER BY create_date"
ALL_KEYS = """SELECT k.id, k.status, e.arn, e.account, e.id FROM iam_access_keys k
    JOIN iam_entities e ON e.id = k.user_id"""
SET_KEY_STATUS = "UPDATE iam_access_keys SET status = ? WHERE id = ?"
DELETE_KEY = "DELETE FROM iam_access_keys WHERE id = ?"
