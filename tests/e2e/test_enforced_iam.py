"""`penstock up --enforce-iam`: what the templates do not grant is denied, and what they grant is enough."""

import json
import re
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.e2e.conftest import BIN, Cli

SYSTEMS = Path(__file__).parents[2] / "systems"


def post(url: str, body: Any) -> int:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_two_systems_live_on_what_they_are_granted_and_no_more(cli: Cli) -> None:
    cli("up", "--detach", "--port", "0", "--enforce-iam", SYSTEMS / "shop", SYSTEMS / "tasks")
    outputs = cli.json("outputs")
    product, tasks = f"{outputs['ShopStack']['ProductApiUrl']}product", f"{outputs['TasksStack']['ApiUrl']}tasks"
    assert post(product, {"name": "Pen", "price": 1}) == 201
    assert post(tasks, {"name": "Run", "summary": "with what is granted"}) == 201
    cli("clock", "advance", "30s")
    assert not [line for line in denials(cli) if "assumed-role" in line]

    # Its grants are taken from the product function: the next request fails, and the log says why.
    roles = cli.aws("iam", "list-roles")["Roles"]
    [role] = [each["RoleName"] for each in roles if "ProductFunction" in each["RoleName"]]
    for policy in cli.aws("iam", "list-role-policies", "--role-name", role)["PolicyNames"]:
        cli.aws("iam", "delete-role-policy", "--role-name", role, "--policy-name", policy)
    assert post(product, {"name": "Pencil", "price": 1}) == 500
    assert any(role in line and "no identity-based policy allows the dynamodb:" in line for line in denials(cli))
    assert post(tasks, {"name": "Run", "summary": "is not concerned"}) == 201

    # The data directory knows how it was used; another `up` may choose otherwise.
    cli("down")
    cli("up", "--detach")
    assert cli.json("status")["enforce_iam"] is True
    assert "enforces IAM" in cli("up", "--detach", "--no-enforce-iam", SYSTEMS / "shop", status=1).stderr
    assert post(product, {"name": "Pencil", "price": 1}) == 500
    cli("down")
    cli("up", "--detach", "--no-enforce-iam")
    assert post(product, {"name": "Pencil", "price": 1}) == 201


def test_the_example_of_the_documentation(tmp_path: Path) -> None:
    page = (SYSTEMS.parent / "docs" / "iam.md").read_text()
    for name, block in re.findall(r"```\w+\n# (\S+)\n(.*?)```", page, re.DOTALL):
        (tmp_path / name).write_text(block)
    command = [str(BIN / "pytest"), "-q", "-p", "no:cacheprovider", "test_store.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout


def denials(cli: Cli) -> list[str]:
    return [line for line in cli("logs").stdout.splitlines() if line.split()[1:2] == ["iam"]]
