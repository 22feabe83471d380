"""What is down is waited for, however long it takes: nothing of it counts against the source's maxReceiveCount.

Pipe internal errors of
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-error-troubleshooting.html
"""

import json

import pytest

from ..endpoint import Endpoint


@pytest.fixture
def gone():
    """An endpoint that nobody listens at, until `Endpoint(gone.server_port)`."""
    made = Endpoint()
    made.kill()
    return made


def test_an_endpoint_that_is_down_is_waited_for(pipe, send, destination, advance, dead, left):
    gone = Endpoint()
    gone.kill()
    pipe(destination(gone.url))
    send(*({"n": n} for n in range(20)))
    advance(600)
    assert (left(), dead()) == (20, [])
    back = Endpoint(gone.server_port)
    advance(61)
    assert sorted(json.loads(asked.document["body"])["n"] for asked in back.asked) == list(range(20))
    assert (left(), dead()) == (0, [])
    back.kill()


def test_an_endpoint_that_throttles_is_waited_for(pipe, send, endpoint, destination, advance, dead, left):
    endpoint.answers = [(429, {}, {})] * 5
    pipe(destination(endpoint.url))
    send({"n": 1})
    advance(120)
    assert (len(endpoint.asked), left(), dead()) == (6, 0, [])


def test_a_function_without_concurrency_is_waited_for(pipe, send, client, function, advance, dead, left):
    arn = function("def handler(event, context): return None")
    client("lambda").put_function_concurrency(FunctionName=arn, ReservedConcurrentExecutions=0)
    pipe(arn)
    send({"n": 1})
    advance(300)
    assert (left(), dead()) == (1, [])
    client("lambda").delete_function_concurrency(FunctionName=arn)
    advance(61)
    assert (left(), dead()) == (0, [])


def test_what_is_held_when_a_pipe_stops_is_delivered_after_its_start(pipe, pipes, send, destination, advance, left):
    gone = Endpoint()
    gone.kill()
    name = pipe(destination(gone.url))
    send({"n": 1})
    advance(10)
    pipes.stop_pipe(Name=name)
    back = Endpoint(gone.server_port)
    advance(120)
    assert (len(back.asked), left()) == (0, 1)
    pipes.start_pipe(Name=name)
    advance(1)
    assert (len(back.asked), left()) == (1, 0)
    back.kill()


def test_an_enrichment_that_is_down_is_waited_for(pipe, send, gone, destination, target, advance, dead, left, bodies):
    pipe(target[1], Enrichment=destination(gone.url))
    send({"n": 1})
    advance(600)
    assert (left(), dead(), bodies(target[0])) == (1, [], [])
    back = Endpoint(gone.server_port)
    back.answers = [(200, {}, {"rich": True})]
    advance(61)
    assert [json.loads(body) for body in bodies(target[0])] == [{"rich": True}]
    assert (left(), dead()) == (0, [])
    back.kill()


def test_an_enrichment_that_throttles_is_waited_for(pipe, send, endpoint, destination, target, advance, dead, bodies):
    endpoint.answers = [(429, {}, {})] * 5 + [(200, {}, {"rich": True})]
    pipe(target[1], Enrichment=destination(endpoint.url))
    send({"n": 1})
    advance(120)
    assert (len(endpoint.asked), len(bodies(target[0])), dead()) == (6, 1, [])


def test_what_is_down_is_waited_for_until_the_record_expires(pipe, send, sqs, source, gone, destination, advance, left):
    sqs.set_queue_attributes(QueueUrl=source[0], Attributes={"MessageRetentionPeriod": "3600"})
    pipe(destination(gone.url))
    send({"n": 1})
    advance(3000)
    assert left() == 1
    advance(4000)
    assert left() == 0
    back = Endpoint(gone.server_port)
    advance(120)
    assert back.asked == []
    back.kill()


def test_a_source_that_cannot_be_read_is_waited_for(pipe, pipes, send, sqs, queue, source, target, advance, bodies):
    name = pipe(target[1], TargetParameters={"InputTemplate": "<$.body.n>"})
    usual = pipes.describe_pipe(Name=name)["StateReason"]
    sqs.delete_queue(QueueUrl=source[0])
    advance(600)
    found = pipes.describe_pipe(Name=name)
    assert found["CurrentState"] == "RUNNING"
    assert "does not exist" in found["StateReason"]
    queue("source")
    advance(61)
    send({"n": 1})
    advance(1)
    assert bodies(target[0]) == ["1"]
    assert pipes.describe_pipe(Name=name)["StateReason"] == usual
