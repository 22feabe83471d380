"""What a process is started with: its command, its variables, and how a health check finds its task."""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from penstock.compute.containers import interpreters
from penstock.compute.containers.image import Image
from penstock.compute.containers.launch import CannotStart, check_command, exit_code, launch, stop_signal
from penstock.compute.containers.model import ContainerSpec, Health, HealthCheck, ImageSource, Stop, StopCode, TaskSpec
from penstock.compute.containers.stage import Config
from penstock.compute.containers.task import Task
from penstock.web.network import Network

SOURCE = ImageSource(name="x")
SERVER = """
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()
http.server.HTTPServer(("0.0.0.0", 8123), Handler).serve_forever()
"""


def started(
    root: Path, config: Config, address: str = "", host: Mapping[str, str] = MappingProxyType({}), **fields: Any
) -> Any:
    image = Image("x", "sha256:0", root, config)
    return launch(ContainerSpec(name="c", image=SOURCE, **fields), image, root, host, address)


@pytest.mark.parametrize(
    ("image", "given", "expected"),
    [
        ({"command": ("echo", "image")}, {}, ["echo", "image"]),
        ({"entry_point": ("echo",), "command": ("image",)}, {}, ["echo", "image"]),
        ({"entry_point": ("echo",), "command": ("image",)}, {"command": ("own",)}, ["echo", "own"]),
        ({"entry_point": ("echo",), "command": ("image",)}, {"entry_point": ("env",)}, ["env"]),
        ({"command": ("image",)}, {"entry_point": ("env",), "command": ("A=1",)}, ["env", "A=1"]),
    ],
)
def test_the_command(tmp_path: Path, image: Any, given: Any, expected: list[str]) -> None:
    assert started(tmp_path, Config(**image), **given).argv == expected


def test_no_command_at_all(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="No command specified"):
        started(tmp_path, Config())


def test_the_image_its_definition_and_the_host_in_this_order(tmp_path: Path) -> None:
    config = Config(command=("env",), environment={"PATH": "/opt/tool/bin", "A": "image", "B": "image", "C": "image"})
    (tmp_path / "opt/tool/bin").mkdir(parents=True)
    found = started(tmp_path, config, host={"C": "host"}, environment={"B": "own", "C": "own"}).variables
    assert (found["A"], found["B"], found["C"]) == ("image", "own", "host")
    assert found["PATH"].split(":")[0] == f"{tmp_path}/opt/tool/bin"
    assert f"{sys.prefix}/bin" not in found["PATH"].split(":")


def test_the_working_directory_is_made(tmp_path: Path) -> None:
    assert started(tmp_path, Config(command=("env",), working_directory="/w")).directory == tmp_path / "w"
    given = started(tmp_path, Config(command=("env",)), working_directory="/own/dir").directory
    assert given == tmp_path / "own/dir"
    assert given.is_dir()


def test_scripts_that_are_the_command_find_their_files(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    script = tmp_path / "entrypoint.sh"
    script.write_text('#!/bin/sh\ncd /app && exec "$@"\n')
    script.chmod(0o755)
    found = started(tmp_path, Config(entry_point=("/entrypoint.sh",), command=("env",)))
    assert found.argv == [str(script), "env"]
    assert script.read_text() == f'#!/bin/sh\ncd {tmp_path}/app && exec "$@"\n'


@pytest.mark.parametrize("command", [("./start.sh", "x"), ("sh", "start.sh"), ("/bin/sh", "-c", "exec ./start.sh")])
def test_scripts_in_the_working_directory(tmp_path: Path, command: tuple[str, ...]) -> None:
    script = tmp_path / "app" / "start.sh"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\nexec cat /app/x\n")
    script.chmod(0o755)
    started(tmp_path, Config(command=command, working_directory="/app"))
    assert script.read_text() == f"#!/bin/sh\nexec cat {tmp_path}/app/x\n"


def test_curl_and_wget_come_from_the_task(tmp_path: Path) -> None:
    host = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}
    found = started(tmp_path, Config(command=("env",)), "127.9.0.1", host).variables
    assert (Path(found["CURL_HOME"]) / ".curlrc").read_text().splitlines() == [
        'interface = "127.9.0.1"',
        'connect-to = "localhost:4566:localhost:4566"',
        'connect-to = "127.0.0.1:4566:127.0.0.1:4566"',
        'connect-to = "localhost::127.9.0.1:"',
        'connect-to = "127.0.0.1::127.9.0.1:"',
    ]
    assert Path(found["WGETRC"]).read_text() == "bind_address = 127.9.0.1\n"
    assert "CURL_HOME" not in started(tmp_path, Config(command=("env",))).variables


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (("CMD-SHELL", "curl localhost:80/ || exit 1"), ["/bin/sh", "-c", "curl 127.9.0.1:80/ || exit 1"]),
        (("CMD-SHELL", "wget -q http://127.0.0.1/x"), ["/bin/sh", "-c", "wget -q http://127.9.0.1/x"]),
        (("CMD", "env", "localhost:4566", "my.localhost:1"), ["env", "localhost:4566", "my.localhost:1"]),
        (("curl -f localhost:1",), ["/bin/sh", "-c", "curl -f 127.9.0.1:1"]),
    ],
)  # fmt: skip
def test_localhost_of_a_health_check_is_the_task(tmp_path: Path, command: Any, expected: list[str]) -> None:
    host = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}
    running = started(tmp_path, Config(command=("env",)), "127.9.0.1", host)
    image = Image("x", "sha256:0", tmp_path, Config())
    assert check_command(command, running, image, tmp_path, "127.9.0.1") == expected


@pytest.mark.parametrize(("name", "number"), [("SIGINT", 2), ("quit", 3), ("9", 9), ("SIGRTMIN+3", 15)])
def test_stop_signals(name: str, number: int) -> None:
    assert stop_signal(name) == number


def test_exit_codes() -> None:
    assert [exit_code(code) for code in (0, 3, -9, -15)] == [0, 3, 137, 143]


@pytest.mark.parametrize(
    "command",
    [
        "python -c \"import urllib.request as u; u.urlopen('http://localhost:8123/health')\"",
        "curl -fsS http://localhost:8123/health",
        "wget -q -O - http://127.0.0.1:8123/health",
    ],
)
def test_two_tasks_serve_the_same_port_and_are_healthy(lab: Any, command: str) -> None:
    """Each on its own address; only members of the network are answered, so the checks come from there."""
    if shutil.which(command.split()[0]) is None:
        pytest.skip(f"there is no {command.split()[0]} here")

    async def work() -> None:
        network = Network()
        await network.open("", 4566)
        tasks = []
        for name in ("one", "two"):
            lab.added = network.guest({}, network.address(name), "task")
            check = HealthCheck(command=("CMD-SHELL", command), retries=10)
            container = lab.python(SERVER, health_check=check)
            spec = TaskSpec(arn=f"task/{name}", address=network.address(name), containers=(container,))
            tasks.append(Task(spec, lab.host(), lab.images))
            assert await tasks[-1].start()
            await tasks[-1]._containers["main"].until(lambda status: status.health is not Health.UNKNOWN)
        assert [task.health for task in tasks] == [Health.HEALTHY, Health.HEALTHY]
        for task in tasks:
            await task.stop(Stop(StopCode.USER_INITIATED, "Task stopped by user"))
        await network.stop()

    lab.run(work)


@pytest.mark.skipif(interpreters.node("") is None, reason="there is no Node here")
def test_a_node_image(lab: Any) -> None:
    text = (
        "FROM node:20-slim AS build\nWORKDIR /app\nCOPY package.json .\nRUN npm install\nCOPY . .\nRUN npm run build\n"
        "FROM node:20-slim\nWORKDIR /srv\nCOPY --from=build /app/node_modules ./node_modules\n"
        'COPY --from=build /app/made.js .\nCMD ["node", "made.js"]\n'
    )
    files = {
        "package.json": '{"name": "x", "version": "1.0.0", "scripts": {"build": "cp main.js made.js"}}',
        "main.js": "console.log('built', require('fs').existsSync('node_modules'))",
    }
    source = lab.source(text, files)

    async def work() -> None:
        task = lab.task(ContainerSpec(name="main", image=source))
        await task.start()
        await task.ended

    lab.run(work)
    assert lab.lines == ["built true"]


@pytest.mark.skipif(interpreters.uv() is None, reason="there is no uv here")
def test_a_project_of_uv(lab: Any) -> None:
    text = (
        "FROM ghcr.io/astral-sh/uv:python3.11-bookworm-slim\nWORKDIR /app\n"
        "RUN --mount=type=cache,target=/root/.cache/uv \\\n"
        "    --mount=type=bind,source=pyproject.toml,target=pyproject.toml \\\n"
        "    uv sync --no-dev --no-install-project\n"
        'COPY main.py .\nENV PATH="/app/.venv/bin:$PATH"\nCMD ["/app/.venv/bin/python", "main.py"]\n'
    )
    files = {
        "pyproject.toml": "[project]\nname = 'x'\nversion = '1'\nrequires-python = '>=3.9'\ndependencies = []\n",
        "main.py": "import sys; print(sys.prefix)",
    }
    source = lab.source(text, files)

    async def work() -> None:
        task = lab.task(ContainerSpec(name="main", image=source))
        await task.start()
        await task.ended
        assert [status.reason for status in task.containers] == [""]

    lab.run(work)
    assert lab.said == ["Installing the packages of service, once"]
    assert Path(lab.lines[0]).parent == lab.directory / "cache" / "python"
