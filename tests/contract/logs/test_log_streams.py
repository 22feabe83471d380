import pytest
from botocore.exceptions import ClientError


def test_describes_a_new_stream(logs, group):
    [stream] = logs.describe_log_streams(logGroupName=group)["logStreams"]
    assert stream.pop("creationTime") > 1.5e12
    assert stream == {
        "logStreamName": "s",
        "arn": f"arn:aws:logs:us-east-1:000000000000:log-group:{group}:log-stream:s",
        "storedBytes": 0,
    }


def test_names_are_taken_once_and_need_a_group(logs, group, unique):
    with pytest.raises(ClientError) as caught:
        logs.create_log_stream(logGroupName=group, logStreamName="s")
    assert caught.value.response["Error"]["Message"] == "The specified log stream already exists"
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        logs.create_log_stream(logGroupName=unique + "x", logStreamName="s")
    with pytest.raises(ClientError, match="InvalidParameterException"):
        logs.create_log_stream(logGroupName=group, logStreamName="a:b")


def test_orders_by_name_both_ways_with_pages(logs, group):
    for name in ("t3", "t1", "t2"):
        logs.create_log_stream(logGroupName=group, logStreamName=name)
    paginator = logs.get_paginator("describe_log_streams")

    def names(**options):
        pages = paginator.paginate(logGroupName=group, PaginationConfig={"PageSize": 2}, **options)
        return [stream["logStreamName"] for page in pages for stream in page["logStreams"]]

    assert names() == ["s", "t1", "t2", "t3"]
    assert names(descending=True) == ["t3", "t2", "t1", "s"]
    assert names(logStreamNamePrefix="t", descending=True) == ["t3", "t2", "t1"]


def test_orders_by_last_event(logs, group, put):
    for name in ("a", "b", "c"):
        logs.create_log_stream(logGroupName=group, logStreamName=name)
    put("1", stream="b", at=1)
    put("2", stream="a", at=2)
    found = logs.describe_log_streams(logGroupName=group, orderBy="LastEventTime", descending=True, limit=2)
    assert [stream["logStreamName"] for stream in found["logStreams"]] == ["a", "b"]
    rest = logs.describe_log_streams(
        logGroupName=group, orderBy="LastEventTime", descending=True, nextToken=found["nextToken"]
    )
    assert [stream["logStreamName"] for stream in rest["logStreams"]] == ["s", "c"]
    with pytest.raises(ClientError, match="Cannot order by LastEventTime with a logStreamNamePrefix"):
        logs.describe_log_streams(logGroupName=group, orderBy="LastEventTime", logStreamNamePrefix="a")


def test_shows_when_events_came(logs, group, put, now):
    put("one", "two", "three")
    [stream] = logs.describe_log_streams(logGroupName=group)["logStreams"]
    assert (stream["firstEventTimestamp"], stream["lastEventTimestamp"]) == (now - 1000, now - 998)
    assert stream["lastIngestionTime"] >= now
    assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["storedBytes"] == 11 + 3 * 26


def test_takes_the_group_by_identifier(logs, group):
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{group}"
    for identifier in (group, arn):
        assert len(logs.describe_log_streams(logGroupIdentifier=identifier)["logStreams"]) == 1
    with pytest.raises(ClientError) as caught:
        logs.describe_log_streams(logGroupName=group, logGroupIdentifier=arn)
    assert caught.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": "LogGroup name and LogGroup ARN are mutually exclusive parameters.",
    }


def test_a_deleted_stream_takes_its_events_along(logs, group, put):
    put("gone")
    logs.delete_log_stream(logGroupName=group, logStreamName="s")
    assert logs.filter_log_events(logGroupName=group)["events"] == []
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    assert logs.get_log_events(logGroupName=group, logStreamName="s")["events"] == []
    with pytest.raises(ClientError, match="The specified log stream does not exist"):
        logs.delete_log_stream(logGroupName=group, logStreamName="other")
