"""Tasks as real processes, driven without any service."""

import asyncio
import textwrap
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pytest

from penstock.base.clock import Clock
from penstock.compute.containers.image import Image, Images
from penstock.compute.containers.model import (
    ContainerSpec,
    ContainerStatus,
    Host,
    ImageSource,
    Stop,
    TaskSpec,
)
from penstock.compute.containers.task import Task
from penstock.compute.log_event import LogEvent
from penstock.compute.supervisor import Supervisor

T = TypeVar("T")
PLAIN = "FROM python:3\nWORKDIR /app\nCOPY . .\n"


class Lab:
    """Build contexts written into a directory, and a host that notes what it hears."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.clock = Clock()
        self.added: dict[str, str] = {}  # what the host gives every container
        self.changes: list[tuple[str, str, str]] = []  # (container, state, health)
        self.stopping: list[Stop] = []
        self.events: list[tuple[str, LogEvent]] = []
        self.said: list[str] = []
        self.supervisor: Supervisor
        self.images: Images

    def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """Runs a coroutine function with a fresh supervisor, which is stopped at the end."""

        async def bracketed() -> T:
            self.supervisor = Supervisor()
            self.images = Images(
                self.directory / "images", self.supervisor, self.said.append, cache=self.directory / "cache"
            )
            try:
                return await work()
            finally:
                await self.supervisor.stop()

        return asyncio.run(bracketed())

    def context(self, dockerfile: str = PLAIN, files: Mapping[str, str] = {}, name: str = "service") -> Path:
        folder = self.directory / name
        for path, content in {"Dockerfile": dockerfile, **files}.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(textwrap.dedent(content))
        return folder

    def source(self, dockerfile: str = PLAIN, files: Mapping[str, str] = {}, **fields: Any) -> ImageSource:
        folder = self.context(dockerfile, files)
        return ImageSource(name="123.dkr.ecr.us-east-1.localhost/assets:abc", directory=folder, **fields)

    def image(self, dockerfile: str, files: Mapping[str, str] = {}, **fields: Any) -> Image:
        source = self.source(dockerfile, files, **fields)
        return self.run(lambda: self.images.get(source))

    def task(self, *containers: ContainerSpec, address: str = "") -> Task:
        spec = TaskSpec(arn="arn:aws:ecs:us-east-1:000000000000:task/c/0123", address=address, containers=containers)
        return Task(spec, self.host(), self.images)

    def python(self, code: str, name: str = "main", **fields: Any) -> ContainerSpec:
        """A container that runs some Python."""
        command = ("python", "-u", "-c", textwrap.dedent(code))
        return ContainerSpec(name=name, image=ImageSource(name="python:3"), command=command, **fields)

    def host(self) -> Host:
        return Host(
            clock=self.clock,
            supervisor=self.supervisor,
            scratch=self.directory,
            environment=lambda task, container: self.added,
            changed=self._changed,
            stopping=lambda task, stop: self.stopping.append(stop),
            on_log=self._on_log,
            say=self.said.append,
        )

    def _changed(self, task: TaskSpec, status: ContainerStatus) -> None:
        self.changes.append((status.name, str(status.state), str(status.health)))

    def _on_log(self, task: TaskSpec, container: ContainerSpec, events: list[LogEvent]) -> None:
        self.events += [(container.name, event) for event in events]

    @property
    def lines(self) -> list[str]:
        return [event.message for _, event in self.events]


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)
