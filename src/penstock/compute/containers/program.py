"""A short program: started under the supervisor like every child, waited for, its output kept."""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from penstock.compute.output import OutputPipe
from penstock.compute.supervisor import Supervisor

_KEPT_LINES = 200


class Outcome(NamedTuple):
    """`code` is negative for a signal; `output` is the end of what it wrote."""

    code: int
    output: str


async def run(supervisor: Supervisor, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path) -> Outcome:
    """Runs to its end. Cancelled, it kills the program."""
    lines: deque[str] = deque(maxlen=_KEPT_LINES)
    pipe = OutputPipe(lines.append)
    try:
        child = await supervisor.execute(argv, env=env, cwd=cwd, files=(pipe.hand_over(),))
        try:
            code = await asyncio.shield(child.exited)  # which others wait for too
        finally:
            child.kill()
    finally:
        pipe.close()
    return Outcome(code, "\n".join(lines))
