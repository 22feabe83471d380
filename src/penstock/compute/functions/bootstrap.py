"""`provided.*`: the executable `bootstrap` of the code or of a layer, and why the system would not start it.

What Linux's `execve` only gives a number for is looked at beforehand, in the order in which it would refuse.
Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html
"""

import os
import platform
import struct
from pathlib import Path

from penstock.compute.functions.model import FunctionSpec

# e_machine of an ELF header -> Lambda's name of the architecture, and how `uname` and qemu call it.
_MACHINES = {62: ("x86_64", "x86_64"), 183: ("arm64", "aarch64")}
_HANDLERS = Path("/proc/sys/fs/binfmt_misc")
ARCHITECTURE = next((ours for ours, theirs in _MACHINES.values() if theirs == platform.machine()), platform.machine())


class NoEntrypoint(Exception):
    """There is nothing in the code that could be started."""


def find(spec: FunctionSpec) -> Path:
    """The bootstrap, looked at. Raises NoEntrypoint with AWS's text."""
    places = [directory / "bootstrap" for directory in (spec.code, *spec.layers)]
    bootstrap = next((place for place in places if place.is_file()), None)
    if bootstrap is None:
        raise NoEntrypoint("Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]")
    shown = "/var/task/bootstrap" if bootstrap.parent == spec.code else "/opt/bootstrap"
    check(bootstrap, shown)
    return bootstrap


def check(program: Path, shown: str) -> None:
    """Raises NoEntrypoint where the file cannot be executed; `shown` is its name on AWS."""
    if not os.access(program, os.X_OK):
        raise NoEntrypoint(
            f"fork/exec {shown}: permission denied (it has no executable bit: `chmod +x` it before it is "
            "zipped, with a tool that keeps the mode)"
        )
    with program.open("rb") as file:
        head = file.read(256)
    if head.startswith(b"#!"):
        _check_interpreter(head, shown)
    elif reason := _obstacle(head):
        raise NoEntrypoint(f"fork/exec {shown}: exec format error ({reason})")


def _check_interpreter(head: bytes, shown: str) -> None:
    line = head[2:].partition(b"\n")[0].decode("utf-8", "replace")
    interpreter = next(iter(line.split()), "")
    if line.endswith("\r"):
        raise NoEntrypoint(f"fork/exec {shown}: no such file or directory (its first line ends as Windows ends lines)")
    if not Path(interpreter).exists():
        raise NoEntrypoint(f"fork/exec {shown}: no such file or directory (its interpreter {interpreter} is not here)")


def _obstacle(head: bytes) -> str:
    """Why a file that is no script does not run on this machine; empty where it does."""
    if len(head) < 20 or not head.startswith(b"\x7fELF"):
        return "it is neither a program for Linux nor a script with a first line such as #!/bin/sh"
    (number,) = struct.unpack_from("<H" if head[5] == 1 else ">H", head, 18)
    built_for, machine = _MACHINES.get(number, (f"machine {number}", ""))
    if built_for == ARCHITECTURE or (_HANDLERS / f"qemu-{machine}").exists():
        return ""
    return f"it is built for {built_for}, this machine is {ARCHITECTURE}"
