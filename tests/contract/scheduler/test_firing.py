"""When targets are invoked, and what they receive."""

import json
from datetime import UTC, datetime, timedelta

import pytest


def iso(epoch):
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def local(epoch):
    """As in `at(...)`."""
    return iso(epoch).removesuffix("Z")


def seconds(texts, start):
    """How long after `start` each was due; a request takes a moment."""
    return [pytest.approx(datetime.fromisoformat(text).timestamp() - start, abs=2) for text in texts]


def test_a_rate_fires_at_once_and_keeps_its_beat(scheduled, bodies, advance, now):
    start = now()
    url = scheduled("rate(1 hour)")
    advance(3 * 3600 - 60)
    assert seconds(bodies(url), start) == [0, 3600, 7200]


def test_a_rate_begins_at_its_start_and_ends_by_its_end(scheduled, bodies, advance, now):
    start = int(now())
    url = scheduled("rate(10 minutes)", StartDate=start + 600, EndDate=start + 1800)
    advance(3600)
    assert seconds(bodies(url), start) == [600, 1200, 1800]


def test_cron_in_a_time_zone(scheduled, bodies, advance):
    url = scheduled("cron(15 10 * * ? *)", ScheduleExpressionTimezone="Asia/Kolkata")
    advance(2 * 86_400)
    assert [body[11:] for body in bodies(url)] == ["04:45:00Z"] * 2


def test_a_one_time_schedule_fires_once_and_stays(scheduler, scheduled, bodies, advance, now, unique):
    when = now() + 90
    url = scheduled(f"at({local(when)})", StartDate=when + 86_400, EndDate=when + 90_000)
    advance(3600)
    assert bodies(url) == [iso(when)]
    assert scheduler.get_schedule(Name=f"{unique}-s")["State"] == "ENABLED"


def test_a_time_that_has_passed_never_comes(scheduled, bodies, advance, now):
    url = scheduled(f"at({local(now() - 3600)})")
    advance(3600)
    assert bodies(url) == []


@pytest.mark.parametrize("recurring", [True, False])
def test_it_deletes_itself_after_its_last_firing(scheduler, scheduled, bodies, advance, now, unique, error, recurring):
    if recurring:
        url = scheduled("rate(1 minute)", ActionAfterCompletion="DELETE", EndDate=now() + 150)
    else:
        url = scheduled(f"at({local(now() + 60)})", ActionAfterCompletion="DELETE")
    assert scheduler.get_schedule(Name=f"{unique}-s")["ActionAfterCompletion"] == "DELETE"
    advance(300)
    assert error(scheduler.get_schedule, Name=f"{unique}-s")[0] == "ResourceNotFoundException"
    assert len(bodies(url)) == (3 if recurring else 1)


def test_a_disabled_schedule_is_silent(scheduler, queue, given, bodies, advance):
    url, arn = queue()
    request = given("rate(1 minute)", arn, Target={"Input": "x"})
    scheduler.create_schedule(**request, State="DISABLED")
    advance(300)
    assert bodies(url) == []
    scheduler.update_schedule(**request)
    advance(90)
    scheduler.update_schedule(**request, State="DISABLED")
    advance(300)
    assert len(bodies(url)) in (1, 2)


def test_a_changed_rate_begins_anew(scheduler, queue, given, bodies, advance, now):
    url, arn = queue()
    scheduler.create_schedule(**given("rate(1 hour)", arn, Target={"Input": "<aws.scheduler.scheduled-time>"}))
    advance(600)
    start = now()
    scheduler.update_schedule(**given("rate(2 hours)", arn, Target={"Input": "<aws.scheduler.scheduled-time>"}))
    advance(2 * 3600 + 60)
    assert seconds(bodies(url), start) == [-600, 0, 7200]


def test_a_flexible_window_spreads_schedules_over_it(scheduler, queue, given, received, advance, now):
    url, arn = queue()
    at = int(now() + 60)
    for number in range(40):
        window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}
        scheduler.create_schedule(
            **given(
                f"at({local(at)})",
                arn,
                str(number),
                FlexibleTimeWindow=window,
                Target={"Input": "<aws.scheduler.scheduled-time>"},
            )
        )
    advance(60 + 15 * 60)
    messages = received(url)
    assert {message["Body"] for message in messages} == {iso(at)}
    sent = sorted(int(message["Attributes"]["SentTimestamp"]) / 1000 - at for message in messages)
    assert len(sent) == 40
    assert -1 < sent[0] < 300
    assert 600 < sent[-1] < 901


def test_context_attributes(scheduler, queue, given, bodies, advance, unique):
    url, arn = queue()
    names = ("schedule-arn", "scheduled-time", "execution-id", "attempt-number")
    text = json.dumps({name: f"<aws.scheduler.{name}>" for name in names})
    made = scheduler.create_schedule(**given("rate(1 day)", arn, Target={"Input": text}))["ScheduleArn"]
    advance(1)
    [body] = map(json.loads, bodies(url))
    assert body["schedule-arn"] == made
    assert body["attempt-number"] == "1"
    assert len(body["execution-id"]) == 16
    assert datetime.fromisoformat(body["scheduled-time"]).tzinfo == UTC


def test_without_an_input_the_target_is_told_of_the_schedule(scheduler, queue, given, bodies, advance):
    url, arn = queue()
    made = scheduler.create_schedule(**given("rate(1 day)", arn))["ScheduleArn"]
    advance(1)
    [body] = map(json.loads, bodies(url))
    assert (body["source"], body["detail-type"], body["detail"]) == ("aws.scheduler", "Scheduled Event", "{}")
    assert (body["resources"], body["account"], body["region"]) == ([made], "000000000000", "us-east-1")


def test_a_fifo_queue(scheduler, queue, given, received, advance):
    url, arn = queue(FifoQueue="true", ContentBasedDeduplication="true")
    parameters = {"Input": "x", "SqsParameters": {"MessageGroupId": "g"}}
    scheduler.create_schedule(**given("rate(1 day)", arn, Target=parameters))
    advance(1)
    [message] = received(url)
    assert message["Attributes"]["MessageGroupId"] == "g"


def test_an_event_bus(scheduler, client, queue, given, bodies, advance, unique):
    events = client("events")
    url, arn = queue()
    bus = events.create_event_bus(Name=unique)["EventBusArn"]
    events.put_rule(Name="r", EventBusName=unique, EventPattern='{"source": ["nightly"]}')
    events.put_targets(Rule="r", EventBusName=unique, Targets=[{"Id": "q", "Arn": arn}])
    parameters = {"Source": "nightly", "DetailType": "Began"}
    target = {"Input": '{"a": 1}', "EventBridgeParameters": parameters}
    scheduler.create_schedule(**given("rate(1 day)", bus, Target=target))
    advance(1)
    [event] = map(json.loads, bodies(url))
    assert (event["source"], event["detail-type"], event["detail"]) == ("nightly", "Began", {"a": 1})


def test_a_state_machine(scheduler, client, given, advance, unique):
    machines = client("stepfunctions")
    definition = json.dumps({"StartAt": "s", "States": {"s": {"Type": "Succeed"}}})
    machine = machines.create_state_machine(
        name=unique, definition=definition, roleArn="arn:aws:iam::000000000000:role/machine"
    )["stateMachineArn"]
    scheduler.create_schedule(**given("rate(1 day)", machine, Target={"Input": '{"a": 1}'}))
    advance(1)
    [execution] = machines.list_executions(stateMachineArn=machine)["executions"]
    assert machines.describe_execution(executionArn=execution["executionArn"])["input"] == '{"a": 1}'


def test_any_operation_by_its_request(scheduler, client, queue, given, bodies, advance, unique):
    url, _ = queue()
    message = {"QueueUrl": url, "MessageBody": "at <aws.scheduler.scheduled-time>"}
    send = given("rate(1 day)", "arn:aws:scheduler:::aws-sdk:sqs:sendMessage", Target={"Input": json.dumps(message)})
    scheduler.create_schedule(**send)
    table = {
        "TableName": unique,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
    }
    dynamodb = client("dynamodb")
    dynamodb.create_table(**table)
    item = json.dumps({"TableName": unique, "Item": {"k": {"S": "v"}}})
    put = given("rate(1 day)", "arn:aws:scheduler:::aws-sdk:dynamodb:putItem", "put", Target={"Input": item})
    scheduler.create_schedule(**put)
    advance(1)
    assert bodies(url)[0].startswith("at 20")
    assert dynamodb.scan(TableName=unique)["Items"] == [{"k": {"S": "v"}}]


def test_a_request_may_be_spelled_in_capitals(scheduler, client, given, advance, unique):
    request = json.dumps({"LogGroupName": unique})
    arn = "arn:aws:scheduler:::aws-sdk:cloudwatchlogs:createLogGroup"
    scheduler.create_schedule(**given("rate(1 day)", arn, Target={"Input": request}))
    advance(1)
    assert client("logs").describe_log_groups(logGroupNamePrefix=unique)["logGroups"][0]["logGroupName"] == unique


def test_what_cannot_be_delivered_is_a_dead_letter(scheduler, queue, given, received, advance, now, unique):
    url, dead = queue("dead")
    start = now()
    arn = scheduler.create_schedule(
        **given("rate(1 day)", Target={"Input": "<aws.scheduler.attempt-number>", "DeadLetterConfig": {"Arn": dead}})
    )["ScheduleArn"]
    advance(60)
    [message] = received(url)
    assert message["Body"] == "1"
    found = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert len(found.pop("EXECUTION_ID")) == 16
    assert seconds([found.pop("SCHEDULED_TIME")], start) == [0]
    assert found.pop("ERROR_MESSAGE").startswith("The specified queue does not exist")
    assert found == {
        "ERROR_CODE": "AWS.SimpleQueueService.NonExistentQueue",
        "IS_PAYLOAD_TRUNCATED": "false",
        "RETRY_ATTEMPTS": "0",
        "SCHEDULE_ARN": arn,
        "TARGET_ARN": "arn:aws:sqs:us-east-1:000000000000:none",
    }


def test_a_request_that_is_not_valid_is_a_dead_letter(scheduler, queue, given, received, advance):
    url, dead = queue("dead")
    target = {"Input": '{"TableName": 5}', "DeadLetterConfig": {"Arn": dead}}
    scheduler.create_schedule(**given("rate(1 day)", "arn:aws:scheduler:::aws-sdk:dynamodb:putItem", Target=target))
    scheduler.create_schedule(**given("rate(1 day)", "arn:aws:scheduler:::aws-sdk:s4:putItem", "no", Target=target))
    advance(60)
    codes = {message["MessageAttributes"]["ERROR_CODE"]["StringValue"] for message in received(url)}
    assert codes == {"SerializationException", "UnknownOperationException"}


def test_many_schedules_fire_together(scheduler, queue, given, bodies, advance, now):
    url, arn = queue()
    when = local(now() + timedelta(minutes=10).total_seconds())
    for number in range(250):  # more than one transaction takes
        scheduler.create_schedule(**given(f"at({when})", arn, str(number), Target={"Input": str(number)}))
    advance(900)
    assert sorted(map(int, bodies(url))) == list(range(250))


def test_a_topic(scheduler, client, queue, given, bodies, advance, unique):
    sns = client("sns")
    url, arn = queue()
    topic = sns.create_topic(Name=unique)["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    scheduler.create_schedule(**given("rate(1 day)", topic, Target={"Input": "hello"}))
    advance(1)
    assert bodies(url) == ["hello"]


def test_a_stream(scheduler, client, given, advance, unique):
    kinesis = client("kinesis")
    kinesis.create_stream(StreamName=unique, ShardCount=1)
    advance(30)
    arn = f"arn:aws:kinesis:us-east-1:000000000000:stream/{unique}"
    parameters = {"Input": "hello", "KinesisParameters": {"PartitionKey": "p"}}
    scheduler.create_schedule(**given("rate(1 day)", arn, Target=parameters))
    advance(1)
    iterator = kinesis.get_shard_iterator(
        StreamName=unique, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    [record] = kinesis.get_records(ShardIterator=iterator)["Records"]
    assert (record["Data"], record["PartitionKey"]) == (b"hello", "p")
