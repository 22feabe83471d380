"""Containers with a restart policy: they end and go on, in the same file system."""

import asyncio
import signal
from collections.abc import Callable
from typing import Any

from penstock.compute.containers.model import RestartPolicy, Stop, StopCode

# Says how often it has been started, and ends when it is told to.
COUNT = """
    import os, pathlib, signal, sys
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1, signal.SIGTERM])
    made = pathlib.Path("starts")
    made.write_text((made.read_text() if made.exists() else "") + "x")
    print("start", len(made.read_text()), os.getpid())
    told = signal.sigwait([signal.SIGUSR1, signal.SIGTERM])
    sys.exit({1: 7, 2: 3}[len(made.read_text())] if told == signal.SIGUSR1 else 0)
"""
USER = Stop(StopCode.USER_INITIATED, "Task stopped by user")


async def until(task: Any, holds: Callable[[], bool]) -> None:
    while not holds():
        done, _ = await asyncio.wait([task.ended], timeout=0.02)
        assert not done


def end(task: Any) -> None:
    task._containers["main"]._child.signal(signal.SIGUSR1)


def test_one_that_has_run_for_the_period_is_started_again(lab: Any) -> None:
    async def work() -> None:
        policy = RestartPolicy(ignored=frozenset({3}), period=60.0)
        task = lab.task(lab.python(COUNT, restart=policy))
        await task.start()
        await until(task, lambda: len(lab.lines) == 1)
        await lab.clock.advance(61)
        end(task)
        await until(task, lambda: len(lab.lines) == 2)
        [status] = task.containers
        assert (status.restarts, status.exit_code, str(status.state)) == (1, None, "RUNNING")
        await lab.clock.advance(61)
        end(task)
        assert (await task.ended).code is StopCode.ESSENTIAL_CONTAINER_EXITED
        assert (task.containers[0].exit_code, task.containers[0].restarts) == (3, 1)

    lab.run(work)
    assert [line.split()[:2] for line in lab.lines] == [["start", "1"], ["start", "2"]]
    assert len({line.split()[2] for line in lab.lines}) == 2


def test_one_that_ends_before_the_period_is_left_as_it_is(lab: Any) -> None:
    async def work() -> None:
        task = lab.task(lab.python("raise SystemExit(9)", restart=RestartPolicy()))
        await task.start()
        await task.ended
        assert (task.containers[0].exit_code, task.containers[0].restarts) == (9, 0)

    lab.run(work)


def test_a_task_that_is_stopped_restarts_nothing(lab: Any) -> None:
    async def work() -> None:
        task = lab.task(lab.python(COUNT, restart=RestartPolicy(period=0.0)))
        await task.start()
        await until(task, lambda: len(lab.lines) == 1)
        await task.stop(USER)
        assert (task.containers[0].exit_code, task.containers[0].restarts) == (0, 0)

    lab.run(work)
