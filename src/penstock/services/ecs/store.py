"""ECS: schema and statements.

Clusters, services, instances, capacity providers and settings are documents as AWS answers them, by owner: what is an
account's belongs to `region:account`, what is a cluster's to the cluster's ARN, what is a service's to the service's.
Task definitions and tasks are many, so what they are looked for by stands in columns beside their documents.
Names that begin with an underscore are the runtime's own and never leave it.
"""

from collections.abc import Iterable
from typing import Any

import orjson

from penstock.base.documents import Documents
from penstock.base.store import Store
from penstock.wire.model import Json

DOCUMENTS = Documents("ecs_documents")

SCHEMA = (
    *DOCUMENTS.schema,
    """CREATE TABLE IF NOT EXISTS ecs_task_definitions (
        owner TEXT NOT NULL, family TEXT NOT NULL, revision INTEGER NOT NULL, status TEXT NOT NULL,
        document TEXT NOT NULL, PRIMARY KEY (owner, family, revision)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS ecs_families (
        owner TEXT NOT NULL, family TEXT NOT NULL, revision INTEGER NOT NULL,
        PRIMARY KEY (owner, family)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS ecs_tasks (
        number INTEGER PRIMARY KEY, task_arn TEXT NOT NULL UNIQUE, cluster_arn TEXT NOT NULL,
        service_arn TEXT NOT NULL, desired_status TEXT NOT NULL, last_status TEXT NOT NULL, stopped_at REAL,
        document TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS ecs_tasks_cluster ON ecs_tasks (cluster_arn, desired_status)",
    "CREATE INDEX IF NOT EXISTS ecs_tasks_service ON ecs_tasks (service_arn, last_status)",
    "CREATE INDEX IF NOT EXISTS ecs_tasks_stopped ON ecs_tasks (stopped_at) WHERE stopped_at IS NOT NULL",
    """CREATE TABLE IF NOT EXISTS ecs_service_events (
        number INTEGER PRIMARY KEY, service_arn TEXT NOT NULL, id TEXT NOT NULL, created_at REAL NOT NULL,
        message TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS ecs_service_events_service ON ecs_service_events (service_arn, number)",
)

ALL_SERVICES = "SELECT document FROM ecs_documents WHERE kind = 'service'"

# -- task definitions

NEXT_REVISION = """INSERT INTO ecs_families VALUES (?, ?, 1)
    ON CONFLICT (owner, family) DO UPDATE SET revision = revision + 1 RETURNING revision"""
PUT_DEFINITION = "INSERT OR REPLACE INTO ecs_task_definitions VALUES (?, ?, ?, ?, ?)"
GET_DEFINITION = "SELECT document FROM ecs_task_definitions WHERE owner = ? AND family = ? AND revision = ?"
LATEST_DEFINITION = """SELECT document FROM ecs_task_definitions WHERE owner = ? AND family = ? AND status = 'ACTIVE'
    ORDER BY revision DESC LIMIT 1"""
FAMILY = "SELECT family, revision FROM ecs_task_definitions WHERE owner = ? AND status = ? AND family = ? ORDER BY 1, 2"
DEFINITIONS = "SELECT family, revision FROM ecs_task_definitions WHERE owner = ? AND status = ? ORDER BY 1, 2"
FAMILIES = """SELECT family, max(status = 'ACTIVE') FROM ecs_task_definitions
    WHERE owner = ? AND family >= ? AND family < ? || char(1114111) GROUP BY family ORDER BY family"""

# -- tasks

_COLUMNS = "task_arn, cluster_arn, service_arn, desired_status, last_status, stopped_at, document"
PUT_TASK = f"""INSERT INTO ecs_tasks ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (task_arn) DO UPDATE SET desired_status = excluded.desired_status,
    last_status = excluded.last_status, stopped_at = excluded.stopped_at, document = excluded.document"""
GET_TASK = "SELECT document FROM ecs_tasks WHERE task_arn = ?"
CLUSTER_TASKS = "SELECT document FROM ecs_tasks WHERE cluster_arn = ? AND desired_status = ? ORDER BY number"
SERVICE_TASKS = """SELECT document FROM ecs_tasks WHERE service_arn = ? AND last_status IN ('PROVISIONING', 'PENDING',
    'ACTIVATING', 'RUNNING', 'DEACTIVATING', 'STOPPING', 'DEPROVISIONING') ORDER BY number"""
UNFINISHED_TASKS = "SELECT document FROM ecs_tasks WHERE last_status != 'STOPPED' ORDER BY number"
FORGET_STOPPED = "DELETE FROM ecs_tasks WHERE stopped_at <= ?"

# -- service events

ADD_EVENT = "INSERT INTO ecs_service_events (service_arn, id, created_at, message) VALUES (?, ?, ?, ?)"
EVENTS = """SELECT id, created_at, message FROM ecs_service_events WHERE service_arn = ?
    ORDER BY number DESC LIMIT 100"""
TRIM_EVENTS = """DELETE FROM ecs_service_events WHERE service_arn = ?1 AND number <=
    (SELECT number FROM ecs_service_events WHERE service_arn = ?1 ORDER BY number DESC LIMIT 1 OFFSET 100)"""
DROP_EVENTS = "DELETE FROM ecs_service_events WHERE service_arn = ?"


def get(store: Store, sql: str, *params: Any) -> Json | None:
    """The document of the row, or None."""
    row = store.one(sql, *params)
    return orjson.loads(row[0]) if row else None


def documents(store: Store, sql: str, *params: Any) -> list[Json]:
    return [orjson.loads(row[0]) for row in store.all(sql, *params)]


def put_definition(store: Store, owner: str, document: Json) -> None:
    row = (owner, document["family"], document["revision"], document["status"], orjson.dumps(document).decode())
    store.run(PUT_DEFINITION, *row)


def put_task(store: Store, task: Json) -> None:
    store.run(
        PUT_TASK,
        task["taskArn"],
        task["clusterArn"],
        task["_service"],
        task["desiredStatus"],
        task["lastStatus"],
        task.get("stoppedAt"),
        orjson.dumps(task).decode(),
    )


def public(document: Json, *hidden: str) -> Json:
    """The document without the runtime's own names, and without `hidden`."""
    return {key: value for key, value in document.items() if not key.startswith("_") and key not in hidden}


def add_events(store: Store, service_arn: str, rows: Iterable[tuple[str, float, str]]) -> None:
    store.many(ADD_EVENT, [(service_arn, *row) for row in rows])
    store.run(TRIM_EVENTS, service_arn)
