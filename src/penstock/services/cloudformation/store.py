"""CloudFormation's tables, and every statement on them.

Rule: the rows of a stack and of its resources outlive them (a deleted one can be described by its id); exports do not.
`resource.pending` marks a create, an update or a replacement that has begun and not ended. A `leftover` is a resource
that was replaced, or is of no use any more, and is deleted once the update has succeeded.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from penstock.base.store import Row, Store
from penstock.template.plan import Record

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS cloudformation_stack (
        stack_id TEXT PRIMARY KEY, stack_name TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL,
        status TEXT NOT NULL, created_at REAL NOT NULL, updated_at REAL, deleted_at REAL, body TEXT NOT NULL
    ) WITHOUT ROWID""",
    """CREATE UNIQUE INDEX IF NOT EXISTS cloudformation_stack_name
        ON cloudformation_stack (account, region, stack_name) WHERE deleted_at IS NULL""",
    """CREATE TABLE IF NOT EXISTS cloudformation_resource (
        stack_id TEXT NOT NULL, logical_id TEXT NOT NULL, type TEXT NOT NULL, physical_id TEXT NOT NULL,
        status TEXT NOT NULL, reason TEXT, updated_at REAL NOT NULL, pending TEXT NOT NULL, body TEXT NOT NULL,
        PRIMARY KEY (stack_id, logical_id)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS cloudformation_resource_physical ON cloudformation_resource (physical_id)",
    """CREATE TABLE IF NOT EXISTS cloudformation_leftover (
        id INTEGER PRIMARY KEY, stack_id TEXT NOT NULL, body TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS cloudformation_leftover_stack ON cloudformation_leftover (stack_id)",
    """CREATE TABLE IF NOT EXISTS cloudformation_event (
        id INTEGER PRIMARY KEY, stack_id TEXT NOT NULL, logical_id TEXT NOT NULL, physical_id TEXT NOT NULL,
        type TEXT NOT NULL, timestamp REAL NOT NULL, status TEXT NOT NULL, reason TEXT, properties TEXT)""",
    "CREATE INDEX IF NOT EXISTS cloudformation_event_stack ON cloudformation_event (stack_id, id)",
    """CREATE TABLE IF NOT EXISTS cloudformation_event_token (
        event_id INTEGER PRIMARY KEY, token TEXT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS cloudformation_signal (
        handle TEXT NOT NULL, unique_id TEXT NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL, data TEXT NOT NULL,
        PRIMARY KEY (handle, unique_id)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS cloudformation_macro (
        account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, function TEXT NOT NULL,
        PRIMARY KEY (account, region, name)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS cloudformation_export (
        account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, stack_id TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (account, region, name)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS cloudformation_export_stack ON cloudformation_export (stack_id)",
    """CREATE TABLE IF NOT EXISTS cloudformation_import (
        stack_id TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
        PRIMARY KEY (stack_id, name)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS cloudformation_import_name ON cloudformation_import (account, region, name)",
    """CREATE TABLE IF NOT EXISTS cloudformation_change_set (
        change_set_id TEXT PRIMARY KEY, stack_id TEXT NOT NULL, name TEXT NOT NULL, created_at REAL NOT NULL,
        body TEXT NOT NULL) WITHOUT ROWID""",
    "CREATE UNIQUE INDEX IF NOT EXISTS cloudformation_change_set_name ON cloudformation_change_set (stack_id, name)",
)

Json = dict[str, Any]


@dataclass(slots=True)
class StackRow:
    """A stack. `body` holds what no statement asks for, by the members' names of DescribeStacks where it has one.

    Beside those: `Template` (text), `File`, `Assets` ({"files": [[bucket, key, path]], "images": {tag: {...}}}).
    """

    stack_id: str
    stack_name: str
    account: str
    region: str
    status: str
    created_at: float
    updated_at: float | None = None
    deleted_at: float | None = None
    body: Json = field(default_factory=dict)


def _stack(row: Row) -> StackRow:
    return StackRow(*(*row[:8], orjson.loads(row[8])))


_STACK = """SELECT stack_id, stack_name, account, region, status, created_at, updated_at, deleted_at, body
    FROM cloudformation_stack"""
_STACK_BY_ID = f"{_STACK} WHERE stack_id = ?"
_STACK_BY_NAME = f"{_STACK} WHERE account = ? AND region = ? AND stack_name = ? AND deleted_at IS NULL"
_STACKS = f"{_STACK} WHERE account = ? AND region = ? ORDER BY created_at DESC, stack_id"
_ALL_STACKS = f"{_STACK} WHERE deleted_at IS NULL ORDER BY created_at, stack_id"
_PUT_STACK = "INSERT OR REPLACE INTO cloudformation_stack VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"


def stack_by_id(store: Store, stack_id: str) -> StackRow | None:
    row = store.one(_STACK_BY_ID, stack_id)
    return _stack(row) if row else None


def stack_by_name(store: Store, account: str, region: str, name: str) -> StackRow | None:
    row = store.one(_STACK_BY_NAME, account, region, name)
    return _stack(row) if row else None


def stacks(store: Store, account: str, region: str) -> list[StackRow]:
    """Newest first, deleted ones included."""
    return [_stack(row) for row in store.all(_STACKS, account, region)]


def all_stacks(store: Store) -> list[StackRow]:
    """Those that are there, of every account and region, oldest first."""
    return [_stack(row) for row in store.all(_ALL_STACKS)]


def put_stack(store: Store, stack: StackRow) -> None:
    body = orjson.dumps(stack.body).decode()
    key = (stack.stack_id, stack.stack_name, stack.account, stack.region)
    store.run(_PUT_STACK, *key, stack.status, stack.created_at, stack.updated_at, stack.deleted_at, body)


@dataclass(frozen=True, slots=True)
class ResourceRow:
    """A resource of a stack, with its record as the engine needs it."""

    record: Record
    status: str
    reason: str | None
    updated_at: float


_RESOURCE = (
    "SELECT logical_id, type, physical_id, status, reason, updated_at, pending, body FROM cloudformation_resource"
)
_THERE = "status NOT IN ('DELETE_COMPLETE', 'DELETE_SKIPPED')"
_RESOURCES = f"{_RESOURCE} WHERE stack_id = ? AND {_THERE} ORDER BY logical_id"
_ALL_RESOURCES = f"{_RESOURCE} WHERE stack_id = ? ORDER BY logical_id"
_ONE_RESOURCE = f"{_RESOURCE} WHERE stack_id = ? AND logical_id = ? AND {_THERE}"
_STACK_OF_PHYSICAL_ID = f"SELECT stack_id FROM cloudformation_resource WHERE physical_id = ? AND {_THERE}"
_PUT_RESOURCE = "INSERT OR REPLACE INTO cloudformation_resource VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_DELETE_RESOURCE = "DELETE FROM cloudformation_resource WHERE stack_id = ? AND logical_id = ?"


def _record_body(record: Record) -> str:
    names = ("attributes", "properties", "assets", "needs", "deletion_policy", "update_replace_policy", "replaces")
    return orjson.dumps({name: getattr(record, name) for name in names}).decode()


def _resource(row: Row) -> ResourceRow:
    logical_id, kind, physical_id, status, reason, updated_at, pending, body = row
    fields = orjson.loads(body)
    record = Record(logical_id, kind, physical_id, pending=pending, **{**fields, "needs": tuple(fields["needs"])})
    return ResourceRow(record, status, reason, updated_at)


def resources(store: Store, stack_id: str) -> list[ResourceRow]:
    return [_resource(row) for row in store.all(_RESOURCES, stack_id)]


def all_resources(store: Store, stack_id: str) -> list[ResourceRow]:
    """Also those that went when the stack was deleted or its creation was rolled back."""
    return [_resource(row) for row in store.all(_ALL_RESOURCES, stack_id)]


def resource(store: Store, stack_id: str, logical_id: str) -> ResourceRow | None:
    row = store.one(_ONE_RESOURCE, stack_id, logical_id)
    return _resource(row) if row else None


def stack_of(store: Store, physical_id: str) -> str | None:
    """The stack id of the resource with this physical id."""
    row = store.one(_STACK_OF_PHYSICAL_ID, physical_id)
    return str(row[0]) if row else None


def put_resource(store: Store, stack_id: str, row: ResourceRow) -> None:
    record = row.record
    key = (stack_id, record.logical_id, record.type, record.physical_id)
    store.run(_PUT_RESOURCE, *key, row.status, row.reason, row.updated_at, record.pending, _record_body(record))


def delete_resource(store: Store, stack_id: str, logical_id: str) -> None:
    store.run(_DELETE_RESOURCE, stack_id, logical_id)


_LEFTOVERS = "SELECT id, body FROM cloudformation_leftover WHERE stack_id = ? ORDER BY id"
_ADD_LEFTOVER = "INSERT INTO cloudformation_leftover (stack_id, body) VALUES (?, ?)"
_DELETE_LEFTOVER = "DELETE FROM cloudformation_leftover WHERE id = ?"


def leftovers(store: Store, stack_id: str) -> list[tuple[int, Record]]:
    found = []
    for id, body in store.all(_LEFTOVERS, stack_id):
        fields = orjson.loads(body)
        found.append((id, Record(**{**fields, "needs": tuple(fields["needs"])})))
    return found


def add_leftover(store: Store, stack_id: str, record: Record) -> None:
    store.run(_ADD_LEFTOVER, stack_id, orjson.dumps(record).decode())


def delete_leftover(store: Store, id: int) -> None:
    store.run(_DELETE_LEFTOVER, id)


_ADD_EVENT = """INSERT INTO cloudformation_event
    (stack_id, logical_id, physical_id, type, timestamp, status, reason, properties) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
_ADD_TOKEN = "INSERT INTO cloudformation_event_token VALUES (?, ?)"
_EVENTS = """SELECT id, logical_id, physical_id, type, timestamp, status, reason, properties, token
    FROM cloudformation_event LEFT JOIN cloudformation_event_token ON event_id = id
    WHERE stack_id = ? AND id < ? ORDER BY id DESC LIMIT ?"""


def add_event(
    store: Store,
    stack_id: str,
    logical_id: str,
    physical_id: str,
    kind: str,
    timestamp: float,
    status: str,
    reason: str | None,
    properties: str | None,
    token: str | None,
) -> int:
    """The event's id; `properties` are JSON text, `token` is the ClientRequestToken of what brought it about."""
    id = store.insert(_ADD_EVENT, stack_id, logical_id, physical_id, kind, timestamp, status, reason, properties)
    if token is not None:
        store.run(_ADD_TOKEN, id, token)
    return id


def events(store: Store, stack_id: str, before: int, limit: int) -> list[Row]:
    """Newest first: (id, logical id, physical id, type, timestamp, status, reason, properties, token)."""
    return store.all(_EVENTS, stack_id, before, limit)


class SignalRow(NamedTuple):
    """A signal. `handle` is the last part of a handle's URL, or `stack id/logical id` of a resource."""

    handle: str
    unique_id: str
    status: str
    reason: str
    data: str


_PUT_SIGNAL = "INSERT OR REPLACE INTO cloudformation_signal VALUES (?, ?, ?, ?, ?)"
_SIGNALS = "SELECT handle, unique_id, status, reason, data FROM cloudformation_signal WHERE handle = ?"


def put_signal(store: Store, signal: SignalRow) -> None:
    store.run(_PUT_SIGNAL, *signal)


def signals(store: Store, handle: str) -> list[SignalRow]:
    return [SignalRow(*row) for row in store.all(_SIGNALS, handle)]


_PUT_MACRO = "INSERT OR REPLACE INTO cloudformation_macro VALUES (?, ?, ?, ?)"
_DELETE_MACRO = "DELETE FROM cloudformation_macro WHERE account = ? AND region = ? AND name = ?"
_MACRO = "SELECT function FROM cloudformation_macro WHERE account = ? AND region = ? AND name = ?"


def put_macro(store: Store, account: str, region: str, name: str, function: str) -> None:
    store.run(_PUT_MACRO, account, region, name, function)


def delete_macro(store: Store, account: str, region: str, name: str) -> None:
    store.run(_DELETE_MACRO, account, region, name)


def macro(store: Store, account: str, region: str, name: str) -> str | None:
    """The function of the macro, by its name or ARN."""
    row = store.one(_MACRO, account, region, name)
    return str(row[0]) if row else None


_EXPORTS = "SELECT name, value, stack_id FROM cloudformation_export WHERE account = ? AND region = ? ORDER BY name"
_EXPORT = "SELECT value, stack_id FROM cloudformation_export WHERE account = ? AND region = ? AND name = ?"
_EXPORTS_OF_STACK = "SELECT name FROM cloudformation_export WHERE stack_id = ?"
_PUT_EXPORT = "INSERT OR REPLACE INTO cloudformation_export VALUES (?, ?, ?, ?, ?)"
_DELETE_EXPORT = "DELETE FROM cloudformation_export WHERE account = ? AND region = ? AND name = ?"
_IMPORTERS = """SELECT s.stack_name, s.stack_id
    FROM cloudformation_import i JOIN cloudformation_stack s USING (stack_id)
    WHERE i.account = ? AND i.region = ? AND i.name = ? ORDER BY s.stack_name"""
_DELETE_IMPORTS = "DELETE FROM cloudformation_import WHERE stack_id = ?"
_PUT_IMPORT = "INSERT OR REPLACE INTO cloudformation_import VALUES (?, ?, ?, ?)"


def exports(store: Store, account: str, region: str) -> list[Row]:
    """(name, value, stack id), by name."""
    return store.all(_EXPORTS, account, region)


def export(store: Store, account: str, region: str, name: str) -> Row | None:
    """(value, stack id)."""
    return store.one(_EXPORT, account, region, name)


def exports_of(store: Store, stack_id: str) -> list[str]:
    return [name for (name,) in store.all(_EXPORTS_OF_STACK, stack_id)]


def put_export(store: Store, stack: StackRow, name: str, value: str) -> None:
    store.run(_PUT_EXPORT, stack.account, stack.region, name, stack.stack_id, value)


def delete_export(store: Store, stack: StackRow, name: str) -> None:
    store.run(_DELETE_EXPORT, stack.account, stack.region, name)


def importers(store: Store, account: str, region: str, name: str) -> list[Row]:
    """(stack name, stack id) of the stacks that import the export."""
    return store.all(_IMPORTERS, account, region, name)


def put_imports(store: Store, stack: StackRow, names: set[str]) -> None:
    store.run(_DELETE_IMPORTS, stack.stack_id)
    store.many(_PUT_IMPORT, [(stack.stack_id, stack.account, stack.region, name) for name in sorted(names)])


_CHANGE_SET = "SELECT change_set_id, stack_id, name, created_at, body FROM cloudformation_change_set"
_CHANGE_SET_BY_ID = f"{_CHANGE_SET} WHERE change_set_id = ?"
_CHANGE_SET_BY_NAME = f"{_CHANGE_SET} WHERE stack_id = ? AND name = ?"
_CHANGE_SETS = f"{_CHANGE_SET} WHERE stack_id = ? ORDER BY created_at"
_PUT_CHANGE_SET = "INSERT OR REPLACE INTO cloudformation_change_set VALUES (?, ?, ?, ?, ?)"
_DELETE_CHANGE_SET = "DELETE FROM cloudformation_change_set WHERE change_set_id = ?"


@dataclass(slots=True)
class ChangeSetRow:
    """A change set. `body`: DescribeChangeSet's members, and `Template`, `Assets`."""

    change_set_id: str
    stack_id: str
    name: str
    created_at: float
    body: Json


def _change_set(row: Row) -> ChangeSetRow:
    return ChangeSetRow(*(*row[:4], orjson.loads(row[4])))


def change_set_by_id(store: Store, change_set_id: str) -> ChangeSetRow | None:
    row = store.one(_CHANGE_SET_BY_ID, change_set_id)
    return _change_set(row) if row else None


def change_set_by_name(store: Store, stack_id: str, name: str) -> ChangeSetRow | None:
    row = store.one(_CHANGE_SET_BY_NAME, stack_id, name)
    return _change_set(row) if row else None


def change_sets(store: Store, stack_id: str) -> list[ChangeSetRow]:
    return [_change_set(row) for row in store.all(_CHANGE_SETS, stack_id)]


def put_change_set(store: Store, row: ChangeSetRow) -> None:
    body = orjson.dumps(row.body).decode()
    store.run(_PUT_CHANGE_SET, row.change_set_id, row.stack_id, row.name, row.created_at, body)


def delete_change_set(store: Store, change_set_id: str) -> None:
    store.run(_DELETE_CHANGE_SET, change_set_id)
