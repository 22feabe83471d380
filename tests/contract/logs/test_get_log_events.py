import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def page(logs, group):
    """`page(limit=2)` -> (messages, forward token, backward token)."""

    def read(**options):
        found = logs.get_log_events(logGroupName=group, logStreamName="s", **options)
        messages = "".join(event["message"] for event in found["events"])
        return messages, found["nextForwardToken"], found["nextBackwardToken"]

    return read


def test_begins_at_the_tail_and_goes_back(page, put):
    put(*"abcdefg")
    messages, _, back = page(limit=3)
    assert messages == "efg"
    messages, _, back = page(limit=3, nextToken=back)
    assert messages == "bcd"
    messages, _, back = page(limit=3, nextToken=back)
    assert messages == "a"
    messages, forward, same = page(limit=3, nextToken=back)
    assert (messages, same) == ("", back)
    assert page(limit=3, nextToken=forward)[0] == "abc"


def test_begins_at_the_head_and_follows_what_comes(page, put):
    put(*"abc")
    messages, forward, _ = page(limit=2, startFromHead=True)
    assert messages == "ab"
    messages, forward, _ = page(limit=2, nextToken=forward)
    assert messages == "c"
    messages, same, back = page(nextToken=forward)
    assert (messages, same) == ("", forward)
    put("d", at=10)
    assert page(nextToken=same)[0] == "d"
    assert page(nextToken=back, limit=2)[0] == "bc"


def test_events_of_one_instant_keep_their_order_across_pages(logs, group, page, now):
    events = [{"timestamp": now, "message": letter} for letter in "abcdef"]
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)
    seen, token = "", None
    while len(seen) < 6:
        messages, token, _ = page(limit=2, startFromHead=True, **({"nextToken": token} if token else {}))
        seen += messages
    assert seen == "abcdef"


def test_start_is_inclusive_and_end_is_not(page, put, now):
    put(*"abcd")
    assert page(startTime=now - 999, endTime=now - 997)[0] == "bc"


def test_an_empty_stream_has_tokens_too(page, put):
    messages, forward, back = page()
    assert (messages, forward[:2], back[:2]) == ("", "f/", "b/")
    put("x")
    assert page(nextToken=forward)[0] == "x"
    assert page(nextToken=back)[0] == ""


def test_tells_when_an_event_was_ingested(logs, group, put, now):
    put("x")
    [event] = logs.get_log_events(logGroupIdentifier=group, logStreamName="s")["events"]
    assert event["timestamp"] == now - 1000
    assert now <= event["ingestionTime"] < now + 60_000


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"nextToken": "invalid-token"}, "The specified nextToken is invalid."),
        (
            {"limit": 10001},
            "1 validation error detected: Value '10001' at 'limit' failed to satisfy constraint: "
            "Member must have value less than or equal to 10000",
        ),
    ],
)
def test_refuses(page, options, message):
    with pytest.raises(ClientError) as caught:
        page(**options)
    assert caught.value.response["Error"] == {"Code": "InvalidParameterException", "Message": message}


def test_a_page_holds_at_most_a_megabyte(logs, group, page, put):
    put("a" * 400_000, "b" * 400_000)
    put("c" * 400_000, at=10)
    messages, forward, _ = page(startFromHead=True)
    assert len(messages) == 800_000
    assert page(nextToken=forward)[0] == "c" * 400_000
