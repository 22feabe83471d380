import pytest
from botocore.exceptions import ClientError

HOUR, DAY = 3_600_000, 86_400_000


def messages(logs, group):
    return [event["message"] for event in logs.get_log_events(logGroupName=group, logStreamName="s")["events"]]


def test_stores_text_of_any_script(logs, group, put):
    answer = put("🙀 - 参よ - 日本語", "second")
    assert len(answer["nextSequenceToken"]) == 56
    assert "rejectedLogEventsInfo" not in answer
    assert messages(logs, group) == ["🙀 - 参よ - 日本語", "second"]


def test_a_wrong_sequence_token_does_not_matter(logs, group, now):
    logs.put_log_events(
        logGroupName=group, logStreamName="s", sequenceToken="1", logEvents=[{"timestamp": now, "message": "x"}]
    )
    assert messages(logs, group) == ["x"]


@pytest.mark.parametrize(("missing", "noun"), [("logGroupName", "group"), ("logStreamName", "stream")])
def test_group_and_stream_must_exist(logs, group, now, missing, noun):
    where = {"logGroupName": group, "logStreamName": "s", missing: "not-there"}
    with pytest.raises(ClientError) as caught:
        logs.put_log_events(**where, logEvents=[{"timestamp": now, "message": "x"}])
    assert caught.value.response["Error"] == {
        "Code": "ResourceNotFoundException",
        "Message": f"The specified log {noun} does not exist.",
    }


@pytest.mark.parametrize(
    ("ages", "message"),
    [
        ([0, 1], "Log events in a single PutLogEvents request must be in chronological order."),
        (
            [DAY + 1, 0],
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
        ),
    ],
)
def test_refuses_a_batch(logs, group, now, ages, message):
    events = [{"timestamp": now - age, "message": "x"} for age in ages]
    with pytest.raises(ClientError) as caught:
        logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)
    assert caught.value.response["Error"] == {"Code": "InvalidParameterException", "Message": message}
    assert messages(logs, group) == []


def test_refuses_more_than_a_megabyte(logs, group, now):
    with pytest.raises(ClientError) as caught:
        logs.put_log_events(
            logGroupName=group, logStreamName="s", logEvents=[{"timestamp": now, "message": "x" * 524_263}] * 2
        )
    assert caught.value.response["Error"]["Message"] == "Upload too large: 1048578 bytes exceeds limit of 1048576"


def test_events_too_old_or_too_new_are_rejected_alone(logs, group, now):
    old, new = now - 14 * DAY - HOUR, now + 2 * HOUR + 60_000
    times = [old, old, now, now + HOUR, new]
    events = [{"timestamp": at, "message": str(index)} for index, at in enumerate(times)]
    answer = logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 2, "tooNewLogEventStartIndex": 4}
    assert messages(logs, group) == ["2", "3"]


def test_events_past_the_retention_are_expired(logs, group, now):
    logs.put_retention_policy(logGroupName=group, retentionInDays=3)
    events = [{"timestamp": now - age * DAY, "message": str(age)} for age in (5, 4)]
    answer = logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)
    assert answer["rejectedLogEventsInfo"] == {"expiredLogEventEndIndex": 2}
    assert messages(logs, group) == []


def test_an_empty_batch_or_message_is_no_batch(logs, group, now):
    for events in ([], [{"timestamp": now, "message": ""}]):
        with pytest.raises(ClientError, match="must have length greater than or equal to 1"):
            logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)
