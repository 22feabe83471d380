"""Deliveries that are made at once where they can be, and kept until they are made where they cannot.

A delivery whose call is a plain function is made inside the transaction that accepted the event: both are durable, or
neither. Any other is stored as a row in that transaction, made right after its commit and then deleted. A failed one is
retried on the virtual clock and ends in its dead-letter queue. After a crash the rows say what is left to do: a target
may see an event twice, but never not at all.
"""

import contextlib
import random
from collections.abc import Coroutine, Iterator
from typing import Any, NamedTuple

import orjson

from penstock.base import ids
from penstock.base.arn import Arn
from penstock.base.errors import AwsError, PenstockError
from penstock.base.telemetry import LogLine, Trace
from penstock.call import Context, Kernel
from penstock.delivery.endpoints import Endpoints
from penstock.delivery.retry import EVENTBRIDGE, Failure, Random, RetryPolicy, dead_letter_attributes, failure
from penstock.delivery.targets import Call, Delivery, HttpCall, call_for, queue_call
from penstock.iam.principal import Principal
from penstock.wire.model import Json

_PAUSE = 60.0  # seconds until a delivery is taken up that a full disk stopped


class Attempt(NamedTuple):
    """A delivery, how often it was retried, and its row once it has one."""

    delivery: Delivery
    retries: int = 0
    row: int | None = None


class Outbox:
    """One per service that delivers: `table` holds its rows, `service` is who calls (`events.amazonaws.com`)."""

    def __init__(self, kernel: Kernel, table: str, service: str, source: Random = random.random) -> None:
        self._kernel = kernel
        self._service = service
        self._random = source
        self._insert = f"INSERT INTO {table} (delivery, retries, next_at) VALUES (?, ?, ?)"
        self._select = f"SELECT delivery, retries, id FROM {table} WHERE id = ?"
        self._all = f"SELECT id, next_at FROM {table} ORDER BY id"
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
        self._attempt(Attempt(delivery))

    def fail(self, delivery: Delivery, error: AwsError) -> None:
        """Treats a delivery that could not even be tried like one that failed."""
        self._failed(Attempt(delivery), error)

    def resume(self) -> None:
        """Takes up every delivery that is left in the store."""
        for row, next_at in self._kernel.store.all(self._all):
            self._retry_at(next_at, row)

    # -- trying -------------------------------------------------------------------------------------------

    def _attempt(self, attempt: Attempt) -> None:
        try:
            result = self._send(attempt.delivery)
        except AwsError as error:
            if isinstance(error.__cause__, PenstockError):
                raise error.__cause__ from None  # a full disk: whoever accepts the event must not say so
            self._failed(attempt, error)
            return
        if isinstance(result, dict):
            self._forget(attempt)
        else:
            self._await(attempt, result)

    def _send(self, delivery: Delivery) -> Any:
        call = call_for(delivery, self._kernel.config.endpoint)
        if isinstance(call, HttpCall):
            ctx = self._context(call.arn.account, call.arn.region, delivery.trace)
            return self._kernel.shared(Endpoints).invoke(ctx, call, delivery.accepted_at + delivery.age)
        try:
            return self._enter(call, delivery.trace)
        except AwsError as error:
            if call.prepare is None or error.code != "ResourceNotFoundException":
                raise
        self._enter(call.prepare, delivery.trace)
        return self._enter(call, delivery.trace)

    def _enter(self, call: Call, trace: str) -> Any:
        """The operation's result, or a coroutine of it."""
        ctx = self._context(call.account, call.region, trace)
        return self._kernel.enter(ctx, call.service, call.operation, call.request)

    def _context(self, account: str, region: str, trace: str) -> Context:
        principal = Principal.service(self._service, account)
        return Context(self._kernel, account, region, principal, Trace.parse(trace), ids.uuid())

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
        """A savepoint for work on a row. Where nothing can be stored now, the row is taken up again later."""
        try:
            with self._kernel.store.savepoint():
                yield
        except PenstockError:
            self._retry_at(self._kernel.clock.now() + _PAUSE, row)

    def _keep(self, attempt: Attempt, when: float) -> int:
        return self._kernel.store.insert(
            self._insert, orjson.dumps([*attempt.delivery]).decode(), attempt.retries, when
        )

    def _forget(self, attempt: Attempt) -> None:
        if attempt.row is not None:
            self._kernel.store.run(self._delete, attempt.row)

    # -- trying again ---------------------------------------------------------------------------------------

    def _failed(self, attempt: Attempt, error: AwsError) -> None:
        failed, delivery = failure(error), attempt.delivery
        policy = RetryPolicy(delivery.attempts, delivery.age, EVENTBRIDGE.backoff)
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
        delivery = attempt.delivery
        self._log(delivery, f"not delivered to {delivery.target_arn}: {failed.code}: {failed.message}")
        if not delivery.dead_letter_arn:
            return
        call = queue_call(
            Arn.parse(delivery.dead_letter_arn),
            delivery.event or delivery.text,
            self._kernel.config.endpoint,
            MessageAttributes=dead_letter_attributes(
                delivery.source_arn, delivery.target_arn, failed, exhausted, attempt.retries
            ),
        )
        try:
            self._enter(call, delivery.trace)
        except AwsError as error:
            self._log(delivery, f"not sent to its dead-letter queue {delivery.dead_letter_arn}: {error}")

    def _log(self, delivery: Delivery, message: str) -> None:
        self._kernel.telemetry.log(LogLine(self._kernel.clock.now(), "ERROR", delivery.source_arn, message))
