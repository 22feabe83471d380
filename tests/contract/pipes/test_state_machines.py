"""A queue, a pipe and a real state machine, synchronous and not, as target and as enrichment."""

import json
import time

import pytest

from penstock.base.clock import SETTLE_LIMIT

from .conftest import ROLE

DOUBLE = {
    "QueryLanguage": "JSONata",
    "StartAt": "Double",
    "States": {
        "Double": {"Type": "Pass", "Output": "{% [$states.input.{'n': n * 2}] %}", "End": True},
    },
}


@pytest.fixture
def machine(client, unique):
    """`machine(definition, kind)`: its ARN."""

    def make(definition, kind="EXPRESS"):
        request = {"name": unique, "definition": json.dumps(definition), "roleArn": ROLE, "type": kind}
        return client("stepfunctions").create_state_machine(**request)["stateMachineArn"]

    return make


BODY = {"InputTemplate": "<$.body>"}


def test_an_express_workflow_enriches(pipe, send, machine, queue, settle, bodies):
    url, arn = queue("target")
    pipe(arn, Enrichment=machine(DOUBLE), EnrichmentParameters=BODY)
    send({"n": 2})
    settle()
    assert [json.loads(body) for body in bodies(url)] == [{"n": 4}]


def test_a_workflow_that_fails_gives_its_messages_back(pipe, send, machine, advance, sqs, unique, left):
    failing = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Bad", "Cause": "no"}}}
    pipe(machine(failing))
    send({"n": 1})
    advance(65)
    url = sqs.get_queue_url(QueueName=f"{unique}-dead")["QueueUrl"]
    assert [message["Body"] for message in sqs.receive_message(QueueUrl=url)["Messages"]] == ['{"n": 1}']
    assert left() == 0


def test_a_standard_workflow_gets_the_batch(pipe, send, client, machine, settle, left):
    arn = machine({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}, "STANDARD")
    asynchronous = {"StepFunctionStateMachineParameters": {"InvocationType": "FIRE_AND_FORGET"}}
    pipe(arn, TargetParameters={**BODY, **asynchronous})
    send({"n": 1})
    settle()
    states = client("stepfunctions")
    [execution] = states.list_executions(stateMachineArn=arn)["executions"]
    found = states.describe_execution(executionArn=execution["executionArn"])
    assert (found["status"], json.loads(found["output"])) == ("SUCCEEDED", [{"n": 1}])
    assert left() == 0


def test_a_rule_starts_a_workflow(client, machine, unique, settle):
    arn = machine({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}, "STANDARD")
    events, states = client("events"), client("stepfunctions")
    events.put_rule(Name=unique, EventPattern=json.dumps({"source": [unique]}))
    events.put_targets(Rule=unique, Targets=[{"Id": "t", "Arn": arn, "RoleArn": ROLE, "InputPath": "$.detail"}])
    events.put_events(Entries=[{"Source": unique, "DetailType": "t", "Detail": '{"n": 1}'}])
    settle()
    [execution] = states.list_executions(stateMachineArn=arn)["executions"]
    found = states.describe_execution(executionArn=execution["executionArn"])
    assert (found["status"], json.loads(found["input"])) == ("SUCCEEDED", {"n": 1})


def test_a_workflow_that_waits_ends_when_time_has_passed(pipe, send, machine, advance, left):
    waiting = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 20, "End": True}}}
    pipe(machine(waiting))
    send({"n": 1})
    began = time.monotonic()
    advance(19)
    assert left() == 1
    advance(2)
    assert left() == 0
    assert time.monotonic() - began < SETTLE_LIMIT / 2  # the clock did not wait for a wait
