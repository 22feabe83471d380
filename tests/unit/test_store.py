"""The store: what one turn of the loop writes is durable together, or not at all."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from penstock.base.errors import PenstockError
from penstock.base.store import Store, StoreFull

SCHEMA = ["CREATE TABLE IF NOT EXISTS t (k TEXT PRIMARY KEY)"]


def rows_on_disk(path: Path) -> list[str]:
    db = sqlite3.connect(path)
    try:
        return [row[0] for row in db.execute("SELECT k FROM t ORDER BY k")]
    finally:
        db.close()


def test_a_turn_is_committed_at_its_end(tmp_path: Path) -> None:
    async def main() -> None:
        store = Store(tmp_path / "s.db")
        store.create(SCHEMA)
        store.run("INSERT INTO t VALUES ('a')")
        assert rows_on_disk(tmp_path / "s.db") == []
        await asyncio.sleep(0)
        assert rows_on_disk(tmp_path / "s.db") == ["a"]

    asyncio.run(main())


def test_a_failed_savepoint_undoes_itself_alone_and_tells_its_mirrors() -> None:
    store, told = Store(), []
    store.create(SCHEMA)
    with store.savepoint():
        store.run("INSERT INTO t VALUES ('kept')")
        store.after_rollback(lambda: told.append("kept"))
        store.after_commit(lambda: told.append("committed"))
    with pytest.raises(ValueError), store.savepoint():
        store.run("INSERT INTO t VALUES ('undone')")
        store.after_rollback(lambda: told.append("undone"))
        store.after_commit(lambda: told.append("never"))
        raise ValueError
    store.commit()
    assert store.all("SELECT k FROM t") == [("kept",)]
    assert told == ["undone", "committed"]


def test_nested_savepoints_are_undone_from_the_inside() -> None:
    store = Store()
    store.create(SCHEMA)
    with store.savepoint():
        store.run("INSERT INTO t VALUES ('outer')")
        with pytest.raises(ValueError), store.savepoint(), store.savepoint():
            store.run("INSERT INTO t VALUES ('inner')")
            raise ValueError
        store.run("INSERT INTO t VALUES ('outer 2')")
    store.commit()
    assert store.all("SELECT k FROM t ORDER BY k") == [("outer",), ("outer 2",)]


def test_a_read_only_savepoint_opens_no_transaction() -> None:
    store = Store()
    store.create(SCHEMA)
    with store.savepoint():
        assert store.one("SELECT k FROM t") is None
    assert not store.open


def test_replies_wait_for_the_commit_and_learn_of_its_failure() -> None:
    store, outcomes = Store(), []
    store.create(["CREATE TABLE p (k INTEGER PRIMARY KEY)"])
    store.create(["CREATE TABLE c (p INTEGER REFERENCES p(k) DEFERRABLE INITIALLY DEFERRED)"])
    store.one("PRAGMA foreign_keys=ON")
    store.run("INSERT INTO c VALUES (7)")  # violated only at COMMIT
    store.when_settled(outcomes.append)
    assert outcomes == []
    store.commit()
    assert [type(outcome) for outcome in outcomes] == [sqlite3.IntegrityError]
    assert store.all("SELECT p FROM c") == []
    store.when_settled(outcomes.append)
    assert outcomes[-1] is None


def test_a_full_disk_is_said_in_a_sentence_and_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    async def main() -> None:
        store = Store(tmp_path / "s.db")
        store.create(["CREATE TABLE t (k TEXT)"])
        store.run("INSERT INTO t VALUES ('acknowledged')")
        await store.committed()
        pages = store.one("PRAGMA page_count")
        assert pages is not None
        store.one(f"PRAGMA max_page_count={pages[0]}")
        store.run("INSERT INTO t VALUES ('in the same turn')")
        same_turn = asyncio.ensure_future(store.committed())
        await asyncio.sleep(0)
        with pytest.raises((sqlite3.OperationalError, PenstockError)), store.savepoint():
            store.run("INSERT INTO t VALUES (?)", "x" * 100_000)
        assert await asyncio.gather(same_turn, return_exceptions=True) in ([None], [StoreFull])
        store.one("PRAGMA max_page_count=1000000")
        assert ("acknowledged",) in store.all("SELECT k FROM t")
        store.run("INSERT INTO t VALUES ('after')")
        await store.committed()
        store.close()
        assert "after" in rows_on_disk(tmp_path / "s.db")

    asyncio.run(main())
