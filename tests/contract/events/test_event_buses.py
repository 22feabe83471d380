import json

import pytest
from botocore.exceptions import ClientError


def code(raised):
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def test_create_describe_list_delete(events, unique, now):
    created = events.create_event_bus(Name=unique, Description="d", Tags=[{"Key": "k", "Value": "v"}])
    arn = f"arn:aws:events:us-east-1:000000000000:event-bus/{unique}"
    assert (created["EventBusArn"], created["Description"]) == (arn, "d")
    described = events.describe_event_bus(Name=unique)
    assert (described["Name"], described["Arn"], described["Description"]) == (unique, arn, "d")
    assert abs(described["CreationTime"].timestamp() - now()) < 60
    assert events.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "k", "Value": "v"}]
    [listed] = events.list_event_buses(NamePrefix=unique)["EventBuses"]
    assert (listed["Name"], listed["Arn"]) == (unique, arn)
    events.delete_event_bus(Name=unique)
    assert events.list_event_buses(NamePrefix=unique)["EventBuses"] == []
    events.delete_event_bus(Name=unique)


def test_the_default_bus_is_always_there(client):
    events = client("events", region="eu-west-3")
    assert [bus["Name"] for bus in events.list_event_buses()["EventBuses"]] == ["default"]
    assert events.describe_event_bus()["Arn"] == "arn:aws:events:eu-west-3:000000000000:event-bus/default"
    with pytest.raises(ClientError) as raised:
        events.delete_event_bus(Name="default")
    assert code(raised) == ("ValidationException", "Cannot delete event bus default.")


def test_accounts_and_regions_are_apart(client, events, bus):
    for other in (client("events", region="eu-west-1"), client("events", account="111111111111")):
        with pytest.raises(ClientError) as raised:
            other.describe_event_bus(Name=bus)
        assert code(raised) == ("ResourceNotFoundException", f"Event bus {bus} does not exist.")


def test_a_name_is_taken_once(events, bus):
    for name in (bus, "default"):
        with pytest.raises(ClientError) as raised:
            events.create_event_bus(Name=name)
        assert code(raised) == ("ResourceAlreadyExistsException", f"Event bus {name} already exists.")


def test_there_are_no_event_sources_of_partners(events):
    name = "aws.partner/example.com/orders"
    with pytest.raises(ClientError) as raised:
        events.create_event_bus(Name=name, EventSourceName=name)
    assert code(raised) == ("ResourceNotFoundException", f"Event source {name} does not exist.")


def test_a_bus_with_rules_stays(events, bus, rule):
    rule()
    with pytest.raises(ClientError) as raised:
        events.delete_event_bus(Name=bus)
    assert code(raised) == ("ValidationException", f"Event bus {bus} can't be deleted since it has rules.")


def test_pages(events, unique):
    names = [f"{unique}-{number}" for number in range(5)]
    for name in names:
        events.create_event_bus(Name=name)
    first = events.list_event_buses(NamePrefix=unique, Limit=3)
    second = events.list_event_buses(NamePrefix=unique, Limit=3, NextToken=first["NextToken"])
    assert [bus["Name"] for bus in first["EventBuses"] + second["EventBuses"]] == names
    assert "NextToken" not in second
    with pytest.raises(ClientError) as raised:
        events.list_event_buses(NextToken="made-up")
    assert code(raised) == ("ValidationException", "Parameter NextToken is not valid.")


def test_update(events, bus, queue):
    _, arn = queue()
    response = events.update_event_bus(Name=bus, Description="new", DeadLetterConfig={"Arn": arn})
    assert (response["Name"], response["Description"]) == (bus, "new")
    described = events.describe_event_bus(Name=bus)
    assert (described["Description"], described["DeadLetterConfig"]) == ("new", {"Arn": arn})
    assert described["LastModifiedTime"] >= described["CreationTime"]


# -- policies ----------------------------------------------------------------------------------------------


def policy(events, bus):
    text = events.describe_event_bus(Name=bus).get("Policy")
    return json.loads(text) if text else None


def permit(events, bus, sid, principal="111111111111", **members):
    events.put_permission(EventBusName=bus, Action="events:PutEvents", Principal=principal, StatementId=sid, **members)


def test_statements_are_added_and_replaced(events, bus):
    arn = events.describe_event_bus(Name=bus)["Arn"]
    permit(events, bus, "a", "222222222222")
    permit(events, bus, "b", "*")
    permit(events, bus, "a", "111111111111")
    assert policy(events, bus) == {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "b", "Effect": "Allow", "Principal": "*", "Action": "events:PutEvents", "Resource": arn},
            {
                "Sid": "a",
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
                "Action": "events:PutEvents",
                "Resource": arn,
            },
        ],
    }


def test_a_condition(events, bus):
    condition = {"Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": "o-1234567890"}
    permit(events, bus, "org", "*", Condition=condition)
    assert policy(events, bus)["Statement"][0]["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}


def test_a_whole_policy_replaces_the_statements(events, bus):
    permit(events, bus, "a")
    document = {"Version": "2012-10-17", "Statement": [{"Sid": "x", "Effect": "Deny", "Principal": "*"}]}
    events.put_permission(EventBusName=bus, Policy=json.dumps(document))
    assert policy(events, bus) == document


def test_remove(events, bus):
    permit(events, bus, "a")
    permit(events, bus, "b")
    events.remove_permission(EventBusName=bus, StatementId="a")
    assert [statement["Sid"] for statement in policy(events, bus)["Statement"]] == ["b"]
    with pytest.raises(ClientError) as raised:
        events.remove_permission(EventBusName=bus, StatementId="a")
    assert code(raised) == ("ResourceNotFoundException", "Statement with the provided id does not exist.")
    events.remove_permission(EventBusName=bus, RemoveAllPermissions=True)
    assert policy(events, bus) is None
    with pytest.raises(ClientError) as raised:
        events.remove_permission(EventBusName=bus, StatementId="a")
    assert code(raised) == ("ResourceNotFoundException", "EventBus does not have a policy.")


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"Policy": "{no"}, ("ValidationException", "This policy contains invalid Json")),
        (
            {"Action": "events:PutRule", "Principal": "111111111111", "StatementId": "a"},
            ("ValidationException", "Provided value in parameter 'action' is not supported."),
        ),
        (
            {"Action": "events:PutEvents", "StatementId": "a"},
            ("ValidationException", "Parameter Principal must be specified."),
        ),
    ],
)
def test_refused(events, bus, members, expected):
    with pytest.raises(ClientError) as raised:
        events.put_permission(EventBusName=bus, **members)
    assert code(raised) == expected
