"""kill -9 of a runtime with a service: no container outlives it, and the next runtime brings the service back."""

import json
import os
import select
import urllib.request
from pathlib import Path

from tests.contract.ecs.test_resources import template
from tests.e2e.conftest import Cli

SERVICE = "survivors"
# Answers with its process id.
PID = (
    "import http.server, os\n"
    "class H(http.server.BaseHTTPRequestHandler):\n"
    "    def do_GET(self):\n"
    "        self.send_response(200); self.end_headers(); self.wfile.write(str(os.getpid()).encode())\n"
    "http.server.ThreadingHTTPServer(('0.0.0.0', 8080), H).serve_forever()\n"
)


def running(cli: Cli) -> tuple[str, int]:
    """The service's only task that runs, and the process that answers in it."""
    cli.aws("ecs", "wait", "services-stable", "--cluster", "survivor", "--services", SERVICE)
    [arn] = cli.aws("ecs", "list-tasks", "--cluster", "survivor")["taskArns"]
    [task] = cli.aws("ecs", "describe-tasks", "--cluster", "survivor", "--tasks", arn)["tasks"]
    address = task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"]
    with urllib.request.urlopen(f"http://{address}:8080/", timeout=10) as answer:
        return arn, int(answer.read())


def test_a_service_comes_back(cli: Cli, tmp_path: Path) -> None:
    app = tmp_path / "survivor.template.json"
    app.write_text(json.dumps(template("survivor", PID, ServiceName=SERVICE)))
    cli("up", "--detach", "--port", "0", app)
    before, pid = running(cli)
    process = os.pidfd_open(pid)  # readable when the process has ended
    cli.kill()
    assert select.select([process], [], [], 30)[0], "the container outlives its runtime"
    cli("up", "--detach", app)
    after, _ = running(cli)
    assert after != before
    [stopped] = cli.aws("ecs", "describe-tasks", "--cluster", "survivor", "--tasks", before)["tasks"]
    assert stopped["lastStatus"] == "STOPPED"
