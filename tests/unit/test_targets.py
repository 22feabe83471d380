"""Which call a delivery means."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.base.errors import AwsError
from penstock.delivery.http_requests import Additions, destination_request, filled, stage_request
from penstock.delivery.pace import Pace
from penstock.delivery.targets import Call, Delivery, HttpCall, call_for

RULE = "arn:aws:events:us-east-1:000000000000:rule/bus/nightly"


def call(target: str, text: str = "{}", **parameters: Any) -> Call | HttpCall:
    return call_for(Delivery(RULE, target, text, 0.0, parameters), "http://127.0.0.1:4566")


def test_a_task_with_all_of_its_parameters() -> None:
    given = {
        "TaskDefinitionArn": "arn:aws:ecs:us-east-1:000000000000:task-definition/work:3",
        "TaskCount": 2,
        "LaunchType": "FARGATE",
        "NetworkConfiguration": {
            "awsvpcConfiguration": {"Subnets": ["s"], "SecurityGroups": ["g"], "AssignPublicIp": "DISABLED"}
        },
        "Tags": [{"Key": "k", "Value": "v"}],
    }
    overrides = {"containerOverrides": [{"name": "c", "command": ["x"]}]}
    made = call("arn:aws:ecs:eu-west-1:111111111111:cluster/c", orjson.dumps(overrides).decode(), EcsParameters=given)
    assert isinstance(made, Call)
    assert (made.service, made.operation, made.account, made.region) == ("ecs", "RunTask", "111111111111", "eu-west-1")
    assert made.request == {
        "cluster": "arn:aws:ecs:eu-west-1:111111111111:cluster/c",
        "taskDefinition": "arn:aws:ecs:us-east-1:000000000000:task-definition/work:3",
        "count": 2,
        "launchType": "FARGATE",
        "networkConfiguration": {
            "awsvpcConfiguration": {"subnets": ["s"], "securityGroups": ["g"], "assignPublicIp": "DISABLED"}
        },
        "tags": [{"key": "k", "value": "v"}],
        "startedBy": "events-rule/nightly",
        "overrides": overrides,
    }


def test_a_task_without_a_network_of_its_own() -> None:
    given = {"TaskDefinitionArn": "arn:aws:ecs:us-east-1:000000000000:task-definition/work", "NetworkConfiguration": {}}
    made = call("arn:aws:ecs:us-east-1:000000000000:cluster/c", EcsParameters=given)
    assert isinstance(made, Call)
    assert "networkConfiguration" not in made.request


def test_a_state_machine() -> None:
    arn = "arn:aws:states:us-east-1:000000000000:stateMachine:m"
    made = call(arn, '{"a": 1}')
    assert isinstance(made, Call)
    assert (made.service, made.operation) == ("stepfunctions", "StartExecution")
    assert made.request == {"stateMachineArn": arn, "input": '{"a": 1}'}


def test_endpoints_are_called_by_http() -> None:
    parameters = {"HeaderParameters": {"a": "b"}}
    made = call("arn:aws:events:us-east-1:000000000000:api-destination/d/1", "x", HttpParameters=parameters)
    assert isinstance(made, HttpCall)
    assert (made.arn.resource, made.parameters, made.text) == ("api-destination/d/1", parameters, "x")
    assert isinstance(call("arn:aws:execute-api:us-east-1:000000000000:a1/prod/POST/x/*"), HttpCall)
    assert isinstance(call("arn:aws:events:us-east-1:000000000000:event-bus/b"), Call)


def test_what_is_no_target() -> None:
    with pytest.raises(AwsError, match="batch"):
        call("arn:aws:batch:us-east-1:000000000000:job-queue/q")


def test_a_stage() -> None:
    made = call("arn:aws:execute-api:us-east-1:000000000000:a1/prod/PUT/x/*/y", "{}")
    assert isinstance(made, HttpCall)
    parameters = {"PathParameterValues": ["1 2"], "QueryStringParameters": {"q": "r"}}
    request = stage_request(made.arn, parameters, "{}", "http://127.0.0.1:1/_aws/execute-api", "AWS4")
    assert (request.method, request.url) == ("PUT", "http://127.0.0.1:1/_aws/execute-api/a1/prod/x/1%202/y?q=r")
    assert request.headers["Authorization"] == "AWS4"


def test_what_a_connection_says_comes_first() -> None:
    target = {"HeaderParameters": {"X-A": "target", "x-b": "target"}, "QueryStringParameters": {"q": "target"}}
    added = Additions({"x-a": "connection"}, {"q": "connection"}, {"m": "1"})
    request = destination_request("POST", "http://h/p?z=1", target, '{"n": 2}', added)
    assert request.url == "http://h/p?z=1&q=connection"
    assert (request.headers["x-a"], request.headers["x-b"]) == ("connection", "target")
    assert orjson.loads(request.body) == {"n": 2, "m": "1"}
    assert destination_request("GET", "http://h", {}, "{}", Additions()).body == b""


@given(st.lists(st.text(alphabet="ab/", max_size=4), max_size=4), st.integers(0, 4))
def test_each_star_takes_one_value(values: list[str], stars: int) -> None:
    found = filled("/x" + "/*" * stars, values)
    assert found.count("/") == stars + 1
    assert "*" not in found


@given(st.integers(1, 50), st.lists(st.floats(0, 0.5), min_size=1, max_size=200))
def test_no_second_has_more_than_its_share(rate: int, pauses: list[float]) -> None:
    pace, now, turns = Pace(), 1000.0, []
    for pause in pauses:
        now += pause
        when = pace.take(rate, now, float("inf"))
        assert when is not None and when >= now
        turns.append(when)
    assert turns == sorted(turns)
    for first, later in zip(turns, turns[2 * rate :], strict=False):
        assert later >= first + 1 - 1e-6


def test_who_is_too_late_takes_no_turn() -> None:
    pace = Pace()
    assert pace.take(1, 0.0, 0.5) == 0.0
    assert pace.take(1, 0.0, 0.5) is None
    assert pace.take(1, 0.0, 5.0) == 1.0


@pytest.mark.parametrize(
    ("parameters", "key"),
    [
        ({}, "e-1"),
        ({"PartitionKeyPath": "$.detail.customer"}, "c-9"),
        ({"PartitionKeyPath": "$.detail.count"}, "3"),
        ({"PartitionKey": "constant"}, "constant"),
    ],
)
def test_a_stream_gets_the_text_under_its_partition_key(parameters: dict[str, str], key: str) -> None:
    stream = "arn:aws:kinesis:us-east-1:000000000000:stream/s"
    made = call(stream, '{"id": "e-1", "detail": {"customer": "c-9", "count": 3}}', KinesisParameters=parameters)
    assert isinstance(made, Call)
    assert (made.service, made.operation, made.request["StreamARN"]) == ("kinesis", "PutRecord", stream)
    assert made.request["PartitionKey"] == key


def test_an_operation_of_the_sdk_acts_where_its_schedule_is() -> None:
    schedule = "arn:aws:scheduler:eu-west-1:111111111111:schedule/default/nightly"
    arn = "arn:aws:scheduler:::aws-sdk:sfn:startExecution"
    made = call_for(Delivery(schedule, arn, '{"StateMachineArn": "m"}', 0.0, {}), "")
    assert made == Call(
        "stepfunctions", "StartExecution", {"StateMachineArn": "m"}, "111111111111", "eu-west-1", sdk=True
    )


def test_a_task_tells_which_schedule_started_it() -> None:
    schedule = "arn:aws:scheduler:us-east-1:000000000000:schedule/default/nightly"
    cluster = "arn:aws:ecs:us-east-1:000000000000:cluster/c"
    parameters = {"EcsParameters": {"TaskDefinitionArn": "t"}}
    made = call_for(Delivery(schedule, cluster, "{}", 0.0, parameters), "")
    assert isinstance(made, Call) and made.request["startedBy"] == "chronos-schedule/nightly"
