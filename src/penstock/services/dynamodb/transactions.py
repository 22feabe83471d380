"""TransactWriteItems and TransactGetItems: all or nothing, and a reason for each action where it is nothing.

Requests are executed one after the other, so transactions never conflict. What a request alone gives away is refused
as a whole; what depends on a table's schema or an item cancels the transaction.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

import orjson

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.dynamodb import capacity, changes, mutations, store
from penstock.services.dynamodb.changes import Change, read_units
from penstock.services.dynamodb.errors import in_older_words, invalid
from penstock.services.dynamodb.expressions.request import Expressions, expressions
from penstock.services.dynamodb.items import change_units
from penstock.services.dynamodb.mutations import Make, Mutation, check_scalar_keys
from penstock.services.dynamodb.schema import Table, check_empty_keys
from penstock.services.dynamodb.state import lookup
from penstock.services.dynamodb.values import MAX_ITEM_SIZE, check_item, values_size
from penstock.wire.model import Json

T = TypeVar("T")

ACTIONS = ("ConditionCheck", "Put", "Delete", "Update")
MAX_SIZE = 4 * 1024 * 1024
TOKEN_LIFE = 600  # seconds
_REPEATED = "Transaction request cannot include multiple operations on one item"
_REASONS = {
    "ConditionalCheckFailedException": "ConditionalCheckFailed",
    "DuplicateItemException": "DuplicateItem",
    "ValidationException": "ValidationError",
}


class _Action(NamedTuple):
    kind: str
    given: Json
    found: Expressions
    size: int  # bytes of the item to be put, or of the key


class Answers(NamedTuple):
    """What is answered, and what a repetition with the same token is, which costs reads instead of writes."""

    first: Json
    again: Json


def transact_write_items(ctx: Context, request: Json) -> Json:
    actions = [_check_action(entry) for entry in request["TransactItems"]]
    check_payload(action.size + values_size(action.found.values) for action in actions)
    return once(ctx, request, lambda: _write(ctx, request, actions))


def _write(ctx: Context, request: Json, actions: list[_Action]) -> Answers:
    tables = [lookup(ctx, action.given["TableName"]) for action in actions]
    for action, table in zip(actions, tables, strict=True):
        check_empty_keys(table, action.given.get("Item") or action.given["Key"])
    made = each(list(zip(actions, tables, strict=True)), lambda pair: _mutation(*pair), to_the_first=True)
    return commit(ctx, request, made)


def commit(ctx: Context, request: Json, made: list[Mutation]) -> Answers:
    """Evaluates all, then writes all."""
    check_distinct([(mutation.table.id, mutation.key) for mutation in made])
    planned = each(made, lambda mutation: mutation.evaluate(ctx))
    return _apply(ctx, request, made, planned)


@in_older_words
def _check_action(entry: Json) -> _Action:
    kinds = [kind for kind in ACTIONS if kind in entry]
    if not kinds:
        raise invalid("The action or operation requested is invalid. Verify that the action is typed correctly.")
    if len(kinds) > 1:
        raise invalid("TransactItems can only contain one of Check, Put, Update or Delete")
    [kind] = kinds
    given = entry[kind]
    found = expressions(given, ("UpdateExpression", "ConditionExpression"), wrapped=True)
    size = check_item(given["Item"] if kind == "Put" else given["Key"])
    if size > MAX_ITEM_SIZE:
        raise invalid(mutations.TOO_LARGE)
    return _Action(kind, given, found, size)


def _mutation(action: _Action, table: Table) -> Mutation:
    given, kind = action.given, action.kind
    predicate = action.found.predicate("ConditionExpression")
    returns_item = given.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
    if kind == "Put":
        key = table.place(given["Item"])
        return Mutation(table, key, mutations.put(given["Item"], action.size), predicate, returns_item)
    key = table.key(given["Key"])
    make: Make | None = None
    if kind == "Delete":
        make = mutations.delete
    elif kind == "Update":
        make = mutations.update(table, given["Key"], given, action.found)
    return Mutation(table, key, make, predicate, returns_item)


def each(things: Sequence[Any], step: Callable[[Any], T], *, to_the_first: bool = False) -> list[T]:
    """The step's result for each action. Raises TransactionCanceledException with the reasons of those it refuses:
    of all, or where what a schema does not allow is looked for, of the first.
    """
    results, reasons = [], []
    for thing in things:
        try:
            results.append(step(thing))
            reasons.append({"Code": "None"})
        except AwsError as error:
            reasons.append({"Code": _REASONS[error.code], "Message": error.message, **error.fields})
            if to_the_first:
                reasons += [{"Code": "None"}] * (len(things) - len(reasons))
                break
    if len(results) < len(things):
        codes = ", ".join(reason["Code"] for reason in reasons)
        message = "Transaction cancelled, please refer cancellation reasons for specific reasons"
        raise AwsError("TransactionCanceledException", f"{message} [{codes}]", CancellationReasons=reasons)
    return results


def check_distinct(targets: list[tuple[Any, ...]]) -> None:
    if len(set(targets)) < len(targets):
        raise invalid(_REPEATED)


def check_payload(sizes: Iterable[int]) -> None:
    """What is sent counts, not the items that it is about."""
    if sum(sizes) > MAX_SIZE:
        raise invalid("Transaction payload size cannot exceed 4 MB")


def _apply(ctx: Context, request: Json, made: list[Mutation], planned: list[Change]) -> Answers:
    costs: dict[int, capacity.Costs] = {}
    again: dict[int, capacity.Costs] = {}
    metrics: dict[str, list[Json]] = {}
    for mutation, change in zip(made, planned, strict=True):
        table = change.table
        units = changes.write(ctx, change) if mutation.make else changes.NO_UNITS
        costs.setdefault(table.id, capacity.Costs(table)).add(change_units(change), units, times=2)
        size = max(image.size if image else 0 for image in (change.old, change.new))
        again.setdefault(table.id, capacity.Costs(table)).add(read_units(size, consistent=True), times=2)
        if request.get("ReturnItemCollectionMetrics") == "SIZE" and table.has_collections and mutation.make:
            image = change.new or change.old
            if image is not None:
                found = capacity.collection_metrics(ctx, table, change.key, image.item)
                metrics.setdefault(table.name, []).append(found)
    more = {"ItemCollectionMetrics": metrics} if metrics else {}
    return Answers(
        {**capacity.reports(request, costs.values(), "WriteCapacityUnits"), **more},
        {**capacity.reports(request, again.values(), "ReadCapacityUnits"), **more},
    )


# -- idempotency -------------------------------------------------------------------------------------


def once(ctx: Context, request: Json, write: Callable[[], Answers]) -> Json:
    """What `write` answers, or answered to an earlier request with the same token."""
    token = request.get("ClientRequestToken")
    if not token:
        return write().first
    digest = _digest(request)
    known = _remembered(ctx, token, digest)
    if known is not None:
        return known
    answers = write()
    _remember(ctx, token, digest, answers.again)
    return answers.first


def _digest(request: Json) -> bytes:
    return hashlib.sha256(orjson.dumps(request, default=repr, option=orjson.OPT_SORT_KEYS)).digest()


def _remembered(ctx: Context, token: str, digest: bytes) -> Json | None:
    """The answer that the token's transaction got in the last ten minutes."""
    row = ctx.store.one(store.SELECT_TOKEN, ctx.account, ctx.region, token, ctx.clock.now())
    if row is None:
        return None
    if row[0] != digest:
        message = "Request parameters do not match those of an earlier request with the same client token"
        raise AwsError("IdempotentParameterMismatchException", message)
    answer: Json = orjson.loads(row[1])
    return answer


def _remember(ctx: Context, token: str, digest: bytes, response: Json) -> None:
    now = ctx.clock.now()
    ctx.store.run(store.DELETE_TOKENS, now)
    answer = orjson.dumps(response, default=repr)
    ctx.store.run(store.PUT_TOKEN, ctx.account, ctx.region, token, digest, answer, now + TOKEN_LIFE)


# -- reads -------------------------------------------------------------------------------------------


def transact_get_items(ctx: Context, request: Json) -> Json:
    gets = [entry["Get"] for entry in request["TransactItems"]]
    found = [_check_get(get) for get in gets]
    tables = [lookup(ctx, get["TableName"]) for get in gets]
    for get, table, compiled in zip(gets, tables, found, strict=True):
        if compiled.projection is not None:
            check_scalar_keys(table, compiled.projection.paths)
        check_empty_keys(table, get["Key"])
    keys = each(list(zip(gets, tables, strict=True)), lambda pair: pair[1].key(pair[0]["Key"]), to_the_first=True)
    check_distinct([(table.id, key) for table, key in zip(tables, keys, strict=True)])
    costs: dict[int, capacity.Costs] = {}
    responses = []
    for table, key, compiled in zip(tables, keys, found, strict=True):
        stored = changes.read(ctx, table, key)
        units = read_units(stored.size if stored else 0, consistent=True)
        costs.setdefault(table.id, capacity.Costs(table)).add(units, times=2)
        item = stored.item if stored else None
        if item is not None and compiled.projection is not None:
            item = compiled.projection.project(item)
        responses.append({} if item is None else {"Item": item})
    return {"Responses": responses, **capacity.reports(request, costs.values(), "ReadCapacityUnits")}


@in_older_words
def _check_get(get: Json) -> Expressions:
    found = expressions(get, ("ProjectionExpression",))
    check_item(get["Key"])
    return found
