"""What was acknowledged is there after a restart, and what was under way goes on."""

from penstock.call import Config
from penstock.testing import running

DAY = 86_400


def test_events_retention_and_ids_go_on(tmp_path):
    def put(runtime, message):
        now = int(runtime.now() * 1000)
        events = [{"timestamp": now, "message": message}]
        runtime.client("logs").put_log_events(logGroupName="g", logStreamName="s", logEvents=events)

    with running(Config(data=tmp_path, port=0)) as runtime:
        logs = runtime.client("logs")
        logs.create_log_group(logGroupName="g")
        logs.create_log_stream(logGroupName="g", logStreamName="s")
        logs.put_retention_policy(logGroupName="g", retentionInDays=1)
        put(runtime, "one")
    with running(Config(data=tmp_path, port=0)) as runtime:
        logs = runtime.client("logs")
        runtime.advance(DAY / 2)
        put(runtime, "two")
        events = logs.filter_log_events(logGroupName="g")["events"]
        assert [event["message"] for event in events] == ["one", "two"]
        assert events[0]["eventId"] < events[1]["eventId"]
        runtime.advance(2 * DAY)
        assert logs.describe_log_groups()["logGroups"][0]["storedBytes"] == 0
