"""A stage of a Dockerfile while it is built, and what becomes of it: files in a root, and the image's configuration."""

from dataclasses import dataclass, field
from pathlib import Path

from penstock.compute.containers.dockerfile import Instruction
from penstock.compute.containers.packages import SYSTEM, Install

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(slots=True, kw_only=True)
class Config:
    """What an image says of the containers made from it. `bins` are directories of this machine.

    `entry_point` and `command` are exec forms; `notes` say what of the Dockerfile was not done, and why.
    """

    environment: dict[str, str] = field(default_factory=lambda: {"PATH": _PATH})
    working_directory: str = "/"
    entry_point: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None
    shell: tuple[str, ...] = ("/bin/sh", "-c")
    stop_signal: str = "SIGTERM"
    ports: tuple[str, ...] = ()
    bins: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Building:
    """`python` and `node` are versions ("" any, None: the image has none); `image` is its name in messages."""

    image: str
    root: Path
    config: Config = field(default_factory=Config)
    arguments: dict[str, str] = field(default_factory=dict)
    python: str | None = None
    node: str | None = None
    installs: list[Install] = field(default_factory=list)
    venv: str = SYSTEM
    triggers: list[Instruction] = field(default_factory=list)  # ONBUILD
    own_command: bool = False  # CMD stands in the Dockerfile, not in what it starts from

    @property
    def variables(self) -> dict[str, str]:
        """What `$name` means; ENV hides ARG."""
        return {**self.arguments, **self.config.environment}

    def note(self, text: str) -> None:
        if text not in self.config.notes:
            self.config.notes += (text,)
