"""The example of docs/alarms.md is run as it stands there."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[3] / "docs"


def test_the_example_runs(penstock):
    [example] = re.findall(r"```python\n(.*?)```", (DOCS / "alarms.md").read_text(), re.DOTALL)
    exec(example, {"penstock": penstock})
