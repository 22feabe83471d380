"""The example of docs/websockets.md, as it stands there."""

import json
import sys
from pathlib import Path

from websockets.sync.client import connect

PAGE = Path(__file__).parents[3] / "docs" / "websockets.md"


def test_the_example_runs(penstock, tmp_path):
    (tmp_path / "app.py").write_text(PAGE.read_text().partition("```python\n")[2].partition("```")[0])
    (tmp_path / "cdk.json").write_text(json.dumps({"app": f"{sys.executable} app.py"}))
    app = penstock.up(tmp_path)
    with connect(app.outputs["Chat"]["Url"]) as client:
        client.send("hello")
        assert json.loads(client.recv(timeout=30))["said"] == "hello"
