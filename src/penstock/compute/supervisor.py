"""Child processes that never outlive the runtime.

All of them are children of one small process, the warm parent (`warm.py`), which the runtime starts when it first
needs it and talks to over a socket pair. The parent holds the other end: when the runtime ends, however it ends, the
socket closes and the parent kills what it started, with all descendants. When the parent itself is killed, the kernel
kills its children (PR_SET_PDEATHSIG), and the runtime their process groups.
Messages are JSON lines; file descriptors travel beside them (SCM_RIGHTS).
"""

import asyncio
import contextlib
import itertools
import os
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from penstock.base.errors import PenstockError

# Of the user's environment only this much reaches the children: nothing of AWS's variables.
_KEPT = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


class Child:
    """A running process. `exited` resolves to its exit code, negative for a signal; `parent_rss` is in KB."""

    def __init__(self, supervisor: "Supervisor", pid: int, parent_rss: int) -> None:
        self._supervisor = supervisor
        self.pid = pid
        self.parent_rss = parent_rss
        self.exited: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def signal(self, number: int) -> None:
        """Sends a signal to the process and its group; the parent does it, so that no reused pid is ever hit."""
        if not self.exited.done():
            self._supervisor.send({"kind": "kill", "pid": self.pid, "signal": int(number)})

    def kill(self) -> None:
        self.signal(signal.SIGKILL)

    async def stop(self, grace: float = 2.0) -> int:
        """SIGTERM, and SIGKILL to what still runs `grace` seconds later. The exit code."""
        self.signal(signal.SIGTERM)
        done, _ = await asyncio.wait([self.exited], timeout=grace)
        if not done:
            self.kill()
        return await asyncio.shield(self.exited)


class Supervisor:
    """The runtime's side of the warm parent."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._outbox: deque[tuple[bytes, Sequence[int]]] = deque()
        self._inbox = b""
        self._ids = itertools.count(1)
        self._starting: dict[int, asyncio.Future[Child]] = {}
        self._children: dict[int, Child] = {}
        self._preloaded: set[str] = set()

    @property
    def parent_pid(self) -> int | None:
        return self._process.pid if self._process else None

    # -- what can be asked of it -------------------------------------------------------------------

    async def fork(
        self, *, env: Mapping[str, str], cwd: Path, path: Sequence[Path], handler: str, files: Sequence[int]
    ) -> Child:
        """A Python function environment, forked from the parent. `files`: (Runtime API socket, output)."""
        message = {"kind": "fork", "env": env, "cwd": str(cwd), "path": [str(p) for p in path], "handler": handler}
        return await self._start(message, files)

    async def execute(self, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, files: Sequence[int]) -> Child:
        """Any other program. `files`: (output,)."""
        return await self._start({"kind": "exec", "argv": list(argv), "env": env, "cwd": str(cwd)}, files)

    def preload(self, names: Sequence[str]) -> None:
        """Has the parent prepare what `preload.load` understands, so that its children find it warm."""
        new = [name for name in names if name not in self._preloaded]
        if new or self._socket is None:
            self._preloaded.update(new)
            self.send({"kind": "preload", "names": new})

    async def stop(self, grace: float = 2.0) -> None:
        """Ends all children, in order, and then the parent."""
        await asyncio.gather(*(child.stop(grace) for child in list(self._children.values())))
        process = self._process
        self._lost()
        if process is not None:
            await asyncio.get_running_loop().run_in_executor(None, process.wait)

    async def _start(self, message: dict[str, Any], files: Sequence[int]) -> Child:
        number = next(self._ids)
        started: asyncio.Future[Child] = asyncio.get_running_loop().create_future()
        self._starting[number] = started
        self.send({**message, "id": number, "files": len(files)}, files)
        try:
            return await started
        except asyncio.CancelledError:
            if started.done() and not started.cancelled() and started.exception() is None:
                started.result().kill()  # it was started in the very turn in which the wait for it was given up
            raise

    # -- the socket ----------------------------------------------------------------------------------

    def send(self, message: dict[str, Any], files: Sequence[int] = ()) -> None:
        """Queues a message; the descriptors are closed here once they have been handed over."""
        if self._socket is None:
            self._launch()
        self._outbox.append((orjson.dumps(message) + b"\n", files))
        if len(self._outbox) == 1:
            self._flush()

    def _launch(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-P", "-m", "penstock.compute.warm", str(theirs.fileno())]
            environment = {key: os.environ[key] for key in _KEPT if key in os.environ}
            self._process = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno()],
                env=environment,
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is the runtime's; it ends its children itself
            )
        ours.setblocking(False)
        self._socket = ours
        asyncio.get_running_loop().add_reader(ours.fileno(), self._receive)

    def _flush(self) -> None:
        assert self._socket is not None
        while self._outbox:
            data, files = self._outbox[0]
            try:
                sent = socket.send_fds(self._socket, [data], files)
            except BlockingIOError:
                asyncio.get_running_loop().add_writer(self._socket.fileno(), self._flush)
                return
            except OSError:
                self._lost()
                return
            _close(files)
            if sent < len(data):
                self._outbox[0] = (data[sent:], ())
            else:
                self._outbox.popleft()
        asyncio.get_running_loop().remove_writer(self._socket.fileno())

    def _receive(self) -> None:
        assert self._socket is not None
        try:
            data = self._socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._lost()
            return
        *lines, self._inbox = (self._inbox + data).split(b"\n")
        for line in lines:
            self._heard(orjson.loads(line))

    def _heard(self, message: dict[str, Any]) -> None:
        if "exit" in message:
            child = self._children.pop(message["exit"], None)
            if child is not None:
                child.exited.set_result(message["code"])
        elif (started := self._starting.pop(message["id"], None)) is not None:
            child = Child(self, message["pid"], message["rss"])
            self._children[child.pid] = child
            if started.done():  # nobody waits any more
                child.kill()
            else:
                started.set_result(child)

    def _lost(self) -> None:
        """The parent is gone, and with it every child; the next request starts another one."""
        channel, self._socket, self._process = self._socket, None, None
        if channel is not None:
            loop = asyncio.get_running_loop()
            loop.remove_reader(channel.fileno())
            loop.remove_writer(channel.fileno())
            channel.close()
        for _, files in self._outbox:
            _close(files)
        self._outbox.clear()
        self._inbox = b""
        self._preloaded.clear()
        for child in self._children.values():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
            child.exited.set_result(-signal.SIGKILL)
        self._children.clear()
        for started in self._starting.values():
            if not started.done():
                started.set_exception(PenstockError("The parent of all function processes was killed"))
        self._starting.clear()


def resident_kb(pid: int) -> int:
    """Resident memory of a process now; 0 where the system does not say."""
    with contextlib.suppress(OSError, IndexError), open(f"/proc/{pid}/statm", "rb") as file:  # noqa: PTH123 (hot)
        return int(file.read().split()[1]) * (os.sysconf("SC_PAGE_SIZE") // 1024)
    return 0


def _close(files: Sequence[int]) -> None:
    for file in files:
        os.close(file)
