"""The account of one shard: which of its records are done, as a row and in memory."""

from collections.abc import Sequence

from penstock.base.errors import PenstockError
from penstock.delivery.streams.checkpoints import Checkpoint
from penstock.delivery.streams.model import FINISHED, Discarded, Position, Record
from penstock.delivery.streams.progress import Progress
from penstock.delivery.streams.run import Run
from penstock.delivery.streams.windows import Window, dumped

_FULL_DISK = 60.0  # seconds until an outcome is written again that a full disk did not take


class Ledger:
    """`window` is the tumbling window that is open; it is written with the records that made its state."""

    def __init__(self, run: Run, shard_id: str, checkpoint: Checkpoint) -> None:
        self.run = run
        self.shard_id = shard_id
        self.window = Window.load(checkpoint.window)
        self.stopped = False
        self.waiting = 0  # records that were read and are not done
        self._position = checkpoint.position
        self._progress = Progress()

    def begin(self, record: Record) -> None:
        self._progress.begin(record.sequence)
        self.waiting += 1

    async def finish(self, records: Sequence[Record], discarded: Discarded | None = None) -> None:
        """Writes down that these are done, or were given up; then there is room to read on."""
        if records:
            self._progress.finish([record.sequence for record in records])
            self.waiting -= len(records)
        if self._progress.checkpoint:
            self._position = Position("AFTER_SEQUENCE_NUMBER", self._progress.checkpoint)
        await self._save(discarded)
        self.look()

    async def end(self) -> None:
        """The shard is closed and all of it is done: its children may be read."""
        self._position = FINISHED
        await self._save()

    async def _save(self, discarded: Discarded | None = None) -> None:
        """Until it is on disk; what could not be stored when the mapping is stopped comes again.

        A full disk is often found out by the commit only. While that is waited for others get their turn, however much
        nobody wants.
        """
        while True:
            try:
                with self.run.ctx.clock.work():
                    self._write(discarded)
                    await self.run.ctx.store.committed()
            except PenstockError:
                if self.stopped:
                    return
                await self.pause(_FULL_DISK)
            else:
                return

    def _write(self, discarded: Discarded | None) -> None:
        run, store = self.run, self.run.ctx.store
        with store.savepoint():
            if discarded is not None:
                run.discard(discarded)
            run.checkpoints.save(store, run.name, self.shard_id, Checkpoint(self._position, dumped(self.window)))

    async def pause(self, seconds: float) -> None:
        """Waits for so long, or until there is nothing to wait for."""
        if not self.stopped:
            await self.run.ctx.signals.wait((self, "stop"), seconds)

    async def change(self) -> None:
        """Waits until records are done or a lane has nothing to do."""
        await self.run.ctx.signals.wait((self, "change"))

    def look(self) -> None:
        """There is a change."""
        self.run.ctx.signals.notify((self, "change"))

    def stop(self) -> None:
        """What is under way ends by itself, and nothing follows."""
        self.stopped = True
        signals = self.run.ctx.signals
        signals.notify((self, "stop"))
        signals.notify(self.run.source.signal(self.shard_id))
        self.look()
