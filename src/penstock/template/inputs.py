"""What a synthesis depended on, and whether that is still the same.

Rule: a Python app is traced while it runs, so its inputs are the files it read and the directories it listed. Any other
app, one that starts programs that cannot be traced, and one that builds its assets depends on every file it has.

A function runs from where its code was copied from, so that code is no input. An image does not change once it is made,
nor what was put into a bucket: the files that went into one are inputs, and what is used is the copy.
"""

import hashlib
import importlib.util
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

TRACER = Path(__file__).parent / "tracing"
NODE_TRACER = TRACER / "copies.cjs"

NOT_INPUT = frozenset({"cdk.out", "__pycache__", "node_modules", "site-packages"})
_SYSTEM = tuple(
    str(Path(path)) + os.sep
    for path in {
        sys.prefix,
        sys.base_prefix,
        os.path.realpath(sys.base_prefix),
        "/usr",
        "/etc",
        "/proc",
        "/sys",
        "/dev",
    }
)

# {"files": {path: [mtime_ns, size, digest]}, "dirs": {path: digest of its names}, "origins": {staged asset: source}}
Inputs = dict[str, Any]


def traced(trace: Path, app: Path, out: Path) -> Inputs:
    """The inputs that the processes of a synthesis into `out` left in `trace`."""
    facts: dict[str, list[str]] = {"file": [], "dir": [], "process": [], "copy": []}
    for note in trace.iterdir():
        for line in note.read_text().splitlines():
            kind, _, rest = line.partition("\t")
            facts[kind].append(rest)
    copies = dict(copy.split("\t") for copy in facts["copy"])
    files = {_source(Path(path)) for path in facts["file"]} | {app / "cdk.json", app / "cdk.context.json"}
    if not facts["file"] or not all(map(_traceable, facts["process"])) or _made_assets(out) - copies.keys():
        files |= set(_tree(app))
    listed = {Path(path) for path in facts["dir"]}
    for asset in _kept(out) & copies.keys():
        context = set(_context(out / asset, Path(copies.pop(asset))))
        files |= context
        listed |= {path.parent for path in context}
    inputs = {path for path in files if _is_input(path, app, out) and path.is_file()}
    dirs = {path for path in listed if _is_input(path, app, out) and path.is_dir()}
    return {
        "files": {str(path): _stamp(path) for path in sorted(inputs)},
        "dirs": {str(path): _names(path) for path in sorted(dirs)},
        "origins": {asset: source for asset, source in copies.items() if Path(source).exists()},
    }


def unchanged(inputs: Inputs) -> bool:
    """Whether every file still has the same content and every directory the same entries."""
    return all(_same(Path(path), stamp) for path, stamp in inputs["files"].items()) and all(
        Path(path).is_dir() and _names(Path(path)) == names for path, names in inputs["dirs"].items()
    )


def digest(parts: Iterable[str]) -> str:
    """A short name for what the parts say together."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _traceable(program: str) -> bool:
    """Python processes inherit the tracer; node is jsii's kernel, which reads assets and the construct library only."""
    return Path(program).name.startswith(("python", "node"))


def _made_assets(out: Path) -> set[str]:
    return {path.name for path in out.iterdir() if path.name.startswith("asset.")}


def _kept(out: Path) -> set[str]:
    """The staged assets that images are made of, or that are put into buckets; also those of nested assemblies."""
    manifests = (json.loads(file.read_text()) for file in out.rglob("*.assets.json"))
    images = (image["source"] for manifest in manifests for image in manifest.get("dockerImages", {}).values())
    named = {Path(source["directory"]).name for source in images if "directory" in source}
    templates = (text for file in out.rglob("*.template.json") if "CDKBucketDeployment" in (text := file.read_text()))
    return named | {f"asset.{key}" for text in templates for key in _deployed(json.loads(text))}


def _deployed(template: dict[str, Any]) -> Iterator[str]:
    for body in template.get("Resources", {}).values():
        if body.get("Type") == "Custom::CDKBucketDeployment":
            keys = body["Properties"]["SourceObjectKeys"]
            yield from (Path(key).stem for key in keys if isinstance(key, str))


def _context(staged: Path, source: Path) -> Iterator[Path]:
    """Where the files of a staged asset came from."""
    return (source / path.relative_to(staged) for path in staged.rglob("*") if path.is_file())


def _source(path: Path) -> Path:
    if path.suffix == ".pyc" and path.parent.name == "__pycache__":
        return Path(importlib.util.source_from_cache(str(path)))
    return path


def _is_input(path: Path, app: Path, out: Path) -> bool:
    """The app may lie below a system folder (/usr/src/app); what is installed is known by other signs."""
    if path.is_relative_to(out) or path.suffix == ".pyc" or NOT_INPUT & set(path.parts):
        return False
    return path.is_relative_to(app) or not str(path).startswith(_SYSTEM)


def _tree(root: Path) -> Iterator[Path]:
    for folder, names, files in os.walk(root):
        names[:] = [name for name in names if not name.startswith(".") and name not in NOT_INPUT]
        yield from (Path(folder, name) for name in files)


def _stamp(path: Path) -> list[Any]:
    status = path.stat()
    return [status.st_mtime_ns, status.st_size, hashlib.sha256(path.read_bytes()).hexdigest()]


def _same(path: Path, stamp: list[Any]) -> bool:
    """A changed time alone is no change: a checkout touches files."""
    try:
        status = path.stat()
        if [status.st_mtime_ns, status.st_size] == stamp[:2]:
            return True
        return bool(status.st_size == stamp[1] and _stamp(path)[2] == stamp[2])
    except OSError:
        return False


def _names(path: Path) -> str:
    names = (child.name for child in path.iterdir())
    return digest(sorted(name for name in names if not name.startswith(".") and name not in NOT_INPUT))
