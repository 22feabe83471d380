"""`penstock demo`: the stories of what is up, what they set off, and how they fail."""

import json
from pathlib import Path

import pytest

from tests.e2e.conftest import Cli

SYSTEMS = Path(__file__).parents[2] / "systems"
QUEUE = """
Resources:
  Jobs: {Type: AWS::SQS::Queue}
Outputs:
  JobsUrl: {Value: !Ref Jobs}
"""
SENDS = """#!/bin/sh
# A job is sent.
echo "> send to $JOBS_URL"
aws --endpoint-url "$AWS_ENDPOINT_URL" sqs send-message --queue-url "$JOBS_URL" --message-body job --query MessageId
"""
FAILS = """#!/bin/sh
# A job is lost.
echo "nobody has it" >&2
exit 3
"""


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "jobs"
    (folder / "examples").mkdir(parents=True)
    (folder / "template.yaml").write_text(QUEUE)
    return folder


def tell(app: Path, name: str, script: str) -> None:
    (app / "examples" / name).write_text(script)
    (app / "examples" / name).chmod(0o755)


def test_a_purchase_is_shown_from_the_request_to_the_stored_order(cli: Cli) -> None:
    cli("up", "--detach", "--port", "0", SYSTEMS / "shop")
    [story] = cli.json("demo", "shop")
    assert (story["app"], story["status"], story["script"]) == ("shop", 0, "checkout.sh")
    assert "> POST" in story["said"][0] and "orderId" in story["said"][-1]
    first = next(hop for hop in story["hops"] if hop["what"] == "POST /basket/checkout 200")
    on_the_way = [hop for hop in story["hops"] if hop["trace"] == first["trace"]]
    steps = [(hop["kind"], hop["on"]) for hop in on_the_way]
    order = [("http", "BasketRestApi"), ("events", "EventBus"), ("sqs", "OrderingOrdersQueue")]
    assert [step for step in steps if step in order] == order
    assert on_the_way[-1]["by"] == "OrderingConsumer" and on_the_way[-1]["on"] == "OrderingTable"
    assert all(hop["at"] >= 0 and hop["seconds"] >= 0 and not hop["error"] for hop in on_the_way)
    assert "4111" not in json.dumps(story)  # of a card nothing is shown


def test_a_story_is_printed_with_what_it_set_off(cli: Cli, app: Path) -> None:
    tell(app, "send.sh", SENDS)
    assert "penstock demo" in cli("up", "--detach", "--port", "0", app).stdout
    url = cli.json("outputs")["jobs"]["JobsUrl"]
    said = cli("demo").stdout
    assert "A job is sent." in said and f"> send to {url}" in said
    assert any("you" in line and "sqs.SendMessage" in line and "Jobs" in line for line in said.splitlines())
    assert "demo" not in cli("down").stderr
    cli("up", "--detach")  # whose app it was is known as long as the data
    assert cli.json("demo", "jobs")[0]["status"] == 0


def test_a_story_that_fails_fails_the_command_after_the_others(cli: Cli, app: Path) -> None:
    tell(app, "a.sh", FAILS)
    tell(app, "b.sh", SENDS)
    cli("up", "--detach", "--port", "0", app)
    done = cli("demo", status=1)
    assert "jobs (a.sh: nobody has it)" in done.stderr
    assert "sqs.SendMessage" in done.stdout
    assert [story["status"] for story in json.loads(cli("demo", "--json", status=1).stdout)] == [3, 0]


def test_what_cannot_be_played_is_said(cli: Cli, app: Path) -> None:
    assert "`penstock up` starts one" in cli("demo", status=1).stderr
    assert "penstock demo" not in cli("up", "--detach", "--port", "0", app).stdout
    assert "There is no story to play (jobs)" in cli("demo", status=1).stderr
    assert "shop is not up. What is: jobs." in cli("demo", "systems/shop", status=1).stderr
