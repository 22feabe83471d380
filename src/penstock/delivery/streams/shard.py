"""A shard as it is read: page after page until its end, its records shared out to lanes."""

from penstock.base.errors import AwsError
from penstock.delivery.mappings import matches, problem
from penstock.delivery.streams.attempts import pause
from penstock.delivery.streams.checkpoints import Checkpoint
from penstock.delivery.streams.lane import Lane
from penstock.delivery.streams.ledger import Ledger
from penstock.delivery.streams.model import TRIM_HORIZON, Page, Position, Record
from penstock.delivery.streams.progress import lane_of
from penstock.delivery.streams.run import Run

_AT_LEAST = 100  # records that are asked for at a time
GONE = "ResourceNotFoundException"
_TRIMMED = "TrimmedDataAccessException"
_EXPIRED = "ExpiredIteratorException"
# A checkpoint of a stream that was deleted and made anew while nobody read.
_FOREIGN = ("InvalidArgumentException", "ValidationException")


class ShardReader:
    """`iterator` is where to begin if one was taken already."""

    def __init__(self, run: Run, shard_id: str, checkpoint: Checkpoint, iterator: str = "") -> None:
        self.shard_id = shard_id
        self._run = run
        self._ledger = Ledger(run, shard_id, checkpoint)
        self._position = checkpoint.position
        self._iterator = iterator
        self._lanes = [Lane(self._ledger) for _ in range(run.settings.lanes)]
        self._ahead = run.settings.batch_size * run.settings.lanes
        self._limit = min(run.source.most, max(self._ahead, _AT_LEAST))

    async def work(self) -> AwsError | None:
        """Reads to the end of the shard, or until stopped; the error where the shard is not there."""
        for lane in self._lanes:
            lane.wake()
        try:
            await self._read()
        except AwsError as error:
            self.stop()
            await self._ended()
            return error
        await self._ended()
        if not self._ledger.stopped:
            await self._ledger.end()
        return None

    async def _ended(self) -> None:
        """Waits until nothing is under way."""
        for lane in self._lanes:
            lane.close()
        while any(lane.at_work for lane in self._lanes):
            await self._ledger.change()

    def stop(self) -> None:
        self._ledger.stop()
        for lane in self._lanes:
            lane.wake()

    async def _read(self) -> None:
        """Raises AwsError where the shard or its stream is not there."""
        ledger, failures = self._ledger, 0
        while not ledger.stopped:
            if ledger.waiting >= self._ahead:
                await ledger.change()
                continue
            try:
                page = self._page()
            except AwsError as error:
                if error.code == GONE:
                    raise
                self._iterator, failures = "", failures + 1
                if not self._moved(error):
                    self._run.trouble = problem(error)
                    await ledger.pause(pause(failures))
                continue
            self._run.trouble, self._iterator, failures = "", page.iterator, 0
            if page.records:
                with self._run.ctx.clock.work():
                    await self._share_out(page.records)
            if not page.iterator:
                return
            if not page.records:
                await self._run.ctx.signals.wait(self._run.source.signal(self.shard_id))

    def _page(self) -> Page:
        source = self._run.source
        iterator = self._iterator or source.iterator(self.shard_id, self._position)
        return source.read(self.shard_id, iterator, self._limit)

    def _moved(self, error: AwsError) -> bool:
        """Whether there is another place to read on from at once."""
        if error.code == _EXPIRED:
            return True
        foreign = error.code in _FOREIGN and self._position.kind == "AFTER_SEQUENCE_NUMBER"
        if foreign or error.code == _TRIMMED:
            self._position = TRIM_HORIZON
            return True
        return False

    async def _share_out(self, records: list[Record]) -> None:
        run, lanes, unwanted = self._run, self._lanes, []
        for record in records:
            self._ledger.begin(record)
            if matches(run.settings.patterns, run.source, record.shown):
                lanes[lane_of(record.key, len(lanes))].add(record)
            else:
                unwanted.append(record)
        self._position = Position("AFTER_SEQUENCE_NUMBER", records[-1].sequence)
        for lane in lanes:
            lane.wake()
        if unwanted:
            await self._ledger.finish(unwanted)
