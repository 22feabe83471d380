"""What targets receive, and what happens to events that cannot be delivered."""

import json

import pytest


def test_input_path_transformer_and_constant(rule, queue, put, received):
    (url_a, arn_a), (url_b, arn_b), (url_c, arn_c) = queue("a"), queue("b"), queue("c")
    transformer = {
        "InputPathsMap": {"who": "$.detail.user", "kind": "$.detail-type"},
        "InputTemplate": '{"user": <who>, "text": "<kind> by <who>", "rule": <aws.events.rule-name>}',
    }
    rule(
        {"Arn": arn_a, "InputPath": "$.detail"},
        {"Arn": arn_b, "InputTransformer": transformer},
        {"Arn": arn_c, "Input": '{"always": true}'},
    )
    put({"user": "ann"})
    assert received(url_a)[0]["Body"] == '{"user":"ann"}'
    assert json.loads(received(url_b)[0]["Body"]) == {"user": "ann", "text": "Happened by ann", "rule": "r"}
    assert received(url_c)[0]["Body"] == '{"always": true}'


def test_a_fifo_queue_keeps_the_group(rule, queue, put, received):
    url, arn = queue(FifoQueue="true", ContentBasedDeduplication="true")
    rule({"Arn": arn, "SqsParameters": {"MessageGroupId": "g"}})
    put({"n": 1})
    [message] = received(url)
    assert message["Attributes"]["MessageGroupId"] == "g"


def test_a_bus_passes_the_event_on_as_it_is(events, bus, rule, queue, put, bodies, unique):
    other = f"{unique}-other"
    arn = events.create_event_bus(Name=other)["EventBusArn"]
    url, queue_arn = queue()
    rule({"Arn": arn})
    rule({"Arn": queue_arn}, bus=other)
    event_id = put({"n": 1})
    assert [(body["id"], body["detail"]) for body in bodies(url)] == [(event_id, {"n": 1})]


def test_a_circle_of_buses_ends(events, bus, rule, queue, put, bodies, unique):
    other = f"{unique}-other"
    there = events.create_event_bus(Name=other)["EventBusArn"]
    here = events.describe_event_bus(Name=bus)["Arn"]
    url, queue_arn = queue()
    rule({"Arn": there}, {"Arn": queue_arn})
    rule({"Arn": here}, bus=other)
    put()
    assert 1 < len(bodies(url)) <= 10


def test_a_log_group_gets_a_stream_per_rule(client, rule, put, unique):
    logs = client("logs")
    group = f"/aws/events/{unique}"
    logs.create_log_group(logGroupName=group)
    rule({"Arn": f"arn:aws:logs:us-east-1:000000000000:log-group:{group}"})
    ids = [put({"n": number}) for number in range(2)]
    assert len(logs.describe_log_streams(logGroupName=group)["logStreams"]) == 1
    messages = [json.loads(event["message"]) for event in logs.filter_log_events(logGroupName=group)["events"]]
    assert [message["id"] for message in messages] == ids


def test_a_missing_queue_sends_the_event_to_the_dead_letter_queue_at_once(rule, queue, put, received, unique):
    dead_url, dead_arn = queue("dead")
    missing = f"arn:aws:sqs:us-east-1:000000000000:{unique}-missing"
    arn = rule({"Arn": missing, "DeadLetterConfig": {"Arn": dead_arn}, "InputPath": "$.detail"})
    event_id = put({"n": 1})
    [message] = received(dead_url)
    assert json.loads(message["Body"])["id"] == event_id
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert attributes == {
        "RULE_ARN": arn,
        "TARGET_ARN": missing,
        "ERROR_CODE": "NO_RESOURCE",
        "ERROR_MESSAGE": attributes["ERROR_MESSAGE"],
    }


def test_a_missing_bus_is_a_failed_delivery(rule, queue, put, received, unique):
    dead_url, dead_arn = queue("dead")
    rule({"Arn": f"arn:aws:events:us-east-1:000000000000:event-bus/{unique}-no", "DeadLetterConfig": {"Arn": dead_arn}})
    put()
    assert received(dead_url)[0]["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_RESOURCE"


def test_an_unsupported_target_is_said_to_be_one(penstock, rule, queue, put, received):
    dead_url, dead_arn = queue("dead")
    arn = rule({"Arn": "arn:aws:redshift:us-east-1:000000000000:cluster:x", "DeadLetterConfig": {"Arn": dead_arn}})
    put()
    attributes = received(dead_url)[0]["MessageAttributes"]
    assert attributes["ERROR_CODE"]["StringValue"] == "SDK_CLIENT_ERROR"
    assert "redshift" in attributes["ERROR_MESSAGE"]["StringValue"]
    assert any(line.source == arn and "redshift" in line.message for line in penstock.runtime.kernel.telemetry.lines)


def test_a_failed_put_of_another_entry_leaves_deliveries_alone(events, bus, rule, queue, bodies):
    url, arn = queue()
    rule({"Arn": arn})
    good = {"Source": "test", "DetailType": "t", "Detail": "{}", "EventBusName": bus}
    events.put_events(Entries=[good, {"Source": "test"}, good])
    assert len(bodies(url)) == 2


@pytest.mark.parametrize("count", [50])
def test_events_arrive_in_order(rule, queue, put, bodies, count):
    url, arn = queue(FifoQueue="true", ContentBasedDeduplication="true")
    rule({"Arn": arn, "SqsParameters": {"MessageGroupId": "g"}})
    for number in range(count):
        put({"n": number})
    assert [body["detail"]["n"] for body in bodies(url)] == list(range(10))
