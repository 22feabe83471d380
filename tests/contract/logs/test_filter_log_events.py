import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def found(logs, group):
    """`found(filterPattern="x")`: the messages of all pages."""

    def read(size=10, **options):
        options = {"logGroupName": group, **options}
        pages = logs.get_paginator("filter_log_events").paginate(**options, PaginationConfig={"PageSize": size})
        return [event["message"] for page in pages for event in page["events"]]

    return read


def test_interleaves_streams_by_time_across_pages(logs, group, put, found):
    logs.create_log_stream(logGroupName=group, logStreamName="t")
    for index, letter in enumerate("abcdef"):
        put(letter, stream="st"[index % 2], at=index)
    assert found(size=4) == list("abcdef")
    assert found(size=2, startFromHead=False) == list("fedcba")
    assert found(size=2, logStreamNames=["t", "s"]) == list("abcdef")
    assert found(size=2, logStreamNames=["t"], startFromHead=False) == list("fdb")
    assert found(size=2, logStreamNamePrefix="t") == list("bdf")


def test_an_event_says_where_it_stands(logs, group, put, now):
    put("x")
    answer = logs.filter_log_events(logGroupName=group)
    [event] = answer["events"]
    assert len(event.pop("eventId")) == 56
    assert now <= event.pop("ingestionTime")
    assert event == {"logStreamName": "s", "timestamp": now - 1000, "message": "x"}
    assert answer["searchedLogStreams"] == []
    assert "nextToken" not in answer


def test_both_ends_of_the_time_range_count(put, found, now):
    put(*"abcde")
    assert found(startTime=now - 999, endTime=now - 997) == list("bcd")
    assert found(size=2, startTime=now - 999, endTime=now - 997, startFromHead=False) == list("dcb")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("hello", ["hello", "hello world", "hello cruela"]),
        ("goodbye world", ["goodbye world", "goodbye cruel world"]),
        ('"hello cruel"', ["hello cruela"]),
        ("world -goodbye", ["world", "hello world"]),
        ("?cruela ?goodbye", ["goodbye world", "hello cruela", "goodbye cruel world"]),
        ("%cruel.?$%", ["hello cruela"]),
        (" ", ["hello", "world", "hello world", "goodbye world", "hello cruela", "goodbye cruel world"]),
        ("[w1, w2=cruel*]", ["hello cruela"]),
    ],
)
def test_filters(put, found, pattern, expected):
    put("hello", "world", "hello world", "goodbye world", "hello cruela", "goodbye cruel world")
    assert found(filterPattern=pattern) == expected


def test_filters_json(put, found):
    put('{"level": "ERROR", "ms": 12}', '{"level": "INFO", "ms": 80}', "ERROR 80")
    assert found(filterPattern='{ $.level = "ERR*" || $.ms > 79 }') == [
        '{"level": "ERROR", "ms": 12}',
        '{"level": "INFO", "ms": 80}',
    ]


def test_a_rare_match_costs_several_pages_but_is_found(logs, group, now):
    for batch in range(3):
        events = [{"timestamp": now - 5000 + batch * 1000 + i // 10, "message": "hay"} for i in range(9999)]
        logs.put_log_events(
            logGroupName=group,
            logStreamName="s",
            logEvents=[*events, {"timestamp": now - 4000 + batch * 1000, "message": "needle" if batch == 2 else "hay"}],
        )
    first = logs.filter_log_events(logGroupName=group, filterPattern="needle")
    assert first["events"] == []
    second = logs.filter_log_events(logGroupName=group, filterPattern="needle", nextToken=first["nextToken"])
    assert [event["message"] for event in second["events"]] == ["needle"]
    assert "nextToken" not in second


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"nextToken": "invalid-token"}, "InvalidParameterException"),
        ({"limit": 10001}, "InvalidParameterException"),
        ({"filterPattern": "{ $.a = }"}, "InvalidParameterException"),
        ({"filterPattern": "a.b"}, "InvalidParameterException"),
        ({"logStreamNames": ["s"], "logStreamNamePrefix": "s"}, "InvalidParameterException"),
        ({"logStreamNames": ["other"]}, "ResourceNotFoundException"),
        ({"logGroupName": "not-there"}, "ResourceNotFoundException"),
    ],
)
def test_refuses(logs, group, options, code):
    with pytest.raises(ClientError) as caught:
        logs.filter_log_events(**{"logGroupName": group, **options})
    assert caught.value.response["Error"]["Code"] == code
