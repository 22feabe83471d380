import json

import pytest
from botocore.exceptions import ClientError


def code(raised):
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.fixture
def archive(events, bus, unique):
    """`archive(pattern)`: an archive of the test's bus; its ARN. The bus's ARN stands in `archive.source`."""
    source = f"arn:aws:events:us-east-1:000000000000:event-bus/{bus}"

    def make(pattern=None, name=unique, **members):
        text = {"EventPattern": json.dumps(pattern)} if pattern else {}
        return events.create_archive(ArchiveName=name, EventSourceArn=source, **text, **members)["ArchiveArn"]

    make.source = source
    return make


def test_create_describe_update_delete(events, archive, unique):
    arn = archive({"source": ["test"]}, Description="d", RetentionDays=1)
    assert arn == f"arn:aws:events:us-east-1:000000000000:archive/{unique}"
    described = events.describe_archive(ArchiveName=unique)
    del described["ResponseMetadata"], described["CreationTime"]
    assert described == {
        "ArchiveArn": arn,
        "ArchiveName": unique,
        "EventSourceArn": archive.source,
        "Description": "d",
        "EventPattern": '{"source": ["test"]}',
        "State": "ENABLED",
        "RetentionDays": 1,
        "SizeBytes": 0,
        "EventCount": 0,
    }
    events.update_archive(ArchiveName=unique, Description="new", RetentionDays=2)
    changed = events.describe_archive(ArchiveName=unique)
    assert (changed["Description"], changed["RetentionDays"]) == ("new", 2)
    events.delete_archive(ArchiveName=unique)
    with pytest.raises(ClientError) as raised:
        events.describe_archive(ArchiveName=unique)
    assert code(raised) == ("ResourceNotFoundException", f"Archive {unique} does not exist.")


def test_list(events, archive, unique):
    names = [f"{unique}-{number}" for number in range(3)]
    for name in names:
        archive(name=name)
    first = events.list_archives(NamePrefix=unique, Limit=2)
    second = events.list_archives(NamePrefix=unique, Limit=2, NextToken=first["NextToken"])
    assert [found["ArchiveName"] for found in first["Archives"] + second["Archives"]] == names
    assert len(events.list_archives(EventSourceArn=archive.source)["Archives"]) == 3
    with pytest.raises(ClientError, match="At most one filter is allowed for ListArchives"):
        events.list_archives(NamePrefix=unique, State="ENABLED")


def test_it_keeps_the_events_that_match(events, archive, put, unique):
    archive({"detail": {"keep": [True]}})
    put({"keep": True})
    put({"keep": False})
    described = events.describe_archive(ArchiveName=unique)
    assert described["EventCount"] == 1
    assert described["SizeBytes"] > 100


def test_old_events_go(events, archive, put, unique, advance):
    archive(RetentionDays=1)
    put({"n": 1})
    advance(2 * 86_400)
    put({"n": 2})
    assert events.describe_archive(ArchiveName=unique)["EventCount"] == 1


def test_its_rule_belongs_to_aws(events, bus, archive, unique):
    archive()
    name = f"Events-Archive-{unique}"
    [rule] = events.list_rules(EventBusName=bus)["Rules"]
    assert (rule["Name"], rule["ManagedBy"]) == (name, "prod.vhs.events.aws.internal")
    assert json.loads(rule["EventPattern"]) == {"replay-name": [{"exists": False}]}
    for call in (events.delete_rule, events.disable_rule):
        with pytest.raises(ClientError) as raised:
            call(Name=name, EventBusName=bus)
        assert code(raised)[0] == "ManagedRuleException"
    events.delete_archive(ArchiveName=unique)
    assert events.list_rules(EventBusName=bus)["Rules"] == []


def test_refused(events, archive, unique):
    with pytest.raises(ClientError) as raised:
        archive({"a": []})
    assert code(raised)[0] == "InvalidEventPatternException"
    archive()
    with pytest.raises(ClientError) as raised:
        archive()
    assert code(raised) == ("ResourceAlreadyExistsException", f"Archive {unique} already exists.")
    with pytest.raises(ClientError) as raised:
        events.create_archive(ArchiveName=f"{unique}-2", EventSourceArn=f"{archive.source}-x")
    assert code(raised) == (
        "ResourceNotFoundException",
        f"Event bus {archive.source.rpartition('/')[2]}-x does not exist.",
    )


# -- replays -----------------------------------------------------------------------------------------------


@pytest.fixture
def replay(events, archive, unique, now):
    """`replay("name")`: starts a replay of everything in the archive `unique`."""

    def start(name, **changes):
        members = {
            "ReplayName": name,
            "EventSourceArn": f"arn:aws:events:us-east-1:000000000000:archive/{unique}",
            "EventStartTime": now() - 3600,
            "EventEndTime": now() + 3600,
            "Destination": {"Arn": archive.source},
        }
        return events.start_replay(**members | changes)

    return start


def test_replayed_events_come_again_marked(events, archive, replay, rule, queue, put, bodies, unique, advance):
    archive()
    url, arn = queue()
    rule({"Arn": arn})
    ids = {put({"n": number}) for number in range(150)}
    assert len(bodies(url)) == 150
    assert replay(unique)["State"] == "STARTING"
    advance(5)
    again = bodies(url)
    assert {body["id"] for body in again} == ids
    assert {body["replay-name"] for body in again} == {unique}
    described = events.describe_replay(ReplayName=unique)
    assert described["State"] == "COMPLETED"
    assert described["EventLastReplayedTime"] <= described["ReplayEndTime"]
    assert events.describe_archive(ArchiveName=unique)["EventCount"] == 150
    [listed] = events.list_replays(NamePrefix=unique)["Replays"]
    assert (listed["ReplayName"], listed["State"]) == (unique, "COMPLETED")


def test_only_the_rules_named_and_the_time_asked_for(archive, replay, rule, queue, put, bodies, unique, advance, now):
    archive()
    (url_a, arn_a), (url_b, arn_b) = queue("a"), queue("b")
    wanted = rule({"Arn": arn_a}, name="a")
    rule({"Arn": arn_b}, name="b")
    put({"n": 1}, Time=now() - 7200)
    put({"n": 2})
    bodies(url_a), bodies(url_b)
    replay(unique, Destination={"Arn": archive.source, "FilterArns": [wanted]})
    advance(5)
    assert [body["detail"]["n"] for body in bodies(url_a)] == [2]
    assert bodies(url_b) == []


def test_cancel(events, archive, replay, rule, queue, put, bodies, unique, advance):
    archive()
    url, arn = queue()
    rule({"Arn": arn})
    put()
    bodies(url)
    replay(unique)
    assert events.cancel_replay(ReplayName=unique)["State"] == "CANCELLING"
    advance(5)
    assert events.describe_replay(ReplayName=unique)["State"] == "CANCELLED"
    assert bodies(url) == []
    with pytest.raises(ClientError) as raised:
        events.cancel_replay(ReplayName=unique)
    assert code(raised) == ("IllegalStatusException", f"Replay {unique} is not in a valid state for this operation.")


def test_replays_refused(events, archive, replay, unique, now):
    archive()
    replay(unique)
    cases = [
        ({}, ("ResourceAlreadyExistsException", f"Replay {unique} already exists.")),
        (
            {"EventEndTime": now() - 7200},
            (
                "ValidationException",
                "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.",
            ),
        ),
        (
            {"EventSourceArn": "arn:aws:events:us-east-1:000000000000:archive/none"},
            ("ValidationException", "Parameter EventSourceArn is not valid. Reason: Archive none does not exist."),
        ),
        (
            {"Destination": {"Arn": "arn:aws:events:us-east-1:000000000000:event-bus/default"}},
            (
                "ValidationException",
                "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.",
            ),
        ),
        (
            {"Destination": {"Arn": "arn:aws:sqs:us-east-1:000000000000:q"}},
            ("ValidationException", "Parameter Destination.Arn is not valid. Reason: Must contain an event bus ARN."),
        ),
    ]
    for changes, expected in cases:
        with pytest.raises(ClientError) as raised:
            replay(unique, **changes)
        assert code(raised) == expected
    with pytest.raises(ClientError) as raised:
        events.describe_replay(ReplayName=f"{unique}-x")
    assert code(raised) == ("ResourceNotFoundException", f"Replay {unique}-x does not exist.")
