import pytest
from botocore.exceptions import ClientError


def code(raised):
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.fixture
def put_targets(events, bus, rule):
    rule()
    return lambda *targets: events.put_targets(Rule="r", EventBusName=bus, Targets=list(targets))


def test_put_list_remove(events, bus, put_targets, queue):
    targets = [{"Id": f"t{number}", "Arn": queue(str(number))[1], "InputPath": "$.detail"} for number in range(4)]
    response = put_targets(*targets)
    assert (response["FailedEntryCount"], response["FailedEntries"]) == (0, [])
    first = events.list_targets_by_rule(Rule="r", EventBusName=bus, Limit=3)
    second = events.list_targets_by_rule(Rule="r", EventBusName=bus, Limit=3, NextToken=first["NextToken"])
    assert first["Targets"] + second["Targets"] == targets
    response = events.remove_targets(Rule="r", EventBusName=bus, Ids=["t0", "t1", "t2", "unknown"])
    assert response["FailedEntryCount"] == 0
    assert events.list_targets_by_rule(Rule="r", EventBusName=bus)["Targets"] == targets[3:]


def test_an_id_is_used_once(events, bus, put_targets, queue, put, bodies):
    (url_a, arn_a), (url_b, arn_b) = queue("a"), queue("b")
    put_targets({"Id": "t", "Arn": arn_a})
    put_targets({"Id": "t", "Arn": arn_b})
    put()
    assert (len(bodies(url_a)), len(bodies(url_b))) == (0, 1)


def test_five_targets_a_rule(events, bus, put_targets, queue):
    _, arn = queue()
    put_targets(*({"Id": str(number), "Arn": arn} for number in range(5)))
    put_targets({"Id": "4", "Arn": arn, "Input": "{}"})
    with pytest.raises(ClientError) as raised:
        put_targets({"Id": "5", "Arn": arn})
    assert code(raised) == ("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
    assert len(events.list_targets_by_rule(Rule="r", EventBusName=bus)["Targets"]) == 5


def test_which_rules_have_a_target(events, bus, rule, queue):
    _, arn = queue()
    for name in ("c", "a", "b"):
        rule({"Arn": arn}, {"Arn": arn, "Id": "twice"}, name=name)
    first = events.list_rule_names_by_target(TargetArn=arn, EventBusName=bus, Limit=2)
    second = events.list_rule_names_by_target(TargetArn=arn, EventBusName=bus, NextToken=first["NextToken"])
    assert first["RuleNames"] + second["RuleNames"] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ({"Arn": "nope"}, "Parameter nope is not valid. Reason: Provided Arn is not in correct format."),
        (
            {"Arn": "arn:aws:sqs:us-east-1:000000000000:q.fifo"},
            "Parameter(s) SqsParameters must be specified for target: t.",
        ),
        (
            {"Arn": "arn:aws:sqs:us-east-1:000000000000:q", "Input": "{}", "InputPath": "$.a"},
            "Only one of Input, InputPath, or InputTransformer must be provided for target t.",
        ),
        (
            {"Arn": "arn:aws:sqs:us-east-1:000000000000:q", "InputTransformer": {"InputTemplate": '"<x>"'}},
            "InputTemplate for target t contains invalid placeholder x.",
        ),
    ],
)
def test_refused(events, bus, put_targets, target, message):
    with pytest.raises(ClientError) as raised:
        put_targets({"Id": "t", **target})
    assert code(raised) == ("ValidationException", message)
    assert events.list_targets_by_rule(Rule="r", EventBusName=bus)["Targets"] == []


def test_an_id_has_to_match(put_targets):
    with pytest.raises(ClientError) as raised:
        put_targets({"Id": "!@#", "Arn": "arn:aws:sqs:us-east-1:000000000000:q"})
    assert code(raised) == (
        "ValidationException",
        "1 validation error detected: Value '!@#' at 'targets.1.member.id' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+",
    )


def test_a_rule_that_is_not_there(events, bus, queue):
    calls = (
        lambda: events.put_targets(Rule="x", EventBusName=bus, Targets=[{"Id": "t", "Arn": queue()[1]}]),
        lambda: events.remove_targets(Rule="x", EventBusName=bus, Ids=["t"]),
        lambda: events.list_targets_by_rule(Rule="x", EventBusName=bus),
    )
    for call in calls:
        with pytest.raises(ClientError) as raised:
            call()
        assert code(raised) == ("ResourceNotFoundException", f"Rule x does not exist on EventBus {bus}.")
