"""S3: schema and statements.

A version's row id tells how new it is, and is the name of its body: in `s3_bodies` where it is small (kind 0), in a
file (kind 1), or in the parts of the upload with that id (kind 2). The partial index holds what a listing shows and
nothing else; the other one all versions of a key, the newest first.
`s3_files` are the files that belong to no object, not yet or no more: what is in it at the start was left by a crash.
"""

from penstock.delivery.outbox import Outbox

DELIVERIES = "s3_deliveries"

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS s3_buckets (
        id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, account TEXT NOT NULL, region TEXT NOT NULL,
        created_at REAL NOT NULL, settings TEXT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS s3_versions (
        id INTEGER PRIMARY KEY, bucket_id INTEGER NOT NULL, key TEXT NOT NULL, version_id TEXT NOT NULL,
        latest INTEGER NOT NULL, marker INTEGER NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
        modified_at REAL NOT NULL, kind INTEGER NOT NULL, document TEXT NOT NULL)""",
    """CREATE UNIQUE INDEX IF NOT EXISTS s3_versions_current ON s3_versions (bucket_id, key)
        WHERE latest = 1 AND marker = 0""",
    "CREATE INDEX IF NOT EXISTS s3_versions_key ON s3_versions (bucket_id, key, id DESC)",
    "CREATE TABLE IF NOT EXISTS s3_bodies (id INTEGER PRIMARY KEY, data BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS s3_files (id INTEGER PRIMARY KEY)",
    """CREATE TABLE IF NOT EXISTS s3_uploads (
        id INTEGER PRIMARY KEY, upload_id TEXT NOT NULL UNIQUE, bucket_id INTEGER NOT NULL, key TEXT NOT NULL,
        created_at REAL NOT NULL, document TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS s3_uploads_key ON s3_uploads (bucket_id, key, upload_id)",
    """CREATE TABLE IF NOT EXISTS s3_parts (
        owner_id INTEGER NOT NULL, number INTEGER NOT NULL, id INTEGER NOT NULL, kind INTEGER NOT NULL,
        size INTEGER NOT NULL, etag TEXT NOT NULL, modified_at REAL NOT NULL, checksums TEXT NOT NULL,
        PRIMARY KEY (owner_id, number)) WITHOUT ROWID""",
    Outbox.schema(DELIVERIES),
)

LAST = """SELECT max(coalesce((SELECT max(id) FROM s3_versions), 0), coalesce((SELECT max(id) FROM s3_parts), 0),
    coalesce((SELECT max(id) FROM s3_files), 0), coalesce((SELECT max(id) FROM s3_uploads), 0))"""

# -- buckets

INSERT_BUCKET = "INSERT INTO s3_buckets (name, account, region, created_at, settings) VALUES (?, ?, ?, ?, ?)"
SELECT_BUCKETS = "SELECT id, name, account, region, created_at, settings FROM s3_buckets"
UPDATE_BUCKET = "UPDATE s3_buckets SET settings = ? WHERE id = ?"
DELETE_BUCKET = "DELETE FROM s3_buckets WHERE id = ?"
ANY_VERSION = "SELECT 1 FROM s3_versions WHERE bucket_id = ? LIMIT 1"

# -- versions

_VERSION = "id, key, version_id, latest, marker, size, etag, modified_at, kind, document"
INSERT_VERSION = """INSERT INTO s3_versions (id, bucket_id, key, version_id, latest, marker, size, etag, modified_at,
    kind, document) VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?)"""
NEWEST = f"SELECT {_VERSION} FROM s3_versions WHERE bucket_id = ? AND key = ? ORDER BY id DESC LIMIT 1"
NEWEST_WITH_BODY = f"""SELECT {_VERSION},
    CASE kind WHEN 0 THEN (SELECT data FROM s3_bodies WHERE s3_bodies.id = s3_versions.id) END
    FROM s3_versions WHERE bucket_id = ? AND key = ? ORDER BY id DESC LIMIT 1"""
VERSION = f"SELECT {_VERSION} FROM s3_versions WHERE bucket_id = ? AND key = ? AND version_id = ?"
UNLATEST = "UPDATE s3_versions SET latest = 0 WHERE id = ?"
SET_LATEST = """UPDATE s3_versions SET latest = 1 WHERE id =
    (SELECT id FROM s3_versions WHERE bucket_id = ? AND key = ? ORDER BY id DESC LIMIT 1)"""
REFRESH_VERSION = """UPDATE s3_versions SET size = ?, etag = ?, modified_at = ?, document = ?
    WHERE bucket_id = ? AND key = ? AND latest = 1 AND marker = 0 AND version_id = 'null' AND kind = 0 RETURNING id"""
REPLACE_VERSION = """UPDATE s3_versions SET id = ?, latest = 1, marker = 0, size = ?, etag = ?, modified_at = ?,
    kind = ?, document = ? WHERE id = ?"""
DELETE_VERSION = "DELETE FROM s3_versions WHERE id = ?"
UPDATE_DOCUMENT = "UPDATE s3_versions SET document = ? WHERE id = ?"

# -- listing

CURRENT = f"""SELECT {_VERSION} FROM s3_versions INDEXED BY s3_versions_current
    WHERE bucket_id = ? AND latest = 1 AND marker = 0 AND key >= ? ORDER BY key LIMIT ?"""
ALL_FROM = f"""SELECT {_VERSION} FROM s3_versions INDEXED BY s3_versions_key
    WHERE bucket_id = ? AND key >= ? ORDER BY key, id DESC LIMIT ?"""
ALL_OF_KEY = f"""SELECT {_VERSION} FROM s3_versions INDEXED BY s3_versions_key
    WHERE bucket_id = ? AND key = ? AND id < ? ORDER BY id DESC LIMIT ?"""

# -- bodies

INSERT_BODY = "INSERT INTO s3_bodies VALUES (?, ?)"
BODY = "SELECT data FROM s3_bodies WHERE id = ?"
REPLACE_BODY = "UPDATE s3_bodies SET data = ? WHERE id = ?"
DELETE_BODY = "DELETE FROM s3_bodies WHERE id = ?"
COPY_BODY = "INSERT INTO s3_bodies SELECT ?, data FROM s3_bodies WHERE id = ?"
INSERT_FILE = "INSERT OR IGNORE INTO s3_files VALUES (?)"
DELETE_FILE = "DELETE FROM s3_files WHERE id = ?"
SELECT_FILES = "SELECT id FROM s3_files"

# -- multipart uploads

_UPLOAD = "id, key, upload_id, created_at, document"
INSERT_UPLOAD = """INSERT INTO s3_uploads (id, upload_id, bucket_id, key, created_at, document)
    VALUES (?, ?, ?, ?, ?, ?)"""
UPLOAD = f"SELECT {_UPLOAD} FROM s3_uploads WHERE upload_id = ? AND bucket_id = ? AND key = ?"
UPLOADS_FROM = f"""SELECT {_UPLOAD} FROM s3_uploads WHERE bucket_id = ? AND key >= ?
    ORDER BY key, upload_id LIMIT ?"""
UPLOADS_OF_KEY = f"""SELECT {_UPLOAD} FROM s3_uploads WHERE bucket_id = ? AND key = ? AND upload_id > ?
    ORDER BY upload_id LIMIT ?"""
DELETE_UPLOAD = "DELETE FROM s3_uploads WHERE id = ?"
_PART = "number, id, kind, size, etag, modified_at, checksums"
REPLACE_PART = "INSERT OR REPLACE INTO s3_parts VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
PART = f"SELECT {_PART} FROM s3_parts WHERE owner_id = ? AND number = ?"
PARTS = f"SELECT {_PART} FROM s3_parts WHERE owner_id = ? AND number > ? ORDER BY number LIMIT ?"
ALL_PARTS = f"SELECT {_PART} FROM s3_parts WHERE owner_id = ? ORDER BY number"
DELETE_PART = "DELETE FROM s3_parts WHERE owner_id = ? AND number = ?"
DELETE_PARTS = "DELETE FROM s3_parts WHERE owner_id = ?"
COUNT_PARTS = "SELECT count(*) FROM s3_parts WHERE owner_id = ?"
