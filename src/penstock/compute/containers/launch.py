"""What a container's process is started with: its command, its variables, its working directory. Pure but for looking
whether paths exist.
"""

import contextlib
import re
import shutil
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from penstock.base.errors import PenstockError
from penstock.compute.containers.image import Image
from penstock.compute.containers.model import ContainerSpec
from penstock.compute.containers.paths import LONGEST_NAME, Places

_LOCAL = re.compile(r"(?<![\w.-])(?:localhost|127\.0\.0\.1)(?P<port>:\d+)?(?![\w.-])")
# Both the host's and the container's own have a say, the host's first.
_LONGEST_SCRIPT = 1 << 16
_JOINED = {"PYTHONPATH": ":", "NODE_OPTIONS": " "}


class CannotStart(PenstockError):
    """The container's command cannot be executed; the text is its reason."""


@dataclass(frozen=True, slots=True)
class Launch:
    argv: list[str]
    variables: dict[str, str]
    directory: Path


def launch(spec: ContainerSpec, image: Image, root: Path, host: Mapping[str, str], address: str) -> Launch:
    """`root` is the container's own copy of the image's; `host` what the runtime adds. Raises CannotStart."""
    places = Places(root, image.bins)
    own = {"LANG": "C.UTF-8", **image.config.environment, **spec.environment}
    variables = {"HOME": str(places.directory("/root")), **places.variables(own), **spec.secrets}
    joined = {
        name: separator.join(part for part in (host.get(name), variables.get(name)) if part)
        for name, separator in _JOINED.items()
    }
    variables = {**variables, **host, **{name: value for name, value in joined.items() if value}}
    variables.update(_client_settings(places, address, variables.get("AWS_ENDPOINT_URL", "")))
    directory = places.directory(spec.working_directory or image.config.working_directory)
    argv = places.argv(_command(spec, image), variables["PATH"])
    _adapt_scripts(argv, places, directory)
    if shutil.which(argv[0] if "/" not in argv[0] else str(directory / argv[0]), path=variables["PATH"]) is None:
        raise CannotStart(f'exec: "{argv[0]}": executable file not found in $PATH')
    return Launch(argv, variables, directory)


def _command(spec: ContainerSpec, image: Image) -> tuple[str, ...]:
    """As Docker puts it together: an entry point that is given does away with the image's CMD."""
    command = spec.command or (() if spec.entry_point else image.config.command) or ()
    argv = (*(spec.entry_point or image.config.entry_point or ()), *command)
    if not argv:
        raise CannotStart("; ".join(["No command specified", *image.config.notes]))
    return argv


def _adapt_scripts(argv: list[str], places: Places, directory: Path) -> None:
    """Paths of the image in scripts that are the command (`/entrypoint.sh`), and in their first line."""
    for word in set(" ".join(argv[:3]).split()):
        file = directory / word
        if len(word) > LONGEST_NAME or not (file.is_file() and file.resolve().is_relative_to(places.root.resolve())):
            continue
        first, newline, rest = file.read_bytes()[:_LONGEST_SCRIPT].partition(b"\n")
        if first.startswith(b"#!") and file.stat().st_size < _LONGEST_SCRIPT:
            with contextlib.suppress(UnicodeDecodeError):
                body = rest.decode() if b"python" in first or b"node" in first else places.text(rest.decode())
                file.write_text(f"{places.text(first.decode())}{newline.decode()}{body}")


def _client_settings(places: Places, address: str, endpoint: str) -> dict[str, str]:
    """curl and wget know no Python or Node hook: their own settings make them come from the task's address, and curl
    find the task behind localhost.
    """
    if not address:
        return {}
    folder = places.directory("/run/penstock")
    port = urlsplit(endpoint).port or 0
    lines = [f'interface = "{address}"']
    lines += [f'connect-to = "{name}:{port}:{name}:{port}"' for name in ("localhost", "127.0.0.1") if port]
    lines += [f'connect-to = "{name}::{address}:"' for name in ("localhost", "127.0.0.1")]
    (folder / ".curlrc").write_text("".join(f"{line}\n" for line in lines))
    (folder / "wgetrc").write_text(f"bind_address = {address}\n")
    return {"CURL_HOME": str(folder), "WGETRC": str(folder / "wgetrc")}


def check_command(command: tuple[str, ...], started: Launch, image: Image, root: Path, address: str) -> list[str]:
    """The argv of a health check; localhost in it is the task's address, but for the runtime's endpoint."""
    kind, *rest = command
    words = (
        tuple(rest) if kind == "CMD" else ("/bin/sh", "-c", *(rest if kind == "CMD-SHELL" else (" ".join(command),)))
    )
    endpoint = urlsplit(started.variables.get("AWS_ENDPOINT_URL", "")).port

    def to_task(match: re.Match[str]) -> str:
        port = match["port"] or ""
        return match[0] if not address or port == f":{endpoint}" else f"{address}{port}"

    argv = Places(root, image.bins).argv(words, started.variables["PATH"])
    return [argv[0], *(_LOCAL.sub(to_task, word) for word in argv[1:])]


def stop_signal(name: str) -> int:
    """SIGTERM, TERM or 15; what is none of a process's signals counts as SIGTERM."""
    if name.isdecimal():
        return int(name)
    full = name.upper() if name.upper().startswith("SIG") else f"SIG{name.upper()}"
    return int(signal.Signals.__members__.get(full, signal.SIGTERM))


def exit_code(code: int) -> int:
    """As Docker counts: 128 + n for signal n."""
    return 128 - code if code < 0 else code


def copy_root(image: Image, root: Path, mounts: Mapping[str, Path]) -> None:
    """The container's own file system; `mounts` are directories of the task at paths in it.

    What the image has at the path of a volume that is still empty goes into the volume, as in Docker.
    """
    shutil.copytree(image.root, root, symlinks=True)
    for path, volume in mounts.items():
        volume.mkdir(parents=True, exist_ok=True)
        place = root / path.strip("/")
        if place.is_dir() and not any(volume.iterdir()):
            shutil.copytree(place, volume, symlinks=True, dirs_exist_ok=True)
        shutil.rmtree(place, ignore_errors=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(volume)
