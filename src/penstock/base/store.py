"""One SQLite file, one transaction per turn of the event loop.

Every operation that arrives in one turn writes into the same transaction, each inside its own savepoint; the
transaction is committed at the end of the turn and only then do the replies leave. With synchronous=NORMAL in WAL
mode a commit survives the end of the process (`kill -9`); FULL also survives loss of power.
Source: https://www.sqlite.org/wal.html, https://www.sqlite.org/pragma.html#pragma_synchronous
"""

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from penstock.base.errors import PenstockError

Row = tuple[Any, ...]
Settled = Callable[[Exception | None], None]
# What is called when a transaction has ended: on success (True), on failure (False), or with its error (None).
Hook = tuple[bool | None, Callable[..., object]]

# Frames of the write-ahead log (4 KiB each) after which a thread moves it into the database file.
_CHECKPOINT_FRAMES = 4096

# What SQLite says when the disk, and not the statement, is in the way.
_DISK = ("full", "disk I/O error", "readonly database")


class StoreFull(PenstockError):
    """The disk is full: the write was rolled back, what was acknowledged before is intact."""


class Store:
    def __init__(self, path: Path | None = None, synchronous: str = "NORMAL") -> None:
        self.path = path
        self._db = _connect(path)
        self._execute = self._db.execute
        if path is not None:
            self._execute("PRAGMA journal_mode=WAL")
            self._execute("PRAGMA wal_autocheckpoint=0")
            self._execute(f"PRAGMA synchronous={synchronous}")
        self._open = False
        self._levels = 0  # savepoints asked for
        self._saved = 0  # savepoints that SQLite knows; they are made at the first write inside
        self._hooks: list[Hook] = []
        self._commits = 0
        self._checkpointing = False

    # -- reads and writes ------------------------------------------------------------------------

    def one(self, sql: str, *params: Any) -> Row | None:
        row: Row | None = self._execute(sql, params).fetchone()
        return row

    def all(self, sql: str, *params: Any) -> list[Row]:
        return self._execute(sql, params).fetchall()

    def each(self, sql: str, *params: Any) -> Iterator[Row]:
        """Rows one by one; do not write or await while reading them."""
        return self._execute(sql, params)

    def run(self, sql: str, *params: Any) -> int:
        """Executes a write; the number of rows it touched."""
        if not self._open or self._saved < self._levels:
            self._begin()
        try:
            return self._execute(sql, params).rowcount
        except sqlite3.OperationalError as error:
            raise _translate(error) from None

    def single(self, sql: str, *params: Any) -> int:
        """As `run`, for the one write of an operation after which nothing can fail: a statement is atomic by itself,
        so it needs no savepoint. Where one is open further out (a batch), it is used."""
        if not self._open or self._saved < self._levels - 1:
            self._begin(1)
        try:
            return self._execute(sql, params).rowcount
        except sqlite3.OperationalError as error:
            raise _translate(error) from None

    def insert(self, sql: str, *params: Any) -> int:
        """Executes an INSERT; the row id it made."""
        if not self._open or self._saved < self._levels:
            self._begin()
        try:
            return self._execute(sql, params).lastrowid or 0
        except sqlite3.OperationalError as error:
            raise _translate(error) from None

    def returning(self, sql: str, *params: Any) -> list[Row]:
        """Executes a write with a RETURNING clause; what it returned."""
        if not self._open or self._saved < self._levels:
            self._begin()
        try:
            return self._execute(sql, params).fetchall()
        except sqlite3.OperationalError as error:
            raise _translate(error) from None

    def many(self, sql: str, rows: Iterable[Iterable[Any]]) -> int:
        if not self._open or self._saved < self._levels:
            self._begin()
        try:
            return self._db.executemany(sql, rows).rowcount  # type: ignore[arg-type]
        except sqlite3.OperationalError as error:
            raise _translate(error) from None

    def create(self, schema: Iterable[str]) -> None:
        """Runs DDL statements, which are to be idempotent."""
        for statement in schema:
            self._execute(statement)

    # -- transactions ----------------------------------------------------------------------------

    def savepoint(self) -> "Savepoint":
        """A block whose writes are undone together when an exception leaves it."""
        return Savepoint(self)

    def after_commit(self, callback: Callable[[], object]) -> None:
        """Runs `callback` once what was written so far is durable; at once where nothing is open."""
        if self._open:
            self._hooks.append((True, callback))
        else:
            callback()

    def after_rollback(self, callback: Callable[[], object]) -> None:
        """Runs `callback` if what is being written is undone: for memory that mirrors rows."""
        self._hooks.append((False, callback))
        if not self._open:
            self._begin()

    def when_settled(self, callback: Settled) -> None:
        """Runs `callback(error or None)` when the open transaction has ended; at once where none is open."""
        if self._open:
            self._hooks.append((None, callback))
        else:
            callback(None)

    @property
    def open(self) -> bool:
        return self._open

    async def committed(self) -> None:
        """Waits until what was written so far is durable; raises what the commit raised."""
        if not self._open:
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._hooks.append((None, lambda error: _resolve(done, error)))
        await done

    def commit(self) -> None:
        """Ends the open transaction now; the loop calls it at the end of each turn that wrote."""
        if not self._open:
            return
        try:
            self._execute("COMMIT")
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._execute("ROLLBACK")
            self._settle(_translate(error))
        else:
            self._settle(None)
            self._commits += 1
            if self._commits % 256 == 0 and not self._checkpointing:
                self._checkpoint_if_due()

    def close(self) -> None:
        self.commit()
        self._db.close()

    def _begin(self, unsaved: int = 0) -> None:
        if not self._open:
            try:
                self._execute("BEGIN IMMEDIATE")
            except sqlite3.Error as error:
                raise _translate(error) from error
            self._open = True
            with contextlib.suppress(RuntimeError):  # without a loop the caller commits
                asyncio.get_running_loop().call_soon(self.commit)
        while self._saved < self._levels - unsaved:
            self._execute(f"SAVEPOINT s{self._saved}")
            self._saved += 1

    def _rollback_to(self, level: int, hooks: int) -> None:
        undone, self._hooks[hooks:] = self._hooks[hooks:], []
        if self._open and not self._db.in_transaction:
            # SQLite ended the whole transaction by itself (a full disk, an I/O error): everybody in it has failed.
            self._saved = 0
            self._settle(StoreFull("the write could not be stored and was rolled back"))
        elif self._saved > level:
            self._execute(f"ROLLBACK TO s{level}")
            self._execute(f"RELEASE s{level}")
            self._saved = level
        _call(undone, PenstockError("rolled back"))

    def _settle(self, error: Exception | None) -> None:
        self._open = False
        hooks, self._hooks = self._hooks, []
        _call(hooks, error)

    # -- moving the log into the file --------------------------------------------------------------

    def _checkpoint_if_due(self) -> None:
        if self.path is None:
            return
        log = self.path.with_name(self.path.name + "-wal")
        with contextlib.suppress(FileNotFoundError, RuntimeError):
            if log.stat().st_size > _CHECKPOINT_FRAMES * 4096:
                self._checkpointing = True
                loop = asyncio.get_running_loop()
                threading.Thread(target=self._checkpoint, args=(loop,), daemon=True).start()

    def _checkpoint(self, loop: asyncio.AbstractEventLoop) -> None:
        """The bulk is moved beside the loop, the few frames written meanwhile on it, so that the log can restart."""
        try:
            with contextlib.closing(_connect(self.path)) as db:
                db.execute("PRAGMA wal_checkpoint(PASSIVE)")
        finally:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._checkpoint_rest)

    def _checkpoint_rest(self) -> None:
        self._checkpointing = False
        if not self._open:
            with contextlib.suppress(sqlite3.Error):
                self._execute("PRAGMA wal_checkpoint(PASSIVE)")


class Savepoint:
    """What `Store.savepoint` returns. SQLite learns of it at the first write inside: one that only reads is free."""

    __slots__ = ("_hooks", "_level", "_store")

    def __init__(self, store: Store) -> None:
        self._store = store

    def __enter__(self) -> None:
        store = self._store
        self._level, self._hooks = store._levels, len(store._hooks)
        store._levels += 1

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        store, level = self._store, self._level
        if kind is not None:
            store._rollback_to(level, self._hooks)
        elif store._saved > level:
            store._execute(f"RELEASE s{level}")
            store._saved = level
        store._levels = level


def _connect(path: Path | None) -> sqlite3.Connection:
    if path is not None:
        with contextlib.suppress(OSError):  # SQLite says what is wrong with it
            path.touch(mode=0o600)
            path.chmod(0o600)  # secrets are in it; its log and index take the same
    return sqlite3.connect(
        path or ":memory:", isolation_level=None, cached_statements=1024, check_same_thread=False, timeout=5.0
    )


def _translate(error: sqlite3.Error) -> Exception:
    if any(trouble in str(error) for trouble in _DISK):
        return StoreFull(f"nothing more can be stored: {error}")
    return error


def _call(hooks: list[Hook], error: Exception | None) -> None:
    """What failed is undone from the last change to the first."""
    done = error is None
    for wanted, callback in hooks if done else reversed(hooks):
        if wanted is None:
            callback(error)
        elif wanted is done:
            callback()


def _resolve(future: "asyncio.Future[None]", error: Exception | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)
