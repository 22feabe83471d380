"""Deliveries that are made at once where they can be, and kept until they are made where they cannot.

A delivery whose call is a plain function is made inside the transaction that accepted the event: both are durable, or
neither. Any other is stored as a row in that transaction, made right after its commit and then deleted. A failed one is
retried on the virtual clock and ends in its dead-letter queue. After a crash the rows say what is left to do: a target
may see an event twice, but never not at all. Deliveries of one lane are made in their order: one that failed holds back
those behind it until it is made or given up.
"""

import contextlib
import random
from collections import deque
from collections.abc import Coroutine, Iterator
from typing import Any, NamedTuple

import orjson

from penstock.base import ids
from penstock.base.arn import Arn
from penstock.base.errors import AwsError, PenstockError
from penstock.base.telemetry import LogLine, Trace
from penstock.call import Context, Kernel
from penstock.delivery.endpoints import Endpoints
from penstock.delivery.retry import Failure, Random
from penstock.delivery.sdk import to_model
from penstock.delivery.sender import Sender
from penstock.delivery.targets import Call, Delivery, HttpCall, Post, queue_call
from penstock.iam.principal import Principal
from penstock.wire.model import Json

_PAUSE = 60.0  # seconds until a delivery is taken up that a full disk stopped


class Attempt(NamedTuple):
    """A delivery, how often it was retried, and its row once it has one."""

    delivery: Delivery
    retries: int = 0
    row: int | None = None


class Outbox:
    """One per service that delivers: `table` holds its rows; `sender` is who calls, or the name of a service."""

    def __init__(self, kernel: Kernel, table: str, sender: str | Sender, source: Random = random.random) -> None:
        self._kernel = kernel
        self._sender = Sender(sender) if isinstance(sender, str) else sender
        self._random = source
        self._lanes: dict[str, deque[int]] = {}  # their rows, in order; only the first of a lane is tried
        self._insert = f"INSERT INTO {table} (delivery, retries, next_at) VALUES (?, ?, ?)"
        self._select = f"SELECT delivery, retries, id FROM {table} WHERE id = ?"
        self._all = f"SELECT id, next_at, delivery FROM {table} ORDER BY id"
        self._update = f"UPDATE {table} SET retries = ?, next_at = ? WHERE id = ?"
        self._delete = f"DELETE FROM {table} WHERE id = ?"

    @staticmethod
    def schema(table: str) -> str:
        return (
            f"CREATE TABLE IF NOT EXISTS {table} (id INTEGER PRIMARY KEY, delivery TEXT NOT NULL,"
            " retries INTEGER NOT NULL, next_at REAL NOT NULL)"
        )

    def deliver(self, delivery: Delivery) -> None:
        """Makes the delivery in this transaction, or stores it in this transaction to be made after it."""
        if delivery.lane in self._lanes:
            self._keep(Attempt(delivery), self._kernel.clock.now())
        else:
            self._attempt(Attempt(delivery))

    def fail(self, delivery: Delivery, error: AwsError) -> None:
        """Treats a delivery that could not even be tried like one that failed."""
        self._failed(Attempt(delivery), error)

    def resume(self) -> None:
        """Takes up every delivery that is left in the store, and of each lane the first."""
        for row, next_at, text in self._kernel.store.all(self._all):
            lane = Delivery(*orjson.loads(text)).lane
            if not lane or self._enqueue(lane, row):
                self._retry_at(next_at, row)

    # -- trying -------------------------------------------------------------------------------------------

    def _attempt(self, attempt: Attempt) -> None:
        try:
            result = self._send(self._sender.attempted(attempt.delivery, attempt.retries))
        except AwsError as error:
            self._failed(attempt, error)
            return
        if isinstance(result, dict):
            self._forget(attempt)
        else:
            self._await(attempt, result)

    def _send(self, delivery: Delivery) -> Any:
        call = self._sender.call(delivery, self._kernel.config.endpoint)
        if isinstance(call, HttpCall):
            ctx = self._context(call.arn.account, call.arn.region, delivery)
            return self._kernel.shared(Endpoints).invoke(ctx, call, delivery.accepted_at + delivery.age)
        if isinstance(call, Post):
            source = Arn.parse(delivery.source_arn)
            return self._kernel.shared(Endpoints).post(self._context(source.account, source.region, delivery), call)
        try:
            return self._enter(call, delivery)
        except AwsError as error:
            if call.prepare is None or error.code != "ResourceNotFoundException":
                raise
        self._enter(call.prepare, delivery)
        return self._enter(call, delivery)

    def _enter(self, call: Call, delivery: Delivery, principal: Principal | None = None) -> Any:
        """The operation's result, or a coroutine of it. Raises AwsError, and PenstockError for a full disk, which is no
        answer of the target's: who accepts the event must not say so, and no dead letter may get lost."""
        ctx = self._context(call.account, call.region, delivery, principal)
        request = self._spelled(call) if call.sdk else call.request
        try:
            return self._kernel.enter(ctx, call.service, call.operation, request)
        except AwsError as error:
            if isinstance(error.__cause__, PenstockError):
                raise error.__cause__ from None
            raise

    def _spelled(self, call: Call) -> Json:
        """A request of AWS's SDK as the operation has it; one that is not here is refused by whoever enters it."""
        known = call.service in self._kernel.services
        model = self._kernel.loaded(call.service).model if known else None
        operation = model.operations.get(call.operation) if model else None
        return to_model(model, operation.input, call.request) if model and operation else call.request

    def _context(self, account: str, region: str, delivery: Delivery, principal: Principal | None = None) -> Context:
        principal = principal or self._sender.principal(delivery, account)
        trace = Trace.parse(delivery.trace) if delivery.trace else None
        return Context(self._kernel, account, region, principal, trace, ids.uuid())

    def _await(self, attempt: Attempt, result: Coroutine[Any, Any, Json]) -> None:
        """A call that waits begins once its row is durable; where that is undone it never begins."""
        if attempt.row is None:
            try:
                attempt = attempt._replace(row=self._keep(attempt, self._kernel.clock.now()))
            except PenstockError:
                result.close()
                raise

        def settled(error: Exception | None) -> None:
            if error is None:
                self._kernel.spawn(self._finish(attempt, result), f"delivery to {attempt.delivery.target_arn}")
            else:
                result.close()

        self._kernel.store.when_settled(settled)

    async def _finish(self, attempt: Attempt, result: Coroutine[Any, Any, Json]) -> None:
        with self._kernel.clock.work():
            error = None
            try:
                await result
            except AwsError as raised:
                error = raised
            with self._lasting(attempt.row or 0):
                if error is None:
                    self._forget(attempt)
                else:
                    self._failed(attempt, error)

    @contextlib.contextmanager
    def _lasting(self, row: int) -> Iterator[None]:
        """A savepoint for work on a row, which is taken up again later if the work is undone: here or, because somebody
        else in the same transaction finds the disk full, after it."""
        later = self._kernel.clock.now() + _PAUSE
        with contextlib.suppress(PenstockError), self._kernel.store.savepoint():
            self._kernel.store.after_rollback(lambda: self._retry_at(later, row))
            yield

    def _keep(self, attempt: Attempt, when: float) -> int:
        text = orjson.dumps([*attempt.delivery]).decode()
        row = self._kernel.store.insert(self._insert, text, attempt.retries, when)
        if lane := attempt.delivery.lane:
            self._enqueue(lane, row)
            self._kernel.store.after_rollback(lambda: self._dequeue(lane, row))
        return row

    def _forget(self, attempt: Attempt) -> None:
        row, lane = attempt.row, attempt.delivery.lane
        if row is not None:
            self._kernel.store.run(self._delete, row)
            if lane:
                self._kernel.store.after_commit(lambda: self._next(lane, row))

    # -- lanes ----------------------------------------------------------------------------------------------

    def _enqueue(self, lane: str, row: int) -> bool:
        """Whether the row is the first of its lane."""
        rows = self._lanes.setdefault(lane, deque())
        rows.append(row)
        return len(rows) == 1

    def _dequeue(self, lane: str, row: int) -> None:
        rows = self._lanes[lane]
        rows.remove(row)
        if not rows:
            del self._lanes[lane]

    def _next(self, lane: str, row: int) -> None:
        """A delivery was made or given up: it is the next one's turn."""
        self._dequeue(lane, row)
        if lane in self._lanes:
            self._retry_at(self._kernel.clock.now(), self._lanes[lane][0])

    # -- trying again ---------------------------------------------------------------------------------------

    def _failed(self, attempt: Attempt, error: AwsError) -> None:
        failed, delivery = self._sender.failure(error), attempt.delivery
        policy = self._sender.policy(delivery)
        now = self._kernel.clock.now()
        when: float | str = ""
        if failed.retriable:
            when = policy.next_try(delivery.accepted_at, attempt.retries, now, self._random, failed.wait)
        if isinstance(when, str):
            self._give_up(attempt, failed, when)
            self._forget(attempt)
        else:
            self._postpone(attempt._replace(retries=attempt.retries + 1), when)

    def _postpone(self, attempt: Attempt, when: float) -> None:
        store = self._kernel.store
        if attempt.row is None:
            row = self._keep(attempt, when)
        else:
            row = attempt.row
            store.run(self._update, attempt.retries, when, row)
        store.after_commit(lambda: self._retry_at(when, row))

    def _retry_at(self, when: float, row: int) -> None:
        def retry() -> None:
            self._kernel.spawn(self._retry(row), "delivery retried")

        self._kernel.clock.call_at(when, retry)

    async def _retry(self, row: int) -> None:
        with self._kernel.clock.work(), self._lasting(row):
            found = self._kernel.store.one(self._select, row)
            if found is not None:
                self._attempt(Attempt(Delivery(*orjson.loads(found[0])), *found[1:]))

    def _give_up(self, attempt: Attempt, failed: Failure, exhausted: str) -> None:
        delivery = self._sender.attempted(attempt.delivery, attempt.retries)
        self._log(delivery, f"not delivered to {delivery.target_arn}: {failed.code}: {failed.message}")
        if not delivery.dead_letter_arn:
            return
        call = queue_call(
            Arn.parse(delivery.dead_letter_arn),
            delivery.event or delivery.text,
            self._kernel.config.endpoint,
            **self._sender.letter(delivery, failed, exhausted, attempt.retries),
        )
        try:
            self._enter(call, delivery, self._sender.undertaker(delivery, call.account))
        except AwsError as error:
            self._log(delivery, f"not sent to its dead-letter queue {delivery.dead_letter_arn}: {error}")

    def _log(self, delivery: Delivery, message: str) -> None:
        self._kernel.telemetry.log(LogLine(self._kernel.clock.now(), "ERROR", delivery.source_arn, message))
