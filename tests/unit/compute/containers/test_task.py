"""Tasks: order, essential containers, health, ends. Real processes, real time only where it must pass."""

import asyncio
from typing import Any

import pytest

from penstock.compute.containers.model import (
    Condition,
    ContainerSpec,
    ContainerState,
    Health,
    HealthCheck,
    ImageSource,
    Mount,
    Stop,
    StopCode,
)
from penstock.compute.containers.task import Task

WAIT = "import signal; signal.sigwait([signal.SIGTERM])"
USER = Stop(StopCode.USER_INITIATED, "Task stopped by user")
ESSENTIAL = Stop(StopCode.ESSENTIAL_CONTAINER_EXITED, "Essential container in task exited")


def status(task: Task, name: str = "main") -> Any:
    return next(status for status in task.containers if status.name == name)


async def healthy(lab: Any, task: Task, name: str = "main", health: Health = Health.HEALTHY) -> None:
    async with asyncio.timeout(20):
        await task._containers[name].until(lambda status: status.health is health)


def test_a_container_logs_and_its_exit_code_ends_the_task(lab: Any) -> None:
    async def work() -> Stop:
        task = lab.task(lab.python("import sys; print('hello'); print('no', file=sys.stderr); sys.exit(3)"))
        assert await task.start()
        stop = await task.ended
        assert status(task).exit_code == 3
        assert status(task).pid is None
        assert status(task).started_at <= status(task).finished_at
        return stop

    assert lab.run(work) == ESSENTIAL
    assert sorted(lab.lines) == ["hello", "no"]
    assert [state for _, state, _ in lab.changes] == ["RUNNING", "STOPPED"]
    assert lab.stopping == [ESSENTIAL]


def test_log_lines_carry_the_virtual_time(lab: Any) -> None:
    async def work() -> None:
        lab.clock.offset = 86400.0
        task = lab.task(lab.python("print('hello')"))
        await task.start()
        await task.ended
        assert abs(lab.events[0][1].at - lab.clock.now()) < 60

    lab.run(work)


def test_a_line_that_does_not_end_is_handed_on_in_pieces(lab: Any) -> None:
    code = "import sys; sys.stdout.write('x' * 99 + '\\n'); sys.stdout.write('y' * 9_999_900)"

    async def work() -> list[int]:
        task = lab.task(lab.python(code))
        await task.start()
        await task.ended
        return [len(line) for line in lab.lines]

    lengths = lab.run(work)
    assert sum(lengths) == 9_999_999
    assert lengths[0] == 99
    assert max(lengths) < 512 * 1024


def test_variables_secrets_and_the_hosts_own(lab: Any) -> None:
    code = (
        "import os; print(*(os.environ.get(n) for n in ('PLAIN', 'SECRET', 'AWS_REGION', 'PYTHONPATH', 'AWS_PROFILE')))"
    )
    lab.added = {"AWS_REGION": "eu-west-1", "PYTHONPATH": "/hook"}

    async def work() -> None:
        environment = {"PLAIN": "1", "AWS_REGION": "us-east-1", "PYTHONPATH": "/mine"}
        container = lab.python(code, environment=environment, secrets={"SECRET": "2"})
        assert "'2'" not in repr(container)
        task = lab.task(container)
        await task.start()
        await task.ended

    lab.run(work)
    assert lab.lines == ["1 2 eu-west-1 /hook:/mine None"]


def test_the_end_of_an_essential_container_stops_the_others(lab: Any) -> None:
    async def work() -> None:
        task = lab.task(lab.python("", "done"), lab.python(WAIT, "side", essential=False))
        await task.start()
        assert await task.ended == ESSENTIAL
        assert status(task, "side").exit_code in (0, 143)
        assert status(task, "side").state is ContainerState.STOPPED

    lab.run(work)


def test_the_end_of_another_container_stops_nothing(lab: Any) -> None:
    async def work() -> None:
        task = lab.task(lab.python(WAIT), lab.python("", "side", essential=False))
        await task.start()
        await task._containers["side"].until(lambda status: status.state is ContainerState.STOPPED)
        assert not task.ended.done()
        assert status(task).state is ContainerState.RUNNING
        await task.stop(USER)
        assert task.ended.result() == USER

    lab.run(work)
    assert lab.stopping == []  # only what a task does by itself is told


def test_a_signal_that_is_ignored_is_followed_by_sigkill(lab: Any) -> None:
    code = """
        import signal
        signal.signal(signal.SIGTERM, lambda *a: print("later"))
        print("up")
        while True:
            signal.pause()
    """

    async def work() -> None:
        task = lab.task(lab.python(code, stop_timeout=0.2))
        await task.start()
        while "up" not in lab.lines:
            await asyncio.wait([task.ended], timeout=0.02)
        await task.stop(USER)
        assert status(task).exit_code == 137

    lab.run(work)
    assert "later" in lab.lines


def test_the_images_own_stop_signal_is_sent(lab: Any) -> None:
    files = {"main.py": "import signal, sys\nprint('up', flush=True)\nsys.exit(40 + signal.sigwait([signal.SIGINT]))"}
    dockerfile = 'FROM python:3\nWORKDIR /app\nCOPY . .\nSTOPSIGNAL INT\nCMD ["python", "main.py"]'
    source = lab.source(dockerfile, files)

    async def work() -> None:
        task = lab.task(ContainerSpec(name="main", image=source))
        await task.start()
        while "up" not in lab.lines:
            await asyncio.wait([task.ended], timeout=0.02)
        await task.stop(USER)
        assert status(task).exit_code in (42, 130)  # whichever was first: the handler, or sigwait

    lab.run(work)


def test_a_container_waits_until_another_is_healthy(lab: Any) -> None:
    check = HealthCheck(command=("CMD-SHELL", "test -e ready"))
    first = lab.python(
        f"import time, pathlib; time.sleep(0.3); pathlib.Path('ready').touch(); print('a'); {WAIT}",
        "a",
        health_check=check,
    )
    second = lab.python(f"print('b'); {WAIT}", "b", depends_on=(("a", Condition.HEALTHY),))

    async def work() -> None:
        task = lab.task(second, first)
        assert await task.start()
        assert lab.changes == [
            ("a", "RUNNING", "UNKNOWN"),
            ("a", "RUNNING", "HEALTHY"),
            ("b", "RUNNING", "UNKNOWN"),
        ]
        assert task.health is Health.HEALTHY
        await task.stop(USER)

    lab.run(work)
    assert [name for name, state, _ in lab.changes if state == "STOPPED"] == ["b", "a"]  # the other way round


def test_success_lets_the_next_one_start(lab: Any) -> None:
    async def work() -> None:
        first = lab.python("print('migrated')", "migrate", essential=False)
        task = lab.task(first, lab.python("print('served')", depends_on=(("migrate", Condition.SUCCESS),)))
        assert await task.start()
        await task.ended

    lab.run(work)
    assert lab.lines == ["migrated", "served"]


def test_a_dependency_that_fails_keeps_an_essential_container_and_its_task_from_starting(lab: Any) -> None:
    async def work() -> None:
        first = lab.python("raise SystemExit(1)", "migrate", essential=False)
        task = lab.task(first, lab.python("print('served')", depends_on=(("migrate", Condition.SUCCESS),)))
        assert not await task.start()
        assert await task.ended == Stop(StopCode.TASK_FAILED_TO_START, "Task failed to start")
        assert status(task).exit_code == 143
        assert status(task).reason == (
            "CannotStartContainerError: dependency graph: failed to resolve container ordering dependency "
            "[migrate(python:3) (STOPPED->RUNNING) - Exit: 1] for target [main(python:3) (NONE->RUNNING)] "
            "as dependency did not exit successfully."
        )

    lab.run(work)
    assert lab.lines == []


def test_a_dependency_that_takes_longer_than_its_start_timeout(lab: Any) -> None:
    async def work() -> None:
        slow = lab.python(WAIT, "slow", essential=False, start_timeout=0.2)
        task = lab.task(slow, lab.python("", depends_on=(("slow", Condition.COMPLETE),)))
        assert not await task.start()
        await task.ended
        assert status(task).reason.endswith("for target [main(python:3) (NONE->RUNNING)] has timed out.")

    lab.run(work)


def test_a_failing_check_makes_a_container_unhealthy_on_the_virtual_clock(lab: Any) -> None:
    check = HealthCheck(
        command=("CMD", "python", "-c", "print('not yet'); raise SystemExit(1)"), interval=300, retries=2
    )

    async def work() -> None:
        task = lab.task(lab.python(WAIT, health_check=check))
        await task.start()
        assert task.health is Health.UNKNOWN
        await lab.clock.advance(301)
        assert task.health is Health.UNKNOWN
        await lab.clock.advance(301)
        assert task.health is Health.UNHEALTHY
        assert status(task).health_output == "not yet"
        assert status(task).state is ContainerState.RUNNING  # what follows is a service's matter
        await task.stop(USER)

    lab.run(work)


def test_a_healthy_container_that_fails_later_and_recovers(lab: Any) -> None:
    code = f"import pathlib, sys; pathlib.Path('ready').touch(); print('up'); {WAIT}"
    check = HealthCheck(command=("CMD-SHELL", "test -e ready"), interval=30, retries=2)

    async def work() -> None:
        task = lab.task(lab.python(code, health_check=check))
        await task.start()
        await healthy(lab, task)
        ready = lab.directory / "tasks" / "0123" / "main" / "ready"
        ready.unlink()
        await lab.clock.advance(31)
        assert task.health is Health.HEALTHY
        await lab.clock.advance(30)
        assert task.health is Health.UNHEALTHY
        ready.touch()
        await lab.clock.advance(30)
        assert task.health is Health.HEALTHY
        await task.stop(USER)

    lab.run(work)


def test_days_can_pass_at_once(lab: Any) -> None:
    check = HealthCheck(command=("CMD-SHELL", "echo x >> checks"), interval=10)

    async def work() -> None:
        task = lab.task(lab.python(WAIT, health_check=check))
        await task.start()
        await healthy(lab, task)
        began = asyncio.get_running_loop().time()
        await lab.clock.advance(86400)
        seconds = asyncio.get_running_loop().time() - began
        made = len((lab.directory / "tasks/0123/main/checks").read_text().split())
        assert made <= 10 * (seconds + 2)
        assert task.health is Health.HEALTHY
        await task.stop(USER)

    lab.run(work)


def test_a_check_that_hangs_fails(lab: Any) -> None:
    check = HealthCheck(command=("CMD-SHELL", "sleep 60"), interval=5, timeout=0.1, retries=1)

    async def work() -> None:
        task = lab.task(lab.python(WAIT, health_check=check))
        await task.start()
        await lab.clock.advance(6)
        assert status(task).health_output == "Health check exceeded timeout (0.1s)"
        assert task.health is Health.UNHEALTHY
        await task.stop(USER)

    lab.run(work)


def test_two_containers_share_a_volume(lab: Any) -> None:
    mounts = (Mount(volume="data", container_path="/data"),)

    async def work() -> None:
        writer = lab.python(
            "import os; open(os.environ['F'], 'w').write('shared')",
            "w",
            environment={"F": "/data/x"},
            mounts=mounts,
            essential=False,
        )
        reader = lab.python(
            "import os; print(open(os.environ['F']).read())",
            environment={"F": "/data/x"},
            mounts=mounts,
            depends_on=(("w", Condition.SUCCESS),),
        )
        task = lab.task(writer, reader)
        await task.start()
        await task.ended

    lab.run(work)
    assert lab.lines == ["shared"]


def test_what_a_container_writes_is_its_own_and_goes_with_it(lab: Any) -> None:
    source = lab.source(files={"main.py": "import os, pathlib; p = pathlib.Path('seen'); print(p.exists()); p.touch()"})

    async def work() -> None:
        for _ in range(2):
            container = ContainerSpec(name="main", image=source, command=("python", "main.py"))
            task = lab.task(container)
            await task.start()
            await task.ended

    lab.run(work)
    assert lab.lines == ["False", "False"]
    assert list((lab.directory / "tasks").iterdir()) == []


def test_a_command_that_does_not_exist(lab: Any) -> None:
    async def work() -> None:
        container = ContainerSpec(name="main", image=ImageSource(name="python:3"), command=("no-such-program",))
        task = lab.task(container)
        assert not await task.start()
        assert await task.ended == Stop(StopCode.TASK_FAILED_TO_START, "Task failed to start")
        assert status(task).reason == (
            'CannotStartContainerError: exec: "no-such-program": executable file not found in $PATH'
        )

    lab.run(work)


@pytest.mark.parametrize("name", ["nginx:latest", "123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:1"])
def test_an_image_that_is_no_asset_is_refused(lab: Any, name: str) -> None:
    async def work() -> Stop:
        task = lab.task(ContainerSpec(name="main", image=ImageSource(name=name), command=("true",)))
        await task.start()
        return await task.ended

    stop = lab.run(work)
    assert stop.code is StopCode.TASK_FAILED_TO_START
    assert stop.reason.startswith(f"CannotPullContainerError: {name} is not an image asset of this app")


def test_stopping_a_task_that_has_not_started_yet(lab: Any) -> None:
    async def work() -> None:
        never = lab.python(WAIT, "never", depends_on=(("first", Condition.COMPLETE),))
        task = lab.task(lab.python(WAIT, "first", essential=False), never)
        starting = asyncio.ensure_future(task.start())
        await task._containers["first"].until(lambda status: status.state is ContainerState.RUNNING)
        await task.stop(USER)
        assert not await starting
        assert status(task, "never").started_at is None
        assert status(task, "never").state is ContainerState.STOPPED

    lab.run(work)
