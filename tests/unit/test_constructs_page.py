"""The example of docs/constructs.md is an app that can be synthesized."""

import os
import re
import subprocess
import sys
from pathlib import Path

from penstock_constructs import node

PAGE = Path(__file__).parents[2] / "docs" / "constructs.md"


def test_the_example_is_an_app(tmp_path: Path) -> None:
    node.provide()
    [example] = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    (tmp_path / "receiver").mkdir()
    (tmp_path / "receiver" / "Dockerfile").write_text("FROM python:3.13-slim\n")
    env = {**os.environ, "PENSTOCK": "1", "CDK_OUTDIR": str(tmp_path / "out")}
    done = subprocess.run([sys.executable, "-c", example], env=env, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    template = (tmp_path / "out" / "Shipping.template.json").read_text()
    assert template.count('"AWS::Lambda::EventSourceMapping"') == 2


def test_the_page_names_every_construct() -> None:
    modules = {
        file.stem
        for file in Path(node.__file__).parent.glob("*.py")
        if re.search(r"^class [A-Z]", file.read_text(), re.MULTILINE) and file.stem != "api_gateway_account"
    }
    assert modules <= set(re.findall(r"`(\w+)\.[A-Z]", PAGE.read_text()))
