"""Schedules over a simulated year, changes of the clocks included, held against zoneinfo."""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from penstock.testing import TestRuntime, running

DAY = 86_400
Matches = Callable[[datetime], bool]  # a local time

# name -> (expression, time zone, what that means)
CRON: dict[str, tuple[str, str, Matches]] = {
    "left-out": ("cron(30 2 * * ? *)", "Europe/Berlin", lambda t: (t.hour, t.minute) == (2, 30)),
    "twice": ("cron(30 1 * * ? *)", "America/New_York", lambda t: (t.hour, t.minute) == (1, 30)),
    "work": (
        "cron(0 9 ? * MON-FRI *)",
        "America/New_York",
        lambda t: (t.hour, t.minute) == (9, 0) and t.isoweekday() < 6,
    ),
    "month": (
        "cron(45 23 L * ? *)",
        "Europe/Berlin",
        lambda t: (t.hour, t.minute) == (23, 45) and (t + timedelta(days=1)).day == 1,
    ),
    "half-hours": (
        "cron(0/30 1-3 ? * SUN *)",
        "Australia/Lord_Howe",
        lambda t: t.hour in (1, 2, 3) and t.minute in (0, 30) and t.isoweekday() == 7,
    ),
    "utc": ("cron(15 6 1,15 * ? *)", "UTC", lambda t: (t.hour, t.minute) == (6, 15) and t.day in (1, 15)),
}


def expected(zone: str, matches: Matches, start: float, end: float) -> list[str]:
    """Every quarter of an hour of the year that is such a local time, the first time that it comes."""
    quarter = int(start) // 900 * 900 + 900
    moments = (datetime.fromtimestamp(epoch, ZoneInfo(zone)) for epoch in range(quarter, int(end) + 1, 900))
    return [iso(moment) for moment in moments if matches(moment.replace(tzinfo=None)) and moment.fold == 0]


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def create(runtime: TestRuntime, name: str, expression: str, zone: str) -> None:
    target = {
        "Arn": "arn:aws:sqs:us-east-1:000000000000:year",
        "RoleArn": "arn:aws:iam::000000000000:role/r",
        "Input": f"{name} <aws.scheduler.scheduled-time>",
    }
    runtime.client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression=expression,
        ScheduleExpressionTimezone=zone,
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=target,
    )


def messages(sqs: Any, url: str) -> Iterator[Any]:
    options = {"MaxNumberOfMessages": 10, "MessageSystemAttributeNames": ["SentTimestamp"]}
    while found := sqs.receive_message(QueueUrl=url, **options).get("Messages"):
        yield from found
        entries = [{"Id": str(index), "ReceiptHandle": each["ReceiptHandle"]} for index, each in enumerate(found)]
        sqs.delete_message_batch(QueueUrl=url, Entries=entries)


def test_every_schedule_fires_at_its_instants_and_at_no_other() -> None:
    fired: dict[str, list[str]] = defaultdict(list)
    with running() as runtime:
        sqs = runtime.client("sqs")
        keep = {"MessageRetentionPeriod": str(14 * DAY)}
        url = sqs.create_queue(QueueName="year", Attributes=keep)["QueueUrl"]
        start = runtime.now()
        for name, (expression, zone, _) in CRON.items():
            create(runtime, name, expression, zone)
        create(runtime, "days", "rate(1 day)", "America/New_York")
        while runtime.now() < start + 366 * DAY:
            runtime.advance(13 * DAY)
            runtime.settle()
            for message in messages(sqs, url):
                name, _, due = message["Body"].partition(" ")
                fired[name].append(due)
                late = int(message["Attributes"]["SentTimestamp"]) / 1000 - datetime.fromisoformat(due).timestamp()
                assert -0.01 < late < 5, (message["Body"], late)
        end = runtime.now()
    for name, (_, zone, matches) in CRON.items():
        assert sorted(fired[name]) == expected(zone, matches, start, end), name
    assert len(expected("Europe/Berlin", CRON["left-out"][2], start, end)) < (end - start) // DAY, "no change of clocks"
    days = [datetime.fromisoformat(due).timestamp() for due in sorted(fired["days"])]
    assert {later - earlier for earlier, later in itertools.pairwise(days)} == {DAY}
    assert len(days) == (end - days[0]) // DAY + 1
