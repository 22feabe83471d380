from datetime import UTC, datetime

import pytest


@pytest.fixture
def scheduled(events, unique, queue):
    """`scheduled("rate(1 hour)")`: a rule on the default bus with a queue; the queue's URL."""

    def make(expression, **members):
        url, arn = queue()
        events.put_rule(Name=unique, ScheduleExpression=expression, **members)
        events.put_targets(Rule=unique, Targets=[{"Id": "t", "Arn": arn}])
        return url

    yield make
    events.remove_targets(Rule=unique, Ids=["t"])
    events.delete_rule(Name=unique)


def epoch(body):
    return datetime.strptime(body["time"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()


def test_a_rate_fires_every_interval_from_its_creation(events, scheduled, bodies, unique, advance, now):
    start = now()
    url = scheduled("rate(1 hour)")
    advance(3 * 3600 + 60)
    fired = bodies(url)
    assert [round((epoch(body) - start) / 3600, 2) for body in fired] == [1, 2, 3]
    body = fired[0]
    assert (body["source"], body["detail-type"], body["detail"]) == ("aws.events", "Scheduled Event", {})
    assert body["resources"] == [f"arn:aws:events:us-east-1:000000000000:rule/{unique}"]


def test_cron_fires_at_the_times_it_names(scheduled, bodies, advance):
    url = scheduled("cron(15 10 * * ? *)")
    advance(2 * 86_400)
    assert [body["time"][11:] for body in bodies(url)] == ["10:15:00Z"] * 2


def test_a_disabled_schedule_is_silent(events, scheduled, bodies, unique, advance):
    url = scheduled("rate(1 minute)", State="DISABLED")
    advance(180)
    assert bodies(url) == []
    events.enable_rule(Name=unique)
    advance(90)
    events.disable_rule(Name=unique)
    advance(180)
    assert len(bodies(url)) == 1


def test_a_changed_schedule_replaces_the_old_one(events, scheduled, bodies, unique, advance):
    url = scheduled("rate(1 minute)")
    events.put_rule(Name=unique, ScheduleExpression="rate(1 day)")
    advance(3600)
    assert bodies(url) == []


def test_scheduled_events_reach_only_their_own_rule(events, scheduled, queue, bodies, unique, advance):
    other_url, other_arn = queue("other")
    events.put_rule(Name=f"{unique}-all", EventPattern='{"source": ["aws.events"]}')
    events.put_targets(Rule=f"{unique}-all", Targets=[{"Id": "t", "Arn": other_arn}])
    url = scheduled("rate(1 minute)")
    advance(61)
    assert (len(bodies(url)), len(bodies(other_url))) == (1, 0)
