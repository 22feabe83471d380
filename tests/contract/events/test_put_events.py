import json
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError


def test_a_matching_event_reaches_the_queue_in_its_envelope(rule, queue, put, bodies):
    url, arn = queue()
    rule({"Arn": arn})
    event_id = put({"price": 19.90, "n": [1]}, Resources=["arn:a"], Time=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    [body] = bodies(url)
    assert body == {
        "version": "0",
        "id": event_id,
        "detail-type": "Happened",
        "source": "test",
        "account": "000000000000",
        "time": "2026-01-02T03:04:05Z",
        "region": "us-east-1",
        "resources": ["arn:a"],
        "detail": {"price": 19.90, "n": [1]},
    }


def test_the_detail_is_passed_on_as_it_was_written(events, bus, rule, queue, received):
    url, arn = queue()
    rule({"Arn": arn})
    detail = '{"big":123456789012345678901234567890,"exact":1.10}'
    events.put_events(Entries=[{"Source": "test", "DetailType": "t", "Detail": detail, "EventBusName": bus}])
    assert received(url)[0]["Body"].endswith(f'"detail":{detail}}}')


def test_only_rules_that_match_and_are_enabled_fire(events, bus, rule, queue, put, bodies):
    url_a, arn_a = queue("a")
    url_b, arn_b = queue("b")
    rule({"Arn": arn_a}, name="a", pattern={"source": ["one"]})
    rule({"Arn": arn_b}, name="b", pattern={"detail": {"n": [{"numeric": [">", 5]}]}})
    put({"n": 9}, source="one")
    put({"n": 1}, source="two")
    events.disable_rule(Name="b", EventBusName=bus)
    put({"n": 9}, source="two")
    assert [body["source"] for body in bodies(url_a)] == ["one"]
    assert [body["detail"]["n"] for body in bodies(url_b)] == [9]


def test_every_target_of_every_rule_gets_the_event(rule, queue, put, bodies):
    (url_a, arn_a), (url_b, arn_b) = queue("a"), queue("b")
    rule({"Arn": arn_a}, {"Arn": arn_b}, name="one")
    rule({"Arn": arn_a}, name="two")
    put()
    assert (len(bodies(url_a)), len(bodies(url_b))) == (2, 1)


@pytest.mark.parametrize(
    ("entry", "code", "message"),
    [
        (
            {"DetailType": "t", "Detail": "{}"},
            "InvalidArgument",
            "Parameter Source is not valid. Reason: Source is a required argument.",
        ),
        (
            {"Source": "s", "Detail": "{}"},
            "InvalidArgument",
            "Parameter DetailType is not valid. Reason: DetailType is a required argument.",
        ),
        (
            {"Source": "s", "DetailType": "t"},
            "InvalidArgument",
            "Parameter Detail is not valid. Reason: Detail is a required argument.",
        ),
        ({"Source": "s", "DetailType": "t", "Detail": "no"}, "MalformedDetail", "Detail is malformed."),
        ({"Source": "s", "DetailType": "t", "Detail": "[1]"}, "MalformedDetail", "Detail is malformed."),
        ({"Source": "s", "DetailType": "t", "Detail": '"x"'}, "MalformedDetail", "Detail is malformed."),
        (
            {"Source": "aws.x", "DetailType": "t", "Detail": "{}"},
            "NotAuthorizedForSource",
            "Not authorized for the source.",
        ),
    ],
)
def test_a_bad_entry_fails_alone(events, bus, rule, queue, bodies, entry, code, message):
    url, arn = queue()
    rule({"Arn": arn})
    good = {"Source": "test", "DetailType": "t", "Detail": "{}", "EventBusName": bus}
    response = events.put_events(Entries=[entry, good])
    assert response["FailedEntryCount"] == 1
    assert response["Entries"][0] == {"ErrorCode": code, "ErrorMessage": message}
    assert [body["id"] for body in bodies(url)] == [response["Entries"][1]["EventId"]]


def test_the_entries_together_may_have_one_megabyte(events):
    entry = {"Source": "s", "DetailType": "t", "Detail": json.dumps({"a": "x" * 600_000})}
    assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0
    with pytest.raises(ClientError) as raised:
        events.put_events(Entries=[entry, entry])
    assert raised.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": "Total size of the entries in the request is over the limit.",
    }


def test_at_most_ten_entries(events):
    with pytest.raises(ClientError, match="at 'entries' failed to satisfy constraint: Member must have length less"):
        events.put_events(Entries=[{"Source": "s", "DetailType": "t", "Detail": "{}"}] * 11)


def test_an_event_for_a_bus_that_is_not_there_is_accepted_and_dropped(events, unique):
    entry = {"Source": "s", "DetailType": "t", "Detail": "{}", "EventBusName": unique}
    assert "EventId" in events.put_events(Entries=[entry])["Entries"][0]


def test_a_bus_may_be_named_by_its_arn(events, bus, rule, queue, put, bodies):
    url, arn = queue()
    rule({"Arn": arn})
    put(EventBusName=f"arn:aws:events:us-east-1:000000000000:event-bus/{bus}")
    assert len(bodies(url)) == 1


def test_buses_do_not_see_each_others_events(events, rule, queue, put, bodies, unique):
    url, arn = queue()
    rule({"Arn": arn})
    put(EventBusName="default")
    assert bodies(url) == []


def test_the_trace_header_reaches_the_queue(rule, queue, put, received):
    url, arn = queue()
    rule({"Arn": arn})
    header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=3995c3f42cd8ad8e;Sampled=1"
    put(TraceHeader=header)
    assert received(url)[0]["Attributes"]["AWSTraceHeader"].startswith("Root=1-5759e988-bd862e3fe1be46a994272793")
