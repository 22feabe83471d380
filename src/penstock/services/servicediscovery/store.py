"""Rows of Cloud Map. They are read at the start only: `state.py` holds all of them, but for the operations.

A document holds what AWS's API shows of a thing, with AWS's member names; `number` is the order of creation.
"""

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS servicediscovery_namespaces ("
    "number INTEGER PRIMARY KEY AUTOINCREMENT, arn TEXT NOT NULL UNIQUE, vpc TEXT NOT NULL, document TEXT NOT NULL, "
    "tags TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS servicediscovery_services ("
    "number INTEGER PRIMARY KEY AUTOINCREMENT, arn TEXT NOT NULL UNIQUE, namespace_arn TEXT NOT NULL, "
    "document TEXT NOT NULL, attributes TEXT NOT NULL, tags TEXT NOT NULL, instances_revision INTEGER NOT NULL)",
    "CREATE INDEX IF NOT EXISTS servicediscovery_services_namespace ON servicediscovery_services (namespace_arn)",
    "CREATE TABLE IF NOT EXISTS servicediscovery_instances ("
    "number INTEGER PRIMARY KEY AUTOINCREMENT, service_arn TEXT NOT NULL, id TEXT NOT NULL, document TEXT NOT NULL, "
    "health_status TEXT NOT NULL, UNIQUE (service_arn, id))",
    "CREATE TABLE IF NOT EXISTS servicediscovery_operations ("
    "number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, scope TEXT NOT NULL, "
    "namespace_arn TEXT NOT NULL, type TEXT NOT NULL, targets TEXT NOT NULL, create_date REAL NOT NULL)",
    "CREATE INDEX IF NOT EXISTS servicediscovery_operations_scope ON servicediscovery_operations (scope, number)",
    "CREATE INDEX IF NOT EXISTS servicediscovery_operations_namespace ON servicediscovery_operations (namespace_arn)",
    "CREATE INDEX IF NOT EXISTS servicediscovery_operations_date ON servicediscovery_operations (create_date)",
)

_NAMESPACE = "SELECT number, arn, vpc, document, tags FROM servicediscovery_namespaces"
NAMESPACES = f"{_NAMESPACE} ORDER BY number"
NAMESPACE = f"{_NAMESPACE} WHERE arn = ?"
INSERT_NAMESPACE = "INSERT INTO servicediscovery_namespaces (arn, vpc, document, tags) VALUES (?, ?, ?, ?)"
UPDATE_NAMESPACE = "UPDATE servicediscovery_namespaces SET document = ?, tags = ? WHERE arn = ?"
DELETE_NAMESPACE = "DELETE FROM servicediscovery_namespaces WHERE arn = ?"

_SERVICE = (
    "SELECT number, arn, namespace_arn, document, attributes, tags, instances_revision FROM servicediscovery_services"
)
SERVICES = f"{_SERVICE} WHERE namespace_arn = ? ORDER BY number"
SERVICE = f"{_SERVICE} WHERE arn = ?"
INSERT_SERVICE = (
    "INSERT INTO servicediscovery_services (arn, namespace_arn, document, attributes, tags, instances_revision) "
    "VALUES (?, ?, ?, '{}', ?, 0)"
)
UPDATE_SERVICE = "UPDATE servicediscovery_services SET document = ?, attributes = ?, tags = ? WHERE arn = ?"
RAISE_REVISION = "UPDATE servicediscovery_services SET instances_revision = instances_revision + 1 WHERE arn = ?"
DELETE_SERVICE = "DELETE FROM servicediscovery_services WHERE arn = ?"

_INSTANCE = "SELECT number, service_arn, id, document, health_status FROM servicediscovery_instances"
INSTANCES = f"{_INSTANCE} WHERE service_arn = ? ORDER BY number"
INSTANCE = f"{_INSTANCE} WHERE service_arn = ? AND id = ?"
PUT_INSTANCE = (
    "INSERT INTO servicediscovery_instances (service_arn, id, document, health_status) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (service_arn, id) DO UPDATE SET document = excluded.document, health_status = excluded.health_status"
)
SET_HEALTH = "UPDATE servicediscovery_instances SET health_status = ? WHERE service_arn = ? AND id = ?"
DELETE_INSTANCE = "DELETE FROM servicediscovery_instances WHERE service_arn = ? AND id = ?"

_OPERATION = "SELECT number, id, type, targets, create_date FROM servicediscovery_operations"
OPERATION = f"{_OPERATION} WHERE id = ? AND scope = ?"
# Those of a deleted namespace belong to none, and are not listed.
OPERATIONS = f"{_OPERATION} WHERE scope = ? AND number > ? AND namespace_arn <> '' ORDER BY number"
INSERT_OPERATION = (
    "INSERT INTO servicediscovery_operations (id, scope, namespace_arn, type, targets, create_date) "
    "VALUES (?, ?, ?, ?, ?, ?)"
)
FORGET_OPERATIONS = "DELETE FROM servicediscovery_operations WHERE namespace_arn = ?"
FORGET_OLD_OPERATIONS = "DELETE FROM servicediscovery_operations WHERE create_date < ?"
