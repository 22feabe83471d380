"""What a function's source tells before it runs: whether it has changed, and which libraries to have ready.

Rule: looking must stay cheap. A live directory of ordinary size is looked at before each invocation; a large one is
looked at again only when twenty times the cost of a look has passed, so that looking never takes more than a twentieth
of the time.
"""

import asyncio
import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

_CHEAP = 0.002  # seconds
_SHARE = 20
_SKIPPED = frozenset({"__pycache__", "node_modules", "cdk.out"})

# Libraries that are worth a place in the warm parent; they start no thread and open nothing when imported.
_PRELOADED = (
    "boto3", "botocore", "aws_lambda_powertools", "aws_xray_sdk", "fastapi", "httpx", "jmespath", "mangum", "pydantic",
    "requests", "starlette", "tenacity", "ulid", "urllib3",
)  # fmt: skip
_IMPORT = re.compile(rb"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+\(?([\w, \t]*)|import[ \t]+([\w., \t]+))", re.M)
_CLIENT = re.compile(rb"\b(client|resource)\(\s*[\"']([a-z0-9-]+)[\"']")
_MAX_SCANNED = 200
# Powertools' idempotency and parameters make their own clients; FastAPI asks for pydantic's first version per route.
_IMPLIED = {
    "fastapi": "pydantic.v1",
    "aws_lambda_powertools.utilities.idempotency": "client:dynamodb",
    "aws_lambda_powertools.utilities.parameters": "client:ssm",
}


class LiveSource:
    """A source directory that is edited in place."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._stamp = 0
        self._cost = _CHEAP  # of a look, in seconds; it at most doubles at once: a busy machine makes one look long
        self._look_after = 0.0

    def stamp(self) -> int:
        """A number that changes with the files (times and names); as of now, or of very shortly before."""
        now = asyncio.get_running_loop().time
        began = now()
        if began >= self._look_after:
            self._stamp = hash(tuple(_stamps(self._directory)))
            ended = now()
            self._cost = min(ended - began, 2 * self._cost)
            self._look_after = ended + _SHARE * self._cost if self._cost > _CHEAP else ended
        return self._stamp


def _stamps(directory: Path) -> Iterator[tuple[str, int, int]]:
    for entry in walk(directory):
        with contextlib.suppress(FileNotFoundError):  # an editor's own file, gone already
            status = entry.stat()
            yield entry.path, status.st_mtime_ns, status.st_size


def walk(directory: Path | str) -> Iterator["os.DirEntry[str]"]:
    if not Path(directory).is_dir():
        return
    with os.scandir(directory) as entries:
        for entry in sorted(entries, key=lambda e: (e.is_dir(), e.name)):
            if entry.is_dir():
                if entry.name not in _SKIPPED and not entry.name.startswith("."):
                    yield from walk(entry.path)
            else:
                yield entry


def wanted(directory: Path) -> list[str]:
    """What the Python files under `directory` use of what is worth preloading: modules, and boto3 clients and
    resources as `client:sqs`, `resource:dynamodb`.
    """
    names: dict[str, None] = {}
    for index, entry in enumerate(e for e in walk(directory) if e.name.endswith(".py")):
        if index >= _MAX_SCANNED:  # bundled dependencies: what the function itself uses stands at the top
            break
        text = Path(entry.path).read_bytes()
        names.update(dict.fromkeys(_imports(text)))
        names.update((f"{kind.decode()}:{service.decode()}", None) for kind, service in _CLIENT.findall(text))
    names.update((client, None) for module, client in _IMPLIED.items() if any(n.startswith(module) for n in names))
    return list(names)


def _imports(text: bytes) -> Iterator[str]:
    for source, names, plain in _IMPORT.findall(text):
        for module in plain.decode().split(",") if plain else [source.decode()]:
            name = module.split(" as ")[0].strip()
            if name.partition(".")[0] in _PRELOADED:
                yield name
                # `from aws_lambda_powertools.utilities import batch` names a module, or a class: then it is not found
                yield from (f"{name}.{part.strip()}" for part in names.decode().split(",") if part.strip().islower())
