"""No child outlives the runtime, whoever is killed and however."""

import asyncio
import os
import select
import signal
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from penstock.compute.supervisor import Supervisor

# A function with a grandchild in a session of its own: the hardest one to reach.
FUNCTION = """
import os, subprocess
def handler(event, context):
    child = subprocess.Popen(["sleep", "600"], start_new_session=True)
    return [os.getpid(), child.pid, os.getppid()]
"""

RUNTIME = """
import asyncio, sys
from pathlib import Path
from penstock.base.clock import Clock
from penstock.compute.sessions import Credentials
from penstock.compute.functions.model import FunctionSpec, Host, Invocation
from penstock.compute.functions.pool import Pool
from penstock.compute.supervisor import Supervisor

async def main():
    host = Host(clock=Clock(), endpoint=lambda: "", credentials=lambda s: Credentials("", "", ""),
                network=lambda s, variables: variables, on_log=lambda *a: None, say=print,
                scratch=Path(sys.argv[1]))
    supervisor = Supervisor()
    pool = Pool(host, supervisor)
    spec = FunctionSpec(arn="f", name="f", revision="1", runtime="python3.11", handler="app.handler", region="r",
                        code=Path(sys.argv[1]), account="0", log_group="g", timeout=30.0)
    result = await pool.invoke(spec, Invocation(request_id="1", payload=b"null", invoked_arn="f"))
    print(result.payload.decode(), flush=True)
    if sys.argv[2] == "stop":
        await pool.stop()
        await supervisor.stop()
    await asyncio.sleep(600)

asyncio.run(main())
"""


def start(directory: Path, mode: str) -> tuple[subprocess.Popen[str], list[int]]:
    """A process that has run the function; and the function's pid, its child's and the warm parent's."""
    (directory / "app.py").write_text(FUNCTION)
    command = [sys.executable, "-c", textwrap.dedent(RUNTIME), str(directory), mode]
    runtime = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert runtime.stdout is not None
    return runtime, [int(pid) for pid in runtime.stdout.readline().strip("[]\n").split(",")]


def wait_for_end(pids: list[int], seconds: float = 10.0) -> None:
    """Waits until every process has ended (its pidfd becomes readable)."""
    for pid in pids:
        try:
            process = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        readable, _, _ = select.select([process], [], [], seconds)
        os.close(process)
        assert readable, f"process {pid} lives on"


@pytest.mark.parametrize("mode", ["killed", "stop"])
def test_everything_ends_with_the_runtime(tmp_path: Path, mode: str) -> None:
    runtime, pids = start(tmp_path, mode)
    if mode == "killed":
        runtime.kill()
    wait_for_end(pids)
    runtime.kill()
    runtime.communicate()


def test_environments_end_with_their_parent_and_the_next_invocation_starts_another(lab: Any) -> None:
    spec = lab.function("import os\ndef handler(event, context): return [os.getpid(), os.getppid()]")

    async def parent_killed() -> tuple[list[int], bytes]:
        first = [int(pid) for pid in (await lab.invoke(spec)).payload.strip(b"[]").split(b",")]
        exited = next(iter(lab.pool.supervisor._children.values())).exited
        os.kill(first[1], signal.SIGKILL)
        await exited
        return first, (await lab.invoke(spec)).payload

    first, second = lab.run(parent_killed)
    wait_for_end(first)
    assert str(first[0]).encode() not in second


class Silent(Supervisor):
    """Nobody is at the other end of its socket."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[dict[str, Any]] = []

    def send(self, message: dict[str, Any], files: Sequence[int] = ()) -> None:
        self.sent.append(message)


def test_a_process_that_starts_in_the_turn_in_which_nobody_waits_any_more_is_ended(tmp_path: Path) -> None:
    async def work() -> list[dict[str, Any]]:
        supervisor = Silent()
        starting = asyncio.ensure_future(supervisor.execute(["server"], env={}, cwd=tmp_path, files=()))
        await asyncio.sleep(0)
        supervisor._heard({"id": supervisor.sent[0]["id"], "pid": 4242, "rss": 0})
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
        return supervisor.sent[1:]

    assert asyncio.run(work()) == [{"kind": "kill", "pid": 4242, "signal": int(signal.SIGKILL)}]
