import json

import pytest
from botocore.exceptions import ClientError

PATTERN = json.dumps({"source": ["test"]})


def code(raised):
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def test_put_describe_list_delete(events, bus):
    arn = f"arn:aws:events:us-east-1:000000000000:rule/{bus}/r"
    assert events.put_rule(Name="r", EventBusName=bus, EventPattern=PATTERN, Description="d")["RuleArn"] == arn
    listed = {
        "Name": "r",
        "Arn": arn,
        "EventPattern": PATTERN,
        "State": "ENABLED",
        "Description": "d",
        "EventBusName": bus,
    }
    described = events.describe_rule(Name="r", EventBusName=bus)
    del described["ResponseMetadata"]
    assert described == listed | {"CreatedBy": "000000000000"}
    assert events.list_rules(EventBusName=bus)["Rules"] == [listed]
    events.delete_rule(Name="r", EventBusName=bus)
    assert events.list_rules(EventBusName=bus)["Rules"] == []
    events.delete_rule(Name="r", EventBusName=bus)


def test_rules_of_the_default_bus_have_shorter_arns(events, unique):
    arn = events.put_rule(Name=unique, EventPattern=PATTERN)["RuleArn"]
    assert arn == f"arn:aws:events:us-east-1:000000000000:rule/{unique}"
    assert events.describe_rule(Name=unique)["EventBusName"] == "default"


def test_putting_a_rule_again_replaces_it_and_keeps_its_targets(events, bus, rule, queue, put, bodies):
    url, arn = queue()
    rule({"Arn": arn})
    events.put_rule(Name="r", EventBusName=bus, EventPattern=json.dumps({"source": ["other"]}))
    put(source="test")
    put(source="other")
    assert [body["source"] for body in bodies(url)] == ["other"]


def test_pages_and_prefixes(events, bus):
    names = [f"a-{number}" for number in range(5)]
    for name in [*names, "b"]:
        events.put_rule(Name=name, EventBusName=bus, EventPattern=PATTERN)
    first = events.list_rules(EventBusName=bus, NamePrefix="a", Limit=2)
    second = events.list_rules(EventBusName=bus, NamePrefix="a", NextToken=first["NextToken"])
    assert [rule["Name"] for rule in first["Rules"] + second["Rules"]] == names


def test_enable_and_disable(events, bus, rule):
    rule()
    events.disable_rule(Name="r", EventBusName=bus)
    assert events.describe_rule(Name="r", EventBusName=bus)["State"] == "DISABLED"
    events.enable_rule(Name="r", EventBusName=bus)
    assert events.describe_rule(Name="r", EventBusName=bus)["State"] == "ENABLED"


def test_a_rule_with_targets_stays(events, bus, rule, queue):
    rule({"Arn": queue()[1]})
    with pytest.raises(ClientError) as raised:
        events.delete_rule(Name="r", EventBusName=bus)
    assert code(raised) == ("ValidationException", "Rule can't be deleted since it has targets.")


@pytest.mark.parametrize("operation", ["describe_rule", "enable_rule", "disable_rule"])
def test_a_rule_that_is_not_there(events, operation, unique):
    with pytest.raises(ClientError) as raised:
        getattr(events, operation)(Name=unique)
    assert code(raised) == ("ResourceNotFoundException", f"Rule {unique} does not exist on EventBus default.")


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, ("ValidationException", "Parameter(s) EventPattern or ScheduleExpression must be specified.")),
        (
            {"EventPattern": '{"a": []}'},
            ("InvalidEventPatternException", "Event pattern is not valid. Reason: Empty arrays are not allowed"),
        ),
        (
            {"ScheduleExpression": "rate(1 minutes)"},
            ("ValidationException", "Parameter ScheduleExpression is not valid."),
        ),
        (
            {"ScheduleExpression": "cron(0 0 * * * *)"},
            ("ValidationException", "Parameter ScheduleExpression is not valid."),
        ),
        (
            {"ScheduleExpression": "at(2026-01-01T00:00:00)"},
            ("ValidationException", "Parameter ScheduleExpression is not valid."),
        ),
        (
            {"EventPattern": PATTERN, "EventBusName": "no-such-bus"},
            ("ResourceNotFoundException", "Event bus no-such-bus does not exist."),
        ),
    ],
)
def test_refused(events, unique, members, expected):
    with pytest.raises(ClientError) as raised:
        events.put_rule(Name=unique, **members)
    assert code(raised) == expected
    assert events.list_rules(NamePrefix=unique)["Rules"] == []


def test_schedules_only_on_the_default_bus(events, bus):
    with pytest.raises(ClientError) as raised:
        events.put_rule(Name="r", EventBusName=bus, ScheduleExpression="rate(1 minute)")
    assert code(raised) == (
        "ValidationException",
        "ScheduleExpression is supported only on the default event bus.",
    )


def test_tags(events, bus, rule):
    arn = rule()
    events.tag_resource(ResourceARN=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    events.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert events.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    events.delete_rule(Name="r", EventBusName=bus)
    with pytest.raises(ClientError) as raised:
        events.list_tags_for_resource(ResourceARN=arn)
    assert code(raised) == ("ResourceNotFoundException", f"Rule r does not exist on EventBus {bus}.")


def test_a_thousand_rules_answer_as_one(events, penstock, bus, put, queue, rule, bodies):
    url, arn = queue()
    rule({"Arn": arn}, pattern={"source": ["test"]})
    state = penstock.runtime.kernel.states["events"]
    for number in range(1000):
        events.put_rule(Name=f"n{number}", EventBusName=bus, EventPattern=json.dumps({"source": [f"s{number}"]}))
    put()
    assert len(bodies(url)) == 1
    index = state.buses[f"arn:aws:events:us-east-1:000000000000:event-bus/{bus}"].index
    assert len(index) == 1001
    assert len(list(index.candidates({"source": [("test", ())]}))) == 1
