"""No process of a container outlives the runtime, however that ends."""

import asyncio
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from penstock.compute.containers.model import Stop, StopCode

RUNTIME = """
import asyncio, sys
from pathlib import Path
from penstock.base.clock import Clock
from penstock.compute.containers.image import Images
from penstock.compute.containers.model import ContainerSpec, Host, ImageSource, TaskSpec
from penstock.compute.containers.task import Task
from penstock.compute.supervisor import Supervisor

START = "c = subprocess.Popen(['sleep', '600'], start_new_session=True); print(os.getpid(), c.pid, flush=True)"
CODE = f"import os, subprocess; {START}; c.wait()"

async def main():
    folder, supervisor = Path(sys.argv[1]), Supervisor()
    host = Host(
        clock=Clock(), supervisor=supervisor, scratch=folder, environment=lambda *a: {}, stopping=lambda *a: None,
        changed=lambda *a: None, on_log=lambda t, c, events: print(events[0].message, flush=True), say=print,
    )
    images = Images(folder / "images", supervisor, print, cache=folder / "cache")
    container = ContainerSpec(name="c", image=ImageSource(name="python:3"), command=("python", "-c", CODE))
    await Task(TaskSpec(arn="task/1", address="", containers=(container,)), host, images).start()
    await asyncio.sleep(600)

asyncio.run(main())
"""


def test_containers_die_with_a_runtime_that_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", RUNTIME, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as runtime:
        assert runtime.stdout is not None
        files = [os.pidfd_open(int(pid)) for pid in runtime.stdout.readline().split()]
        runtime.send_signal(signal.SIGKILL)
    ended = [bool(select.select([file], [], [], 10)[0]) for file in files]
    for file in files:
        os.close(file)
    assert ended == [True, True]


def test_nothing_that_a_container_has_left_behind_lives_on(lab: Any) -> None:
    """A daemon in a session of its own: its parent is gone, so it is the container's, as under PID 1.

    Each says its line in one write: two of them may say it at once.
    """
    code = """
        import os, signal, time
        if os.fork() == 0:
            os.setsid()
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            if os.fork() == 0:
                os.write(1, b"%d\\n" % os.getpid())
                time.sleep(600)
            os._exit(0)
        os.wait()
        os.write(1, b"%d\\n" % os.getpid())
        time.sleep(600)
    """

    async def work() -> list[bool]:
        task = lab.task(lab.python(code))
        await task.start()
        while len(lab.lines) < 2:
            await asyncio.wait([task.ended], timeout=0.02)
        files = [os.pidfd_open(int(pid)) for pid in lab.lines]
        await task.stop(Stop(StopCode.USER_INITIATED, "enough"))
        ended = [bool((await asyncio.to_thread(select.select, [file], [], [], 10))[0]) for file in files]
        for file in files:
            os.close(file)
        return ended

    assert lab.run(work) == [True, True]
