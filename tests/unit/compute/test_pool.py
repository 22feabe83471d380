"""Which environment takes an invocation."""

import asyncio
import os
from typing import Any

import pytest

from penstock.compute.functions.model import Throttled
from penstock.compute.functions.pool import Limits

PID = "import os\ndef handler(event, context): return os.getpid()"
# Ends when as many environments as the event says have arrived in the directory.
MEETS = """
import os, pathlib, time
def handler(event, context):
    (pathlib.Path("meeting") / str(os.getpid())).touch()
    while len(os.listdir("meeting")) < event: time.sleep(0.001)
    return os.getpid()
"""
# Ends when the file named by the event exists: a function that is busy for as long as the test wants.
WAITS = """
import os, time
def handler(event, context):
    while not os.path.exists(event): time.sleep(0.001)
    return os.getpid()
"""


def test_an_idle_environment_is_used_again(lab: Any) -> None:
    spec = lab.function(PID)

    async def five() -> set[bytes]:
        return {(await lab.invoke(spec)).payload for _ in range(5)}

    assert len(lab.run(five)) == 1


def test_busy_environments_make_it_grow(lab: Any) -> None:
    spec = lab.function(MEETS, timeout=30.0)
    (lab.directory / "meeting").mkdir()

    async def three() -> set[bytes]:
        return {result.payload for result in await asyncio.gather(*(lab.invoke(spec, 3) for _ in range(3)))}

    assert len(lab.run(three, Limits(processes=1))) == 3


def test_beyond_the_soft_limit_invocations_share(lab: Any) -> None:
    spec = lab.function(PID)

    async def many() -> set[bytes]:
        return {result.payload for result in await asyncio.gather(*(lab.invoke(spec) for _ in range(40)))}

    assert len(lab.run(many, Limits(processes=2, patience=30.0))) <= 2


def test_waiting_ends_with_patience(lab: Any) -> None:
    """Functions that wait for each other cannot lock the pool."""
    spec, gate = lab.function(WAITS, timeout=30.0), lab.directory / "go"

    async def one_opens_for_the_other() -> bytes:
        blocked = asyncio.ensure_future(lab.invoke(spec, str(gate)))
        (lab.directory / "open").touch()
        await lab.invoke(spec, str(lab.directory / "open"))
        gate.touch()
        return (await blocked).payload  # type: ignore[no-any-return]

    assert int(lab.run(one_opens_for_the_other, Limits(processes=1, patience=0.01)))


def test_reserved_concurrency_throttles(lab: Any) -> None:
    spec, gate = lab.function(WAITS, timeout=30.0, reserved_concurrency=1), lab.directory / "go"

    async def second() -> str:
        first = asyncio.ensure_future(lab.invoke(spec, str(gate)))
        await asyncio.sleep(0)
        with pytest.raises(Throttled) as caught:
            await lab.invoke(spec, str(gate))
        gate.touch()
        await first
        await lab.invoke(spec, str(gate))
        return caught.value.reason

    assert lab.run(second) == "ReservedFunctionConcurrentInvocationLimitExceeded"


def test_account_concurrency_throttles(lab: Any) -> None:
    spec = lab.function(PID)

    async def none() -> str:
        with pytest.raises(Throttled) as caught:
            await lab.invoke(spec)
        return caught.value.reason

    assert lab.run(none, Limits(concurrency=0)) == "ConcurrentInvocationLimitExceeded"


def test_another_revision_gets_another_environment(lab: Any) -> None:
    old = lab.function(PID)
    new = lab.function(revision="2", environment={"A": "1"})

    async def both() -> tuple[bytes, bytes, int]:
        return (await lab.invoke(old)).payload, (await lab.invoke(new)).payload, lab.pool.concurrency(old.arn)

    before, after, running = lab.run(both)
    assert (before != after, running) == (True, 0)


def test_live_code_is_picked_up_on_the_next_invocation(lab: Any) -> None:
    spec = lab.function("x = 1", live=True)

    async def edited() -> list[bytes]:
        found = []
        for word in ("first", "other", "third"):  # of one size, within one second
            lab.function(f"def handler(event, context): return '{word}'")
            found.append((await lab.invoke(spec)).payload)
        return found

    assert lab.run(edited) == [b'"first"', b'"other"', b'"third"']


def test_code_that_is_not_live_stays_as_it_was(lab: Any) -> None:
    spec = lab.function("def handler(event, context): return 'before'")

    async def edited() -> bytes:
        await lab.invoke(spec)
        lab.function("def handler(event, context): return 'after'")
        return (await lab.invoke(spec)).payload  # type: ignore[no-any-return]

    assert lab.run(edited) == b'"before"'


def test_idle_environments_are_retired(lab: Any) -> None:
    spec = lab.function(PID)

    async def until_gone() -> bool:
        process = os.pidfd_open(int((await lab.invoke(spec)).payload))
        gone = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().add_reader(process, lambda: gone.done() or gone.set_result(None))
        await asyncio.wait_for(gone, 10)
        os.close(process)
        return gone.done()

    assert lab.run(until_gone, Limits(idle=0.05))


def test_retire_lets_go_of_a_function(lab: Any) -> None:
    spec = lab.function(PID)

    async def both() -> set[bytes]:
        first = (await lab.invoke(spec)).payload
        lab.pool.retire(spec.arn)
        return {first, (await lab.invoke(spec)).payload}

    assert len(lab.run(both)) == 2
