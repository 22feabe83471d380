"""What a function needs before its first process: its image built, the SDK that its code takes for granted installed.

Made once, when a function is deployed, and awaited where an environment is to start. Python functions and bootstraps
need nothing.
"""

import asyncio
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from penstock.base import folders
from penstock.base.errors import PenstockError
from penstock.base.lazy import lazily
from penstock.compute.functions import nodejs
from penstock.compute.functions.model import FunctionSpec, Host
from penstock.compute.supervisor import Supervisor

if TYPE_CHECKING:
    from penstock.compute.containers.environments import Environments
    from penstock.compute.containers.image import Image, Images

_environments = lazily("penstock.compute.containers.environments")
_images = lazily("penstock.compute.containers.image")


class Prepared(NamedTuple):
    """`node_modules` holds what npm installed; `root` the files of `image`, which all environments read."""

    node_modules: Path | None = None
    image: "Image | None" = None
    root: Path | None = None


class Preparation:
    def __init__(self, host: Host, supervisor: Supervisor) -> None:
        self._host = host
        self._supervisor = supervisor
        self._built: Images | None = None
        self._installed: Environments | None = None
        self._vain: set[str] = set()  # what could not be installed, and was said
        self._lock = asyncio.Lock()

    async def of(self, spec: FunctionSpec) -> Prepared:
        """Raises PenstockError for an image that cannot be had; one without its SDK says itself what it lacks."""
        if spec.container is not None:
            return await self._image(spec)
        if spec.runtime.startswith("nodejs"):
            return Prepared(node_modules=await self._sdk(spec.name, spec.runtime, spec.code, spec.layers))
        return Prepared()

    async def _image(self, spec: FunctionSpec) -> Prepared:
        assert spec.container is not None
        folder = self._host.scratch / "functions"
        if self._built is None:
            self._built = _images.Images(self._host.scratch / "images", self._supervisor, self._host.say)
            shutil.rmtree(folder, ignore_errors=True)  # of the runtime before, none of whose functions is left
        image = await self._built.get(spec.container.image)
        root = folder / image.digest.removeprefix("sha256:")[:32]
        async with self._lock:
            await asyncio.to_thread(_copy, image.root, root)
        runtime = image.config.environment.get("AWS_EXECUTION_ENV", "").removeprefix("AWS_Lambda_")
        is_node = runtime.startswith("nodejs")
        modules = await self._sdk(spec.name, runtime, root / "var" / "task", ()) if is_node else None
        return Prepared(modules, image, root)

    async def _sdk(self, name: str, runtime: str, code: Path, layers: tuple[Path, ...]) -> Path | None:
        """The packages of the SDK that code imports and does not bring along."""
        names = await asyncio.to_thread(nodejs.missing, code, layers)
        node = nodejs.find(runtime) if names else None
        key = " ".join(names)
        if node is None or key in self._vain:
            return None
        if self._installed is None:
            folder = folders.cache("environments")
            self._installed = _environments.Environments(folder, self._supervisor, self._host.say)
        try:
            return await self._installed.npm_packages(node, names, name)
        except (PenstockError, OSError) as error:
            self._vain.add(key)
            self._host.say(
                f"{name} imports {', '.join(names)}, which Lambda's Node runtimes have and which cannot be had here; "
                f"bundle it with the function, or npm install it beside the code. {error}"
            )
            return None


def _copy(source: Path, target: Path) -> None:
    """A function's files are read-only on AWS, so one copy serves all; that of the image goes when it is built anew."""
    if not target.is_dir():
        unfinished = target.with_name(f"{target.name}.copying")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, unfinished, symlinks=True)
        unfinished.rename(target)
