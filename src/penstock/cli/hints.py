"""What to try next, as commands that work in the directory and the shell that the user is in."""

import os
import shutil
import sys
from pathlib import Path
from typing import Any

from penstock.cli import options, stories


def hints(apps: list[dict[str, Any]], data: Path, detached: bool) -> dict[str, str]:
    """Commands, with what they do."""
    run = "penstock" if shutil.which("penstock") else min(os.path.relpath(sys.argv[0]), sys.argv[0], key=len)
    here = "" if data == Path(options.DATA) or "PENSTOCK_DATA" in os.environ else f" --data {data}"
    told = any(stories.of(Path(app["path"])) for app in apps)
    return {
        **({f"{run} demo{here}": "a story through each app, and what it sets off"} if told else {}),
        f"{run} outputs{here}": "all outputs, in full",
        f"{run} logs --follow{here}": "everything that is logged, as it comes",
        f"{run} status{here}": "stacks, and the tasks that run",
        f"{run} down{here}" if detached else "Ctrl-C": "ends it; the data stays",
    }
