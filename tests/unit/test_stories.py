"""What a script says of itself, and what it finds in its environment."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.cli import stories
from penstock.cli.stories import Ended, Story

SCRIPT = """#!/bin/sh
# Something is bought.
# Twice.
#
#   URL=... buy.sh
set -eu
"""


@pytest.mark.parametrize(
    ("output", "variable"),
    [
        ("ApiUrl", "API_URL"),
        ("ProductApiUrl", "PRODUCT_API_URL"),
        ("AuditDeadLetterQueueUrl", "AUDIT_DEAD_LETTER_QUEUE_URL"),
        ("RestAPIUrl", "REST_API_URL"),
        ("S3Bucket2Name", "S3_BUCKET2_NAME"),
        ("plain", "PLAIN"),
    ],
)
def test_outputs_are_variables(output: str, variable: str) -> None:
    assert stories.variable(output) == variable


@given(st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,30}", fullmatch=True))
def test_a_variable_is_the_output_in_capitals(output: str) -> None:
    assert stories.variable(output).replace("_", "") == output.upper()


def test_the_comment_at_the_head_is_the_title() -> None:
    assert stories.title(SCRIPT) == "Something is bought. Twice."
    assert stories.title("#!/bin/sh\nset -eu\n# later") == ""


def test_only_executable_scripts_are_stories(tmp_path: Path) -> None:
    (tmp_path / "examples").mkdir()
    for name, mode in (("b.sh", 0o755), ("a.sh", 0o755), ("lib.sh", 0o644), ("data.json", 0o755)):
        (tmp_path / "examples" / name).write_text(SCRIPT)
        (tmp_path / "examples" / name).chmod(mode)
    (tmp_path / "template.yaml").touch()
    assert [story.script.name for story in stories.of(tmp_path)] == ["a.sh", "b.sh"]
    assert stories.of(tmp_path / "template.yaml") == stories.of(tmp_path)
    assert stories.of(tmp_path / "examples") == []


def test_nobodys_credentials_reach_a_story(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "secret")
    env = stories.environment({"ApiUrl": "http://here"}, {"AWS_ACCESS_KEY_ID": "test"})
    assert {"AWS_PROFILE", "AWS_SESSION_TOKEN"}.isdisjoint(env)
    assert (env["API_URL"], env["AWS_ACCESS_KEY_ID"], env["AWS_CONFIG_FILE"]) == ("http://here", "test", "/dev/null")


def test_lines_come_as_they_are_said_and_then_how_it_ended(tmp_path: Path) -> None:
    script = tmp_path / "examples" / "story.sh"
    script.parent.mkdir()
    script.write_text('#!/bin/sh\necho "> one $API_URL"\npwd\necho why >&2\necho\nexit 3\n')
    script.chmod(0o755)
    said = list(stories.play(Story(script, ""), {"API_URL": "http://here", "PATH": "/bin:/usr/bin"}))
    assert said == ["> one http://here", str(tmp_path), "why", "", Ended(3, "why")]
