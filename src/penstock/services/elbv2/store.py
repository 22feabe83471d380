"""Elastic Load Balancing: schema and statements.

Load balancers, listeners, rules, target groups and targets are rows of one table: a document with AWS's own member
names, beside it what is found by. `parent` is the account and region, or the ARN of what it belongs to. A target's
`arn` is that of its group with its id and port. Health is not stored: it is found out anew.
"""

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS elbv2_resources (
        number INTEGER PRIMARY KEY, arn TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, parent TEXT NOT NULL,
        document TEXT NOT NULL, attributes TEXT NOT NULL, tags TEXT NOT NULL)""",
)

_COLUMNS = "arn, kind, parent, document, attributes, tags"
PUT = """INSERT INTO elbv2_resources (arn, kind, parent, document, attributes, tags) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT (arn) DO UPDATE SET document = ?4, attributes = ?5, tags = ?6"""
ONE = f"SELECT {_COLUMNS} FROM elbv2_resources WHERE arn = ?"
ALL = f"SELECT {_COLUMNS} FROM elbv2_resources ORDER BY number"
DELETE = "DELETE FROM elbv2_resources WHERE arn = ?"
