"""Images: built when first asked for, kept, and built again when their context, Dockerfile or arguments have changed.

An image is a directory: `root/` with its files, `image.json` with its configuration, written last. Containers get
copies of `root/`, so that what they write is their own, as on ECS.
"""

import asyncio
import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from penstock.base import folders
from penstock.base.errors import PenstockError
from penstock.compute.containers import base, dockerfile, files, interpreters
from penstock.compute.containers.build import Builder
from penstock.compute.containers.environments import Environments
from penstock.compute.containers.model import ImageSource
from penstock.compute.containers.run import provide
from penstock.compute.containers.stage import Building, Config
from penstock.compute.supervisor import Supervisor

_FORMAT = "1"  # of image.json, and of what building means: another number builds every image again


class ImageError(PenstockError):
    """The image cannot be had; the text is the reason of a task that could not start."""


@dataclass(frozen=True, slots=True)
class Image:
    """`digest` is sha256:... of what it was built from."""

    name: str
    digest: str
    root: Path
    config: Config

    @property
    def bins(self) -> tuple[Path, ...]:
        return tuple(map(Path, self.config.bins))


class Images:
    """The images of one runtime, below `folder`; environments of packages are the user's, for all runtimes."""

    def __init__(
        self, folder: Path, supervisor: Supervisor, say: Callable[[str], None], cache: Path | None = None
    ) -> None:
        self._folder = folder.resolve()
        self._supervisor = supervisor
        self._say = say
        self._environments = Environments(cache or folders.cache("environments"), supervisor, say)
        self._locks: dict[str, asyncio.Lock] = {}
        self._said: set[str] = set()
        self._digests: dict[Path, tuple[int, str]] = {}  # by context

    async def get(self, source: ImageSource) -> Image:
        """The image as its source is now. Raises ImageError."""
        place = hashlib.sha256(repr(source.name if source.directory is None else source).encode()).hexdigest()[:16]
        async with self._locks.setdefault(place, asyncio.Lock()):
            try:
                image = await (self._official(source) if source.directory is None else self._built(source, place))
            except ImageError:
                raise
            except (PenstockError, OSError, UnicodeDecodeError) as error:
                raise ImageError(f"CannotPullContainerError: {_attempted(source)}: {error}") from error
        self._tell(image)
        return image

    async def _official(self, source: ImageSource) -> Image:
        """`python:3.12`, `node:20` and `alpine` run commands as they are; they hold an interpreter, or nothing."""
        if not base.official(source.name):
            raise ImageError(
                f"CannotPullContainerError: {source.name} is not an image asset of this app; Penstock runs images "
                "built from a Dockerfile in the app (ContainerImage.from_asset), and plain python:*, node:* and Linux "
                "images"
            )
        root = self._folder / "empty"
        root.mkdir(parents=True, exist_ok=True)
        start = base.base(source.name)
        building = Building(image=source.name, root=root, python=start.python, node=start.node)
        building.config.command = start.command or ("/bin/sh",)
        await provide(building, self._environments)
        return Image(source.name, _digest(source.name), root, building.config)

    async def _built(self, source: ImageSource, place: str) -> Image:
        assert source.directory is not None
        if not (source.directory / source.dockerfile).is_file():
            raise files.BuildError(f"there is no {source.dockerfile} in {source.directory}")
        text = (source.directory / source.dockerfile).read_text()
        context = files.context(source.directory, source.dockerfile)
        contents = await asyncio.to_thread(self._contents, context)
        key = _digest(
            _FORMAT, interpreters.RUNNING, text, repr(sorted(source.build_args.items())), str(source.target), contents
        )
        folder = self._folder / f"{place}-{key.removeprefix('sha256:')[:16]}"
        if (config := _load(folder / "image.json")) is None:
            config = await self._build(source, text, context, folder)
            for former in self._folder.glob(f"{place}-*"):
                if former != folder:
                    await asyncio.to_thread(shutil.rmtree, former, ignore_errors=True)
        return Image(source.name, key, folder / "root", config)

    def _contents(self, context: files.Tree) -> str:
        """The digest of a context, from memory where it looks as it did."""
        stamp = files.stamp(context)
        if self._digests.get(context.root, (0, ""))[0] != stamp:
            self._digests[context.root] = stamp, files.digest(context)
        return self._digests[context.root][1]

    async def _build(self, source: ImageSource, text: str, context: files.Tree, folder: Path) -> Config:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        folder.mkdir(parents=True)
        description = dockerfile.parse(text)
        name = _short(source)
        builder = Builder(
            name, context, description, dict(source.build_args), folder, self._environments, self._supervisor
        )
        built = await builder.build(source.target)
        built.root.rename(folder / "root")
        for other in folder.glob("stage-*"):
            await asyncio.to_thread(shutil.rmtree, other, ignore_errors=True)
        (folder / "image.json").write_bytes(orjson.dumps(built.config))
        return built.config

    def _tell(self, image: Image) -> None:
        """Each note once: what of a Dockerfile was not done must be seen."""
        for note in image.config.notes:
            text = f"{image.name.rpartition('/')[2]}: {note}"
            if text not in self._said:
                self._said.add(text)
                self._say(text)


def _load(file: Path) -> Config | None:
    """None where the image is not complete, or the environment that it needs is gone."""
    if not file.is_file():
        return None
    fields = orjson.loads(file.read_bytes())
    plain: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
    config = Config(**plain)
    return config if all(Path(folder).is_dir() for folder in config.bins) else None


def _short(source: ImageSource) -> str:
    """A name for messages: an asset's own is a hash."""
    return source.directory.name if source.directory else source.name


def _attempted(source: ImageSource) -> str:
    """What failed, for messages whose line numbers are those of the Dockerfile."""
    made_from = f" from {source.directory / source.dockerfile}" if source.directory else ""
    return f"{source.name} cannot be built{made_from}"


def _digest(*parts: str) -> str:
    return "sha256:" + hashlib.sha256("\0".join(parts).encode()).hexdigest()
