"""docs/templates.md says what the template engine does: neither less nor more."""

import re
from pathlib import Path

from penstock.template import inert
from penstock.template.rules import RULE_FUNCTIONS

DOCS = (Path(__file__).parents[2] / "docs" / "templates.md").read_text()


def test_every_function_is_listed() -> None:
    listed = set(re.findall(r"`(Fn::\w+|Ref)`", DOCS))
    assert listed == RULE_FUNCTIONS.keys() | {"Fn::ForEach"}


def test_every_recorded_type_is_listed_with_its_reason() -> None:
    rows = [line for line in DOCS.splitlines() if line.startswith("| `")]
    listed = {name: row.rsplit("|", 2)[1].strip() for row in rows for name in re.findall(r"`([\w:]+)`", row)}
    assert listed == {kind.name: kind.recorded for kind in inert.TABLE}
