"""What the table of services says of each before its code is loaded is what the code says."""

import re

import pytest

from penstock.base.clock import Clock
from penstock.base.store import Store
from penstock.call import Config, Kernel, Room
from penstock.services import SERVICES


@pytest.mark.parametrize("room", SERVICES, ids=lambda room: room.name)
def test_a_room_is_what_its_service_is(room: Room) -> None:
    service = room.load()
    assert (room.name, room.signs_as, set(room.places)) == (service.name, service.signs_as, set(service.places))
    for name in service.types:
        assert name in room.types or f"{name.rpartition('::')[0]}::" in room.types
    for name in room.types:
        assert any(kind.startswith(name) for kind in service.types)


@pytest.mark.parametrize("room", SERVICES, ids=lambda room: room.name)
def test_its_tables_say_whose_they_are(room: Room) -> None:
    tables = re.findall(r"CREATE (?:VIRTUAL )?TABLE IF NOT EXISTS (\w+)", " ".join(room.load().schema))
    assert [table for table in tables if not table.startswith(room.name)] == []


def test_a_service_comes_to_work_when_it_is_asked_for_and_is_there_again_after_a_restart() -> None:
    store = Store()
    kernel = Kernel(Config(), store, Clock(), SERVICES)
    assert not any(kernel.at_work(room.name) for room in SERVICES)
    kernel.states["sqs"]
    assert [room.name for room in SERVICES if kernel.at_work(room.name)] == ["sqs"]
    again = Kernel(Config(), store, Clock(), SERVICES)
    assert [room.name for room in SERVICES if again.at_work(room.name)] == ["sqs"]


def test_tables_outlive_the_request_that_made_them_and_failed() -> None:
    store = Store()
    kernel = Kernel(Config(), store, Clock(), SERVICES)
    with pytest.raises(ZeroDivisionError), store.savepoint():
        store.run("INSERT INTO penstock_meta VALUES ('x', 1)")
        kernel.service("sqs")
        raise ZeroDivisionError
    assert store.one("SELECT count(*) FROM sqs_queues") == (0,)
    assert store.one("SELECT 1 FROM penstock_meta WHERE name = 'x'") is None
