"""EventBridge Scheduler: schema and statements.

A schedule is the document that GetSchedule shows. Beside it stand `anchor` (what a rate counts from), `due_at` (the
instant of its next firing) and `fire_at` (when the target is invoked for it, later by its share of a flexible window);
both are NULL where nothing is to come. Groups are documents, owned by "account:region".
"""

from penstock.base.documents import Documents
from penstock.delivery.outbox import Outbox

DELIVERIES = "scheduler_deliveries"
GROUPS = Documents("scheduler_groups")
GROUP = "group"

SCHEMA = (
    *GROUPS.schema,
    """CREATE TABLE IF NOT EXISTS scheduler_schedules (
        number INTEGER PRIMARY KEY, arn TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, group_name TEXT NOT NULL,
        name TEXT NOT NULL, state TEXT NOT NULL, schedule TEXT NOT NULL, token TEXT NOT NULL,
        anchor REAL NOT NULL, due_at REAL, fire_at REAL)""",
    "CREATE INDEX IF NOT EXISTS scheduler_schedules_of_owner ON scheduler_schedules (owner, number)",
    "CREATE INDEX IF NOT EXISTS scheduler_schedules_of_group ON scheduler_schedules (owner, group_name, number)",
    """CREATE INDEX IF NOT EXISTS scheduler_schedules_fire_at ON scheduler_schedules (fire_at)
        WHERE fire_at IS NOT NULL""",
    Outbox.schema(DELIVERIES),
)

INSERT = """INSERT INTO scheduler_schedules
    (arn, owner, group_name, name, state, schedule, token, anchor, due_at, fire_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
UPDATE = "UPDATE scheduler_schedules SET state = ?, schedule = ?, anchor = ?, due_at = ?, fire_at = ? WHERE arn = ?"
GET = "SELECT schedule, anchor, token FROM scheduler_schedules WHERE arn = ?"
DELETE = "DELETE FROM scheduler_schedules WHERE arn = ?"
DELETE_GROUP = "DELETE FROM scheduler_schedules WHERE owner = ? AND group_name = ?"

# The oldest first; a page begins above `number`.
_PAGE = """number > ?2 AND (?3 = '' OR state = ?3) AND substr(name, 1, length(?4)) = ?4
    ORDER BY number LIMIT ?5"""
LIST = f"SELECT number, schedule FROM scheduler_schedules WHERE owner = ?1 AND {_PAGE}"
LIST_GROUP = f"SELECT number, schedule FROM scheduler_schedules WHERE owner = ?1 AND group_name = ?6 AND {_PAGE}"

# -- firing

NEAREST = "SELECT fire_at FROM scheduler_schedules WHERE fire_at IS NOT NULL ORDER BY fire_at LIMIT 1"
DUE = """SELECT arn, schedule, anchor, due_at FROM scheduler_schedules
    WHERE fire_at IS NOT NULL AND fire_at <= ? ORDER BY fire_at LIMIT ?"""
MOVE = "UPDATE scheduler_schedules SET due_at = ?, fire_at = ? WHERE arn = ?"
