"""DynamoDB's memory: tables as they were last read, the timer of the next expiry, and the last sequence number."""

import re
from collections.abc import Callable
from typing import Any

import orjson

from penstock.base.arn import Arn, arn
from penstock.base.clock import Timer
from penstock.base.errors import AwsError
from penstock.call import Context, Kernel
from penstock.services.dynamodb import store
from penstock.services.dynamodb.errors import INVALID, invalid, not_found
from penstock.services.dynamodb.schema import Table, table_of
from penstock.services.dynamodb.streams import store as streams
from penstock.services.dynamodb.streams.shards import Sequence
from penstock.wire.model import Json

_NAME = re.compile(r"[a-zA-Z0-9_.-]+")
MIN_NAME, MAX_NAME = 3, 255
_ARN_FORMAT = (
    "Valid ARN format is 'arn:<awsPartition>:<vendor>:<region>:<subscriber>:resourceType/resourceName', where Resource "
    "name must have length less than or equal to 255, Resource name must have length greater than or equal to 3, "
    "Resource name must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
)

Place = tuple[str, str, str]  # account, region, table name (or ARN)


class State:
    """`delete_expired` is what the timer does; `expiry` sets it when the service starts. `trim` is that of streams."""

    def __init__(self, kernel: Kernel) -> None:
        self.tables: dict[Place, Table] = {}
        self.delete_expired: Callable[[], None] = lambda: None
        self.sequence = Sequence((kernel.store.one(streams.LAST_NUMBER) or (0,))[0] or 0)
        self.trim: Timer | None = None
        self._clock = kernel.clock
        self._expiry: Timer | None = None

    def expect(self, expires_at: float) -> None:
        """Sees to it that the timer rings by then."""
        if self._expiry is not None and self._expiry.callback is not None:
            if self._expiry.when <= expires_at:
                return
            self._expiry.cancel()
        self._expiry = self._clock.call_at(expires_at, self.delete_expired)

    def forget(self, arn: str) -> None:
        for place in [place for place, table in self.tables.items() if table.arn == arn]:
            del self.tables[place]


def state(ctx: Context) -> State:
    found: State = ctx.state("dynamodb")
    return found


def lookup(ctx: Context, name: str) -> Table:
    """The table of a name or ARN. Raises ResourceNotFoundException in the data plane's wording."""
    found = state(ctx).tables.get((ctx.account, ctx.region, name))
    return found if found is not None else _read(ctx, name, not_found())


def described(ctx: Context, name: str) -> Table:
    """The same in the control plane's wording, which names the table."""
    found = state(ctx).tables.get((ctx.account, ctx.region, name))
    if found is not None:
        return found
    short = name.rpartition("/")[2]
    message = f"Requested resource not found: Table: {short} not found"
    return _read(ctx, name, AwsError("ResourceNotFoundException", message))


def exists(ctx: Context, name: str) -> bool:
    return ctx.store.one(store.SELECT_TABLE, table_arn(ctx, name)) is not None


def table_arn(ctx: Context, name: str) -> str:
    return arn("dynamodb", ctx.region, ctx.account, f"table/{name}")


def is_name(name: str) -> bool:
    return MIN_NAME <= len(name) <= MAX_NAME and _NAME.fullmatch(name) is not None


def check_name(name: str) -> None:
    """Constraints that the model, which also admits ARNs, leaves open."""
    fault = None
    if len(name) < MIN_NAME:
        fault = f"Member must have length greater than or equal to {MIN_NAME}"
    elif len(name) > MAX_NAME:
        fault = f"Member must have length less than or equal to {MAX_NAME}"
    elif _NAME.fullmatch(name) is None:
        fault = "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
    if fault is not None:
        raise invalid(
            f"1 validation error detected: Value '{name}' at 'tableName' failed to satisfy constraint: {fault}"
        )


def _read(ctx: Context, name: str, missing: AwsError) -> Table:
    if name.startswith("arn:"):
        full = name
        _check_arn(ctx, name)
    else:
        check_name(name)
        full = table_arn(ctx, name)
    row = ctx.store.one(store.SELECT_TABLE, full)
    if row is None:
        raise missing
    table = build(ctx, row[0], full, orjson.loads(row[1]))
    memory = state(ctx)
    memory.tables[ctx.account, ctx.region, name] = table
    if ctx.store.open:  # what was read may be undone
        ctx.store.after_rollback(lambda: memory.forget(full))
    return table


def _check_arn(ctx: Context, name: str) -> None:
    """An ARN in a name's place: one of a table, and of the region that is asked."""
    partition, _, region, _, resource = Arn.parse(name) if name.count(":") >= 5 else Arn("", "", "", "", "")
    kind, _, short = resource.partition("/")
    fault = None
    if kind and kind != "table":
        fault = f"Invalid resource type in '{name}'"
    elif not is_name(short):
        fault = f"Value '{name}' at 'tableName' failed to satisfy constraint: {_ARN_FORMAT}"
    elif partition != "aws":
        fault = f"Invalid AWS partition in '{name}'"
    elif region != ctx.region:
        fault = f"Invalid AWS region in '{name}'"
    if fault is not None:
        raise invalid(f"1 validation error detected: {fault}")


def _is_table(name: str) -> bool:
    return name.count(":") >= 5 and Arn.parse(name).resource.startswith("table/")


def check_resource(ctx: Context, arn: str, elsewhere: str = f"{INVALID}Invalid resource Arn: ") -> None:
    """The ARN of what may be tagged or have a policy: a table, or a stream of one; `elsewhere` is said of other
    regions' and partitions'.
    """
    if not arn.startswith("arn:"):
        raise invalid(f"{INVALID}ARNs must start with 'arn:': {arn}")
    if "/index/" in arn:
        message = "Invalid resource arn provided, only table or stream is accepted. Provided resource arn: "
        raise invalid(INVALID + message + arn)
    if not _is_table(arn) or arn.split(":")[2] != "dynamodb" or "/backup/" in arn:
        raise invalid(f"{INVALID}Provided Arn is not a DynamoDB resource arn: {arn}")
    parsed = Arn.parse(arn)
    if (parsed.partition, parsed.region) != ("aws", ctx.region):
        raise invalid(elsewhere + arn)


def build(ctx: Context, table_id: int, full: str, definition: Json) -> Table:
    ids: dict[str, int] = dict(ctx.store.all(store.SELECT_INDEXES, table_id))
    return table_of(table_id, full, definition, ids)


def table_by_id(ctx: Context, table_id: int) -> Table | None:
    row = ctx.store.one(store.SELECT_TABLE_BY_ID, table_id)
    return build(ctx, table_id, row[0], orjson.loads(row[1])) if row is not None else None


def redefine(ctx: Context, table: Table, definition: dict[str, Any]) -> Table:
    """Stores a changed definition; the table as it is now."""
    ctx.store.run(store.UPDATE_DEFINITION, orjson.dumps(definition).decode(), table.id)
    drop(ctx, table)
    return build(ctx, table.id, table.arn, definition)


def drop(ctx: Context, table: Table) -> None:
    """Forgets what is remembered of a table, now and should this transaction be undone."""
    memory = state(ctx)
    memory.forget(table.arn)
    ctx.store.after_rollback(lambda: memory.forget(table.arn))
