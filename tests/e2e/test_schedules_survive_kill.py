"""kill -9 while schedules fire: every instant of each is delivered once, whenever the runtime was killed."""

import json
import random
import subprocess
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3

from tests.e2e.conftest import BIN, Cli

SCHEDULES = 20
MINUTES = 90


def template() -> dict[str, Any]:
    target = {
        "Arn": {"Fn::GetAtt": ["Queue", "Arn"]},
        "RoleArn": "arn:aws:iam::000000000000:role/r",
        "Input": "<aws.scheduler.schedule-arn> <aws.scheduler.scheduled-time>",
    }
    schedule = {
        "Type": "AWS::Scheduler::Schedule",
        "Properties": {
            "ScheduleExpression": "cron(* * * * ? *)",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": target,
        },
    }
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "fired"}}
    return {"Resources": {"Queue": queue, **{f"S{number}": schedule for number in range(SCHEDULES)}}}


def received(endpoint: str) -> dict[str, list[float]]:
    sqs = boto3.client(
        "sqs", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    url, found = sqs.get_queue_url(QueueName="fired")["QueueUrl"], defaultdict(list)
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=3600).get("Messages"):
        for message in messages:
            schedule, _, due = message["Body"].partition(" ")
            found[schedule].append(datetime.fromisoformat(due).timestamp())
    return found


def test_no_firing_is_lost_or_doubled(cli: Cli, tmp_path: Path) -> None:
    app = tmp_path / "minutes.template.json"
    app.write_text(json.dumps(template()))
    cli("up", "--detach", "--port", "0", app)
    chance = random.Random(0)
    for _ in range(4):
        moving = subprocess.Popen(
            [BIN / "penstock", "clock", "advance", f"{MINUTES}m"], env=cli.env, stderr=subprocess.DEVNULL
        )
        try:
            moving.wait(chance.uniform(0.4, 1.2))  # killed while it fires, or after
        except subprocess.TimeoutExpired:
            pass
        cli.kill()
        moving.wait(30)
        cli("up", "--detach", app)
    cli("clock", "advance", f"{5 * MINUTES}m")
    state = json.loads((cli.data / "runtime.json").read_text())
    found = received(f"http://{state['host']}:{state['port']}")
    assert len(found) == SCHEDULES
    for schedule, instants in found.items():
        instants.sort()
        assert instants == [instants[0] + 60 * number for number in range(len(instants))], schedule
    assert min(map(len, found.values())) >= MINUTES
