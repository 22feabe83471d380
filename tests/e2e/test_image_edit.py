"""An edit in a container's code: the next `up` makes a new image and rolls it out."""

import json
import shutil
from pathlib import Path
from typing import Any

import urllib3

from penstock.testing import TestRuntime

GATEWAY = Path(__file__).parents[2] / "systems" / "gateway"


def test_an_edit_is_rolled_out_by_the_next_up_and_not_before(penstock: TestRuntime, tmp_path: Path) -> None:
    app = tmp_path / "gateway"
    shutil.copytree(GATEWAY, app, ignore=shutil.ignore_patterns("__pycache__", "cdk.out", "tests"))
    environment = app / "infra" / "environments" / "dev.json"
    environment.write_text(json.dumps({**json.loads(environment.read_text()), "deployment": "edited"}))
    url = penstock.up(app).outputs["edited-dev"]["ApiUrl"]

    def said() -> Any:
        return urllib3.request("GET", f"{url}links/none", retries=False).json()["detail"]

    assert said() == "There is no link none."
    link = app / "domain" / "link.py"
    link.write_text(link.read_text().replace("There is no link", "Nobody knows"))
    assert said() == "There is no link none."
    penstock.up(app)
    assert said() == "Nobody knows none."
    (app / "README.md").write_text("What does not go into the image changes nothing.")
    before = penstock.client("ecs").list_task_definitions()["taskDefinitionArns"]
    penstock.up(app)
    assert penstock.client("ecs").list_task_definitions()["taskDefinitionArns"] == before
