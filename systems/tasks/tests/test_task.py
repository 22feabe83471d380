"""The domain by itself: what commands make, what events add up to, and what becomes of two who write at once."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.commands import Command, CreateTask, DeleteTask, UpdateTask
from domain.desk import Conflict, TaskDesk
from domain.events import Recorded, TaskUpdated, event_of, payload
from domain.search import words
from domain.task import Aggregate, AlreadyExists, NotFound, Task, evolve, replay
from functions.common.documents import event_document, recorded_of, task_document, task_of

T0 = datetime(2026, 11, 21, 10, tzinfo=UTC)
CREATE = CreateTask("c1", "t", "Milk", "two litres")


class Memory:
    """An event log that takes each place once. `rivals` are commands of others that always come first."""

    def __init__(self, rivals: Sequence[Command] = ()) -> None:
        self.events: list[Recorded] = []
        self.rivals = list(rivals)

    def load(self, task_id: str) -> Aggregate:
        return replay(Aggregate(task_id), self.events)

    def append(self, events: Sequence[Recorded], after: Aggregate) -> None:
        if self.rivals:
            rival = self.rivals.pop(0)
            others, self.rivals = self.rivals, []
            TaskDesk(self, lambda: T0).execute(rival, {})
            self.rivals = others
        if events[0].sequence != len(self.events) + 1:
            raise Conflict
        self.events += events


def after(*commands: Command, log: Memory | None = None) -> Aggregate:
    moments = (T0 + timedelta(seconds=second) for second in range(100))
    desk = TaskDesk(log or Memory(), lambda: next(moments))
    return [desk.execute(command, {}) for command in commands][-1]


def test_a_task_from_creation_to_deletion() -> None:
    created = after(CREATE)
    assert created.task == Task("t", T0, T0, "Milk", "two litres")
    updated = after(CREATE, UpdateTask("c2", "t", done=True))
    assert updated.task == Task("t", T0, T0 + timedelta(seconds=1), "Milk", "two litres", done=True)
    deleted = after(CREATE, UpdateTask("c2", "t", done=True), DeleteTask("c3", "t"))
    assert deleted.task is not None and deleted.task.deleted
    assert (deleted.sequence, deleted.command_id) == (3, "c3")


@pytest.mark.parametrize(
    ("commands", "error"),
    [
        ([UpdateTask("c", "t", name="x")], NotFound),
        ([DeleteTask("c", "t")], NotFound),
        ([CREATE, CREATE], AlreadyExists),
        ([CREATE, DeleteTask("c", "t"), DeleteTask("c", "t")], NotFound),
        ([CREATE, DeleteTask("c", "t"), CREATE], AlreadyExists),
    ],
)
def test_what_cannot_be(commands: list[Command], error: type[Exception]) -> None:
    with pytest.raises(error):
        after(*commands)


def test_who_comes_second_decides_again_on_what_is_new() -> None:
    log = Memory()
    after(CREATE, log=log)
    log.rivals = [UpdateTask("r1", "t", summary="one"), UpdateTask("r2", "t", name="Oat milk")]
    mine = after(UpdateTask("c2", "t", done=True), log=log)
    assert mine.task is not None
    assert (mine.task.name, mine.task.summary, mine.task.done) == ("Oat milk", "one", True)
    assert [(event.sequence, event.command_id) for event in log.events] == [(1, "c1"), (2, "r1"), (3, "r2"), (4, "c2")]


def test_a_rival_may_take_the_ground_away() -> None:
    log = Memory()
    after(CREATE, log=log)
    log.rivals = [DeleteTask("r1", "t")]
    with pytest.raises(NotFound):
        after(UpdateTask("c2", "t", done=True), log=log)


def test_a_log_with_a_gap_is_no_log() -> None:
    [created] = events_of(CREATE)
    with pytest.raises(ValueError, match="after event 0 comes 2"):
        evolve(Aggregate("t"), Recorded("t", 2, "c", T0, created.event, {}))


def events_of(*commands: Command) -> list[Recorded]:
    log = Memory()
    after(*commands, log=log)
    return log.events


texts = st.text(st.characters(codec="utf-8"), max_size=30)
updates = st.builds(
    UpdateTask, st.just("u"), st.just("t"), st.none() | texts, st.none() | texts, st.none() | st.booleans()
)


@given(st.lists(updates, max_size=8), st.integers(0, 8))
def test_a_snapshot_and_the_rest_are_as_good_as_the_whole(changes: list[UpdateTask], cut: int) -> None:
    history = events_of(CREATE, *changes)
    cut = min(cut, len(history))
    assert replay(replay(Aggregate("t"), history[:cut]), history[cut:]) == replay(Aggregate("t"), history)


@given(st.lists(updates, min_size=1, max_size=5))
def test_documents_say_what_the_events_and_the_task_say(changes: list[UpdateTask]) -> None:
    history = events_of(CREATE, *changes)
    assert [recorded_of(event_document(each)) for each in history] == history
    task = replay(Aggregate("t"), history).task
    assert task is not None
    assert task_of(task_document(task)) == task


def test_an_event_says_only_what_changed() -> None:
    event = TaskUpdated(summary="less")
    assert payload(event) == {"summary": "less"}
    assert event_of("Task:Updated", "1.0", {"summary": "less"}) == event
    with pytest.raises(ValueError, match=r"Task:Updated 2\.0"):
        event_of("Task:Updated", "2.0", {})


@pytest.mark.parametrize(
    ("text", "found"),
    [("Buy MILK, milk!", {"buy", "milk"}), ("Größe 5-XL", {"grösse", "5", "xl"}), ("…", set())],
)
def test_words(text: str, found: set[str]) -> None:
    assert words(text) == found


def test_the_index_holds_so_many_words_of_a_task_and_no_more() -> None:
    text: Any = " ".join(str(number) for number in range(1000))
    assert words(text) == {str(number) for number in range(200)}
