"""A lane of a shard: its records in batches, one after the other, each until it is done or given up.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html
"""

from collections.abc import Sequence
from operator import attrgetter

from penstock.base.errors import AwsError
from penstock.delivery.batches import Gathering
from penstock.delivery.mappings import BatchFailed, Unavailable
from penstock.delivery.streams.attempts import (
    RETRIES_EXHAUSTED,
    TOO_OLD,
    Batch,
    Outcome,
    after_failure,
    fresh_from,
    pause,
)
from penstock.delivery.streams.ledger import Ledger
from penstock.delivery.streams.model import Answer, Discarded, Record
from penstock.delivery.streams.run import FAILED, OK
from penstock.delivery.streams.windows import Window
from penstock.wire.model import Json


class Lane:
    """At work from when it has records until it has none, and no window is open."""

    def __init__(self, ledger: Ledger) -> None:
        self.at_work = False
        self._ledger = ledger
        self._run = ledger.run
        self._ctx = ledger.run.ctx
        self._clock = ledger.run.ctx.clock
        self._settings = ledger.run.settings
        settings = ledger.run.settings
        self._batch = Gathering(settings.batch_size, settings.window, attrgetter("size"), self._window_of)
        self._closed = False

    def add(self, record: Record) -> None:
        self._batch.add(record, self._clock.now())

    def wake(self) -> None:
        """Records were added, or it is time to stop."""
        if self.at_work:
            self._ctx.signals.notify(self)
        elif self._batch or self._ledger.window is not None:
            self.at_work = True
            self._ctx.spawn(self._work(), f"{self._run.name} {self._ledger.shard_id}")

    def close(self) -> None:
        """Nothing more will come: what waits is delivered at once, and an open window ended."""
        self._closed = True
        self.wake()

    async def _work(self) -> None:
        while (records := await self._next()) is not None:
            if self._settings.tumbling:
                await self._in_window(records)
            else:
                await self._deliver(records)
        if self._ledger.window is not None and not self._ledger.stopped:
            await self._end_window(early=True)
        self.at_work = False
        self._ledger.look()

    # -- batches -------------------------------------------------------------------------------------

    async def _next(self) -> list[Record] | None:
        """A batch; an empty one when the tumbling window is over; None when there will be none."""
        while not self._ledger.stopped:
            now, window = self._clock.now(), self._ledger.window
            timeout = None
            if self._batch:
                if self._closed or self._batch.ready(now):
                    return self._batch.take()
                timeout = self._batch.due - now
            elif window is None or self._closed:
                return None
            elif now >= window.end:
                return []
            else:
                timeout = window.end - now
            await self._ctx.signals.wait(self, timeout)
        return None

    # -- tumbling windows ----------------------------------------------------------------------------

    def _window_of(self, record: Record) -> float:
        return Window.at(record.arrived, self._settings.tumbling).start if self._settings.tumbling else 0.0

    async def _in_window(self, records: list[Record]) -> None:
        """Delivers records of one window, after the end of the one before; none where it is over."""
        ledger = self._ledger
        if ledger.window is not None and (not records or self._window_of(records[0]) != ledger.window.start):
            await self._end_window()
        if not records or ledger.stopped:
            return
        if ledger.window is None:
            ledger.window = Window.at(records[0].arrived, self._settings.tumbling)
        await self._deliver(records)
        if not ledger.stopped and ledger.window is not None and ledger.window.overfull:
            await self._end_window(early=True)

    async def _end_window(self, early: bool = False) -> None:
        """The final invocation, which holds up the shard until it succeeds."""
        failures = 0
        while not self._ledger.stopped:
            try:
                with self._clock.work():
                    await self._invoke([], final=True, early=early)
                    self._ledger.window = None
                    await self._ledger.finish([])
            except (AwsError, BatchFailed, Unavailable):
                failures += 1
                await self._ledger.pause(pause(failures))
            else:
                return

    # -- deliver -------------------------------------------------------------------------------------

    async def _deliver(self, records: list[Record]) -> None:
        waiting, refused = [Batch(records)], 0
        while waiting and not self._ledger.stopped:
            batch = await self._fresh(waiting.pop(), refused)
            if not batch.records:
                continue
            with self._clock.work():
                outcome = await self._attempt(batch)
            waiting += reversed(outcome.again)
            if outcome.patiently:
                failures = outcome.again[0].failures
                refused = refused + 1 if failures == batch.failures else 0
                await self._ledger.pause(pause(refused or failures))

    async def _fresh(self, batch: Batch[Record], refused: int) -> Batch[Record]:
        """What of a batch is not too old; the rest is given up."""
        age = self._age(batch.failures + refused)
        place = fresh_from(batch.records, self._clock.now(), age) if age >= 0 else 0
        if not place:
            return batch
        with self._clock.work():
            await self._give_up(batch.records[:place], TOO_OLD, 1, {})
        return Batch(batch.records[place:], batch.failures)

    def _age(self, tries: int) -> float:
        """How old records may be: as the mapping says, and what was tried before no older than the stream keeps it."""
        age = self._settings.policy.age
        if not tries:
            return age
        try:
            kept = self._run.source.retention()
        except AwsError:
            return age
        return min(age, kept) if age >= 0 else kept

    async def _attempt(self, batch: Batch[Record]) -> Outcome[Record]:
        try:
            answer = await self._invoke(batch.records)
        except BatchFailed as error:
            self._run.result = FAILED
            return await self._failed(batch, 0, error.context)
        except (AwsError, Unavailable) as error:  # nobody has seen the records: no attempt is used up
            self._run.result = f"PROBLEM: {error}"
            return Outcome((), [batch], None, patiently=True)
        first = _first_failed(batch.records, answer)
        self._keep_state(answer, bool(first))
        if first < len(batch.records):
            self._run.result = FAILED
            return await self._failed(batch, first, answer.context)
        self._run.result = OK
        await self._ledger.finish(batch.records)
        return Outcome(batch.records, [], None, patiently=False)

    async def _invoke(self, records: Sequence[Record], final: bool = False, early: bool = False) -> Answer:
        ledger, extra = self._ledger, {}
        if ledger.window is not None:
            extra = ledger.window.event(ledger.shard_id, self._run.source.stream_arn, final, early)
        return await self._run.target([record.shown for record in records], extra)

    def _keep_state(self, answer: Answer, done: bool) -> None:
        window = self._ledger.window
        if window is not None and done:
            self._ledger.window = window._replace(state=answer.state)

    async def _failed(self, batch: Batch[Record], first: int, context: Json) -> Outcome[Record]:
        outcome = after_failure(batch, first, self._settings.policy)
        if outcome.done:
            await self._ledger.finish(outcome.done)
        if (lost := outcome.given_up) is not None:
            await self._give_up(lost.records, RETRIES_EXHAUSTED, lost.failures, context)
        return outcome

    async def _give_up(self, records: Sequence[Record], condition: str, attempts: int, context: Json) -> None:
        run, shard_id = self._run, self._ledger.shard_id
        discarded = Discarded(run.source, shard_id, list(records), condition, attempts, context)
        await self._ledger.finish(records, discarded)


def _first_failed(records: Sequence[Record], answer: Answer) -> int:
    """The place of the failed record with the lowest sequence number; behind the last where none failed."""
    failed = set(answer.failed)
    return next((place for place, record in enumerate(records) if record.sequence in failed), len(records))
