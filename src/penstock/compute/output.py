"""What a child process writes to its stdout and stderr, line by line."""

import asyncio
import os
from collections.abc import Callable

from penstock.compute.python.log_format import NEWLINE

_LONGEST = 256 * 1024  # bytes of a line that are waited for its end: who never writes one must not fill memory


class OutputPipe:
    """The read end of an environment's stdout and stderr. Calls `on_line` for each line."""

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self._on_line = on_line
        self._rest = b""
        self._file, self._write_end = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self._file, False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._file, self._read)

    def hand_over(self) -> int:
        """The write end, for whoever starts the process and then closes it."""
        file, self._write_end = self._write_end, -1
        return file

    def _read(self) -> bool:
        """One read; says whether there may be more."""
        try:
            data = os.read(self._file, 65536)
        except BlockingIOError:
            return False
        if not data:
            self._loop.remove_reader(self._file)
            return False
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._emit(line)
        if len(self._rest) > _LONGEST:
            line, self._rest = self._rest, b""
            self._emit(line)
        return True

    def _emit(self, line: bytes) -> None:
        self._on_line(line.decode("utf-8", "replace").rstrip("\r").replace(NEWLINE, "\n"))

    def drain(self) -> None:
        """Everything written so far, an unfinished line included."""
        while self._file >= 0 and self._read():
            pass
        if self._rest:
            line, self._rest = self._rest, b""
            self._emit(line)

    def close(self) -> None:
        if self._file >= 0:
            self.drain()
            self._loop.remove_reader(self._file)
            os.close(self._file)
            self._file = -1
        if self._write_end >= 0:
            os.close(self.hand_over())
