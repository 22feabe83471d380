"""A stream mapping: a reader for each shard that there is something to read in, parents before their children.

New shards come from old ones that were closed, so they are looked for when the end of a shard was reached. A stream
that is not there is waited for; what is made anew under its name is read from where the mapping was to start.
"""

import asyncio
import contextlib

from penstock.base.errors import AwsError, PenstockError
from penstock.call import Context
from penstock.delivery.mappings import problem
from penstock.delivery.streams.attempts import pause
from penstock.delivery.streams.checkpoints import Checkpoint, Turns
from penstock.delivery.streams.model import FINISHED, TRIM_HORIZON, Position, Shard
from penstock.delivery.streams.run import Run
from penstock.delivery.streams.shard import GONE, ShardReader

_AGAIN = 1.0  # seconds until a shard is read again that was not there though it is listed


class StreamMapping:
    def __init__(self, run: Run) -> None:
        self._run = run
        self._ctx: Context = run.ctx
        self._readers: dict[str, ShardReader] = {}  # by shard
        self._tasks: set[asyncio.Task[None]] = set()
        self._over: asyncio.Future[None] | None = None
        self._taken: dict[str, str] = {}  # iterators by shard, of where the mapping began

    @property
    def trouble(self) -> str:
        """Why nothing can be read."""
        return self._run.trouble

    @property
    def result(self) -> str:
        """AWS's LastProcessingResult."""
        return self._run.trouble or self._run.result

    def start(self) -> None:
        """Notes at once where a new mapping begins, so that nothing is missed that comes after it."""
        with contextlib.suppress(AwsError):  # which is met again, and told, when it is read
            self._place()
        self._ctx.spawn(self._work(), self._run.name)

    def stop(self) -> None:
        """Reads no more. Batches under way end by themselves, and are written down; nothing is tried again."""
        self._run.stopped = True
        self._end(None)
        self._ctx.signals.notify(self._run.signal)

    async def _work(self) -> None:
        async with self._ctx.kernel.shared(Turns).of[self._run.name]:
            failures = 0
            while not self._run.stopped:
                try:
                    await self._follow()
                except (AwsError, PenstockError) as error:
                    self._run.trouble = problem(error)
                    failures += 1
                    await self._wait_for_stream(error, failures)

    async def _wait_for_stream(self, error: AwsError | PenstockError, failures: int) -> None:
        if self._run.stopped:
            return
        if isinstance(error, AwsError) and error.code == GONE:
            with contextlib.suppress(PenstockError):  # a full disk: it is still gone when it is looked for again
                self._run.checkpoints.forget(self._ctx.store, self._run.name)
                await self._ctx.signals.wait(self._run.signal)
                return
        await self._ctx.signals.wait(self._run.signal, pause(failures))

    async def _follow(self) -> None:
        """Reads until stopped. Raises AwsError where the stream cannot be read, PenstockError where nothing can be
        stored."""
        self._over = asyncio.get_running_loop().create_future()
        try:
            self._place()
            self._begin()
            await self._over
        finally:
            for reader in self._readers.values():
                reader.stop()
            if self._tasks:
                with self._ctx.clock.work():
                    await asyncio.wait(self._tasks)

    def _end(self, error: AwsError | PenstockError | None) -> None:
        if self._over is None or self._over.done():
            return
        if error is None:
            self._over.set_result(None)
        else:
            self._over.set_exception(error)

    def _place(self) -> None:
        """Makes the first checkpoints of a mapping."""
        run, store = self._run, self._ctx.store
        if run.checkpoints.load(store, run.name):
            return
        positions = {shard.id: self._start_of(shard) for shard in run.source.shards()}
        self._taken = {
            id: run.source.iterator(id, Position("LATEST"))
            for id, position in positions.items()
            if position.kind == "LATEST"
        }
        with store.savepoint():
            run.checkpoints.begin(store, run.name, positions.items())

    def _start_of(self, shard: Shard) -> Position:
        """Where a shard is read from that there was when the mapping began."""
        start = self._run.settings.start
        if start.kind != "LATEST":
            return start
        now = int(self._ctx.clock.now() * 1000) / 1000  # records bear milliseconds
        return FINISHED if shard.closed else Position("LATEST", str(now))

    def _begin(self) -> None:
        """Starts a reader for each shard that has none and whose parents are finished. Raises as `_follow`."""
        run, store = self._run, self._ctx.store
        shards = {shard.id: shard for shard in run.source.shards()}
        known = run.checkpoints.load(store, run.name)
        added = {id: TRIM_HORIZON for id in shards if id not in known}
        with store.savepoint():
            run.checkpoints.begin(store, run.name, added.items())
            run.checkpoints.drop(store, run.name, known.keys() - shards.keys())
            store.after_rollback(lambda: self._end(PenstockError("where reading begins could not be stored")))
        known |= {id: Checkpoint(position) for id, position in added.items()}
        for shard in shards.values():
            is_next = all(parent not in shards or _is_finished(known[parent]) for parent in shard.parents)
            if is_next and shard.id not in self._readers and not _is_finished(known[shard.id]):
                self._start(ShardReader(run, shard.id, known[shard.id], self._taken.pop(shard.id, "")))

    def _start(self, reader: ShardReader) -> None:
        self._readers[reader.shard_id] = reader
        task = self._ctx.spawn(self._read(reader), f"{self._run.name} {reader.shard_id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _read(self, reader: ShardReader) -> None:
        """Reads a shard, and goes on with those that come after it."""
        error = await reader.work()
        try:
            if error is not None and not self._run.stopped:
                self._run.source.shards()
                await self._ctx.signals.wait(self._run.signal, _AGAIN)
            del self._readers[reader.shard_id]
            if self._over is not None and not self._over.done():
                self._begin()
        except (AwsError, PenstockError) as trouble:
            self._readers.pop(reader.shard_id, None)
            self._end(trouble)


def _is_finished(checkpoint: Checkpoint) -> bool:
    return checkpoint.position == FINISHED
