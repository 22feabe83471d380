"""Runs at the start of every Python process of a synthesis: notes what the CDK app reads.

Rule: self-contained and quiet, for it runs inside somebody else's interpreter. One line per fact goes to a file of
this process in $PENSTOCK_TRACE: "file", "dir" or "process", a tab, and the absolute path.
Audit events: https://docs.python.org/3/library/audit_events.html
"""

import atexit
import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 -- pathlib is slow to import
_FOLDER = os.environ.get("PENSTOCK_TRACE")
_facts: set[tuple[str, str]] = set()


def _note(kind: str, path: object) -> None:
    if isinstance(path, (str, os.PathLike)):
        _facts.add((kind, os.path.abspath(path)))  # noqa: PTH100


def _reads(mode: object, flags: object) -> bool:
    if isinstance(mode, str):
        return not set(mode) & set("wax+")
    return isinstance(flags, int) and flags & os.O_ACCMODE == os.O_RDONLY


def _hook(event: str, args: tuple[object, ...]) -> None:
    if event == "open" and _reads(args[1], args[2]):
        _note("file", args[0])
    elif event in ("os.listdir", "os.scandir"):
        _note("dir", args[0] or ".")
    elif event == "subprocess.Popen":
        _facts.add(("process", os.fsdecode(args[0]) if isinstance(args[0], (str, bytes)) else ""))


def _write() -> None:
    facts = sorted(_facts)
    with open(os.path.join(str(_FOLDER), str(os.getpid())), "w") as file:  # noqa: PTH118, PTH123
        file.writelines(f"{kind}\t{path}\n" for kind, path in facts)


if _FOLDER:
    atexit.register(_write)
    sys.addaudithook(_hook)

# The interpreter finds one sitecustomize only: give way to the one that would have been found without this.
sys.path[:] = [path for path in sys.path if path != _HERE]
_this = sys.modules.pop("sitecustomize")
try:
    import sitecustomize  # type: ignore[import-not-found]  # noqa: F401
except ImportError:
    sys.modules["sitecustomize"] = _this  # who imports a module expects to find it there
