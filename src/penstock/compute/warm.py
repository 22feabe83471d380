"""The warm parent: a program of its own, single threaded, whose forks are function environments.

It imports what functions need (`python/preload.py`), freezes it for the garbage collector, and forks: 1.5 ms instead of
the quarter of a second that boto3 and a client take. It is the reaper of all its descendants and ends them when the
runtime's end of the socket closes. Nothing here may start a thread: a fork would inherit its locks.
"""

import contextlib
import ctypes
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from penstock.compute.python import preload, worker
from penstock.web import guest_network

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_MAX_FILES = 8
_PAGE_KB = os.sysconf("SC_PAGE_SIZE") // 1024
Message = dict[str, Any]


class Parent:
    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._inbox = b""
        self._files: list[int] = []
        self._children: set[int] = set()
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._kinds: dict[str, Callable[[Message], None]] = {
            "fork": self._fork,
            "exec": self._exec,
            "kill": self._kill,
            "preload": self._preload,
        }

    def run(self) -> None:
        """Serves the runtime until its end of the socket closes."""
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.set_wakeup_fd(self._wake_write)
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        poll.register(self._wake_read, select.POLLIN)
        alive = True
        while alive:
            ready = {file for file, _ in poll.poll()}
            if self._wake_read in ready:
                os.read(self._wake_read, 512)
                self._reap()
            if self._control.fileno() in ready:
                alive = self._receive()
        self._end_all()

    def _receive(self) -> bool:
        try:
            data, files, _, _ = socket.recv_fds(self._control, 65536, _MAX_FILES)
        except ConnectionError:
            return False
        self._files += files
        *lines, self._inbox = (self._inbox + data).split(b"\n")
        for line in lines:
            message = json.loads(line)
            self._kinds[message["kind"]](message)
        return bool(data)

    def _send(self, message: Message) -> None:
        with contextlib.suppress(ConnectionError):
            self._control.sendall(json.dumps(message).encode() + b"\n")

    # -- requests ------------------------------------------------------------------------------------

    def _preload(self, message: Message) -> None:
        preload.load(message["names"])

    def _fork(self, message: Message) -> None:
        self._start(message, _become_function)

    def _exec(self, message: Message) -> None:
        self._start(message, _become_program)

    def _start(self, message: Message, become: Callable[[Message, list[int]], NoReturn]) -> None:
        files = [self._files.pop(0) for _ in range(message["files"])]
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._leave(parent)
            become(message, files)
        with contextlib.suppress(OSError):
            os.setpgid(pid, pid)  # on both sides: whichever comes first, a kill that follows finds the group
        for file in files:
            os.close(file)
        self._children.add(pid)
        self._send({"id": message["id"], "pid": pid, "rss": resident_kb()})

    def _leave(self, parent: int) -> None:
        """In the child: nothing of the parent's role is left, and it dies with the parent."""
        os.setpgid(0, 0)
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        prctl(_PR_SET_CHILD_SUBREAPER, 1)  # as PID 1 of a container, it keeps what its children leave behind
        if os.getppid() != parent:
            os._exit(1)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._control.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _kill(self, message: Message) -> None:
        pid = message["pid"]
        if pid in self._children:  # until it is reaped, its pid is nobody else's
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, message["signal"])

    # -- ends ----------------------------------------------------------------------------------------

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                pid, status = ended
                if pid in self._children:
                    self._children.discard(pid)
                    with contextlib.suppress(ProcessLookupError, PermissionError):
                        os.killpg(pid, signal.SIGKILL)  # what it left behind in its group
                    self._send({"exit": pid, "code": os.waitstatus_to_exitcode(status)})
                self._end_orphans()

    def _end_orphans(self) -> None:
        """Whoever comes to us without being ours was left behind by one who has ended, in a group of its own."""
        for pid in _children_of_this_process() - self._children:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)

    def _end_all(self) -> None:
        """Kills every descendant: the orphans of what dies come to us, the subreaper, until none is left."""
        with contextlib.suppress(ChildProcessError):
            while True:
                for pid in self._children | _children_of_this_process():
                    with contextlib.suppress(ProcessLookupError, PermissionError):
                        os.kill(pid, signal.SIGKILL)
                self._children.discard(os.waitpid(-1, 0)[0])


def prctl(option: int, value: int) -> None:
    """Linux only; elsewhere the closing socket alone ends the children."""
    if _prctl is not None:
        _prctl(option, value, 0, 0, 0)


_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def resident_kb() -> int:
    try:
        return int(Path("/proc/self/statm").read_bytes().split()[1]) * _PAGE_KB
    except OSError:
        return 0


def _children_of_this_process() -> set[int]:
    try:
        return {int(pid) for pid in Path("/proc/thread-self/children").read_bytes().split()}
    except OSError:
        return set()


def _become_function(message: Message, files: list[int]) -> NoReturn:
    runtime_api, output = files
    _redirect(output)
    worker.open_standard_streams()
    status = 1
    try:
        _enter(message)
        guest_network.install()
        sys.dont_write_bytecode = "PYTHONDONTWRITEBYTECODE" in os.environ
        preload.make_room_for(message["path"])
        sys.path[:0] = message["path"]
        status = worker.run(socket.socket(fileno=runtime_api), message["handler"])
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(status)


def _become_program(message: Message, files: list[int]) -> NoReturn:
    _redirect(files[0])
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and programs inherit that
    try:
        _enter(message)
        os.execvpe(message["argv"][0], message["argv"], message["env"])
    except OSError as error:
        os.write(2, f"{message['argv'][0]} cannot be started: {error.strerror}\n".encode())
    finally:
        os._exit(127)


def _redirect(output: int) -> None:
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)


def _enter(message: Message) -> None:
    os.environ.clear()
    os.environ.update(message["env"])
    os.chdir(message["cwd"])


def main() -> None:
    prctl(_PR_SET_CHILD_SUBREAPER, 1)
    Parent(socket.socket(fileno=int(sys.argv[1]))).run()


if __name__ == "__main__":
    main()
