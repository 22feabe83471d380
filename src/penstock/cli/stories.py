"""Stories: what an app does, as a script of its own that `penstock demo` plays.

Rule: nobody here knows an app. A story is an executable `examples/*.sh` beside it. The comment at its head says what it
is about. Each output of the app's stacks is in its environment (`ProductApiUrl` is PRODUCT_API_URL), with what points
the AWS CLI at the runtime. A line that it prints after `> ` is a step, every other one an answer, and an exit status
other than 0 is a failure. So the same script runs against AWS.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NOT_IN_A_VARIABLE = re.compile(r"\W")


class Story(NamedTuple):
    script: Path
    title: str


class Ended(NamedTuple):
    """A story's exit status, and the last that it said."""

    status: int
    last: str


def of(app: Path) -> list[Story]:
    """The stories beside an app, by their names."""
    folder = (app if app.is_dir() else app.parent) / "examples"
    scripts = (file for file in sorted(folder.glob("*.sh")) if os.access(file, os.X_OK))
    return [Story(script, title(script.read_text())) for script in scripts]


def title(script: str) -> str:
    """The first paragraph of the comment at a script's head."""
    said = []
    for line in script.splitlines()[1:]:
        text = line.removeprefix("#").strip()
        if not line.startswith("#") or not text:
            break
        said.append(text)
    return " ".join(said)


def variable(output: str) -> str:
    """`ProductApiUrl` as PRODUCT_API_URL."""
    return _NOT_IN_A_VARIABLE.sub("_", _WORDS.sub("_", output)).upper()


def environment(outputs: Mapping[str, str], aws: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment with the outputs, and with what is needed for AWS here in place of what was there."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {
        **inherited,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), inherited.get("PATH", os.defpath)]),
        **aws,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_PAGER": "",
        **{variable(name): value for name, value in outputs.items()},
    }


def play(story: Story, env: Mapping[str, str]) -> Iterator[str | Ended]:
    """The lines that a story says, as they come, and how it ended."""
    command, last = [str(story.script)], ""
    process = subprocess.Popen(
        command,
        cwd=story.script.parent.parent,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    with process:
        for line in process.stdout or ():
            last = line.strip() or last
            yield line.rstrip("\n")
    yield Ended(process.returncode, last)
