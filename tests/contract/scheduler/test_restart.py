"""What a restart makes of schedules: nothing is lost or doubled, and what was missed is made up for once."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from penstock.call import Config
from penstock.testing import TestRuntime, running

ACCOUNT = "us-east-1:000000000000"
HOUR = 3600


def sleep_while_down(data: Path, seconds: float) -> None:
    """The clock goes on while nothing runs."""
    with sqlite3.connect(data / "state.db") as db:
        (offset,) = db.execute("SELECT value FROM penstock_meta WHERE name = 'clock_offset'").fetchone() or (0.0,)
        db.execute("INSERT OR REPLACE INTO penstock_meta VALUES ('clock_offset', ?)", (offset + seconds,))


def create(runtime: TestRuntime, expression: str, **members: Any) -> None:
    sqs = runtime.client("sqs")
    for name in ("q", "dead"):
        sqs.create_queue(QueueName=name)
    target = {
        "Arn": f"arn:aws:sqs:{ACCOUNT}:q",
        "RoleArn": "arn:aws:iam::000000000000:role/r",
        "Input": "<aws.scheduler.scheduled-time>",
        "DeadLetterConfig": {"Arn": f"arn:aws:sqs:{ACCOUNT}:dead"},
        **members,
    }
    window = {"Mode": "OFF"}
    runtime.client("scheduler").create_schedule(
        Name="s", ScheduleExpression=expression, FlexibleTimeWindow=window, Target=target
    )


def bodies(runtime: TestRuntime, name: str = "q") -> list[str]:
    sqs = runtime.client("sqs")
    url, found = sqs.get_queue_url(QueueName=name)["QueueUrl"], []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [message["Body"] for message in messages]
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def epochs(texts: list[str]) -> list[float]:
    return [datetime.fromisoformat(text).timestamp() for text in texts]


def test_a_schedule_goes_on_where_it_was(tmp_path: Path) -> None:
    with running(Config(port=0, data=tmp_path)) as runtime:
        create(runtime, "rate(1 hour)")
        runtime.advance(90 * 60)
        first = epochs(bodies(runtime))
    with running(Config(port=0, data=tmp_path)) as runtime:
        runtime.settle()
        assert bodies(runtime) == []
        runtime.advance(HOUR)
        assert epochs(bodies(runtime)) == [first[-1] + HOUR]
    assert first[1] == first[0] + HOUR


def test_of_what_was_missed_the_last_is_made_up_for(tmp_path: Path) -> None:
    with running(Config(port=0, data=tmp_path)) as runtime:
        create(runtime, "rate(1 hour)")
        runtime.settle()
        [first] = epochs(bodies(runtime))
    sleep_while_down(tmp_path, 5.5 * HOUR)
    with running(Config(port=0, data=tmp_path)) as runtime:
        runtime.settle()
        assert epochs(bodies(runtime)) == [first + 5 * HOUR]
        runtime.advance(HOUR)
        assert epochs(bodies(runtime)) == [first + 6 * HOUR]


@pytest.mark.parametrize(("down", "expected"), [(60, ["q"]), (600, ["dead"])])
def test_what_is_too_old_by_then_is_a_dead_letter(tmp_path: Path, down: float, expected: list[str]) -> None:
    with running(Config(port=0, data=tmp_path)) as runtime:
        when = datetime.fromtimestamp(runtime.now() + 30, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        create(runtime, f"at({when})", RetryPolicy={"MaximumEventAgeInSeconds": 120})
    sleep_while_down(tmp_path, down)
    with running(Config(port=0, data=tmp_path)) as runtime:
        runtime.settle()
        assert [name for name in ("q", "dead") if bodies(runtime, name) == [f"{when}Z"]] == expected


def test_a_schedule_that_cannot_be_read_holds_up_no_other(tmp_path: Path) -> None:
    with running(Config(data=tmp_path, port=0)) as runtime:
        create(runtime, "rate(1 hour)")
        task = {"TaskDefinitionArn": f"arn:aws:ecs:{ACCOUNT}:task-definition/t:1"}
        cluster = {"Arn": f"arn:aws:ecs:{ACCOUNT}:cluster/c", "EcsParameters": task, "Input": "{}"}
        runtime.client("scheduler").create_schedule(
            Name="torn",
            ScheduleExpression="rate(1 hour)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={**cluster, "RoleArn": "arn:aws:iam::000000000000:role/r"},
        )
        runtime.settle()
    with sqlite3.connect(tmp_path / "state.db") as db:
        torn = (
            "UPDATE scheduler_schedules SET schedule = json_set(schedule, '$.Target.EcsParameters', 5) WHERE name = ?"
        )
        db.execute(torn, ("torn",))
    with running(Config(data=tmp_path, port=0)) as runtime:
        bodies(runtime)
        for _ in range(2):
            runtime.advance(HOUR)
        assert len(bodies(runtime)) == 2
        logged = [line.message for line in runtime.runtime.kernel.telemetry.lines if line.source.endswith("/torn")]
        assert len(logged) == 2
