"""What fails comes back, what is down is waited for, and nothing is lost by stopping, changing or killing."""

import json
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from penstock.call import Config
from penstock.testing import running

from ..endpoint import Endpoint
from .conftest import ROLE


@pytest.fixture
def target(queue):
    return queue("target")


@pytest.fixture
def dead(sqs, unique):
    """`dead()`: bodies in the source's dead-letter queue."""

    def read():
        url = sqs.get_queue_url(QueueName=f"{unique}-dead")["QueueUrl"]
        return [m["Body"] for m in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])]

    return read


@pytest.fixture
def numbers(bodies, target):
    """`numbers()`: what arrived in the target."""
    return lambda: sorted(json.loads(body) for body in bodies(target[0]))


BODY = {"InputTemplate": "<$.body.n>"}


def test_what_a_function_refuses_comes_back_and_ends_in_the_dead_letter_queue(
    pipe, send, function, advance, dead, left
):
    pipe(function("def handler(event, context): raise ValueError('no')"))
    send({"n": 1})
    advance(0.1)
    assert (left(), dead()) == (1, [])
    advance(31)
    assert (left(), dead()) == (1, [])
    advance(31)
    assert (left(), dead()) == (0, ['{"n": 1}'])


def test_only_the_named_failures_come_back(pipe, send, function, advance, dead, left):
    source = """
    import json
    def handler(event, context):
        bad = [e["messageId"] for e in event if json.loads(e["body"])["n"] % 2]
        return {"batchItemFailures": [{"itemIdentifier": name} for name in bad]}
    """
    pipe(
        function(source),
        SourceParameters={"SqsQueueParameters": {"BatchSize": 10, "MaximumBatchingWindowInSeconds": 1}},
    )
    send(*({"n": n} for n in range(6)))
    advance(2)
    assert left() == 3
    advance(65)
    assert sorted(json.loads(body)["n"] for body in dead()) == [1, 3, 5]
    assert left() == 0


def test_an_unknown_failure_fails_the_batch(pipe, send, function, advance, left):
    pipe(function("def handler(event, context): return {'batchItemFailures': [{'itemIdentifier': 'x'}]}"))
    send({"n": 1})
    advance(1)
    assert left() == 1


def test_an_enrichment_that_fails(pipe, send, function, target, advance, numbers, dead):
    pipe(target[1], Enrichment=function("def handler(event, context): raise ValueError('no')"), TargetParameters=BODY)
    send({"n": 1})
    advance(65)
    assert (numbers(), dead()) == ([], ['{"n": 1}'])


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_an_endpoint_that_refuses(pipe, send, endpoint, destination, advance, dead, status):
    endpoint.answers = [(status, {}, {})] * 9
    pipe(destination(endpoint.url))
    send({"n": 1})
    advance(65)
    assert (len(endpoint.asked), dead()) == (2, ['{"n": 1}'])


def test_a_target_that_is_not_there(pipe, send, unique, advance, dead):
    pipe(f"arn:aws:sqs:us-east-1:000000000000:{unique}-nowhere")
    send({"n": 1})
    advance(65)
    assert dead() == ['{"n": 1}']


def test_a_dynamic_parameter_that_leads_nowhere(pipe, send, queue, advance, dead):
    _, arn = queue("target", FifoQueue="true")
    given = {"MessageGroupId": "$.body.group", "MessageDeduplicationId": "$.messageId"}
    pipe(arn, TargetParameters={"SqsQueueParameters": given})
    send({"n": 1})
    advance(65)
    assert dead() == ['{"n": 1}']


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


def test_stopped_started_and_changed_under_load(pipe, pipes, send, sqs, target, advance, numbers, left, dead):
    name = pipe(target[1], TargetParameters=BODY)
    changes = [
        lambda: pipes.stop_pipe(Name=name),
        lambda: pipes.start_pipe(Name=name),
        lambda: pipes.update_pipe(Name=name, RoleArn=ROLE, Description="new"),
    ]
    for round in range(9):
        send(*({"n": round * 10 + n} for n in range(10)))
        changes[round % 3]()
    pipes.start_pipe(Name=name)
    advance(65)
    assert (set(numbers()), left(), dead()) == (set(range(90)), 0, [])


def test_a_stopped_pipe_reads_nothing(pipe, pipes, send, target, advance, numbers, left):
    name = pipe(target[1], TargetParameters=BODY)
    pipes.stop_pipe(Name=name)
    send({"n": 1})
    advance(60)
    assert (numbers(), left()) == ([], 1)
    pipes.start_pipe(Name=name)
    advance(31)
    assert (numbers(), left()) == ([1], 0)


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


RUNTIME = """
import asyncio, sys
from pathlib import Path
from penstock.call import Config
from penstock.runtime import Runtime

async def main():
    async with Runtime(Config(data=Path(sys.argv[1]), port=0)) as runtime:
        print(runtime.config.port, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""
COUNT = 200


def test_nothing_is_lost_by_a_kill(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", RUNTIME, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    key = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    where = f"http://127.0.0.1:{int(process.stdout.readline())}"
    sqs, pipes = (boto3.client(name, endpoint_url=where, **key) for name in ("sqs", "pipes"))
    arn = "arn:aws:sqs:us-east-1:000000000000:"
    urls = [sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "5"})["QueueUrl"] for name in "ab"]
    pipes.create_pipe(Name="p", Source=arn + "a", Target=arn + "b", RoleArn=ROLE, TargetParameters=BODY)
    for number in range(COUNT):
        sqs.send_message(QueueUrl=urls[0], MessageBody=json.dumps({"n": number}))
    process.kill()
    process.communicate()
    with running(Config(data=tmp_path, port=0)) as runtime:
        runtime.advance(10)
        runtime.settle()
        client, url = runtime.client("sqs"), f"{runtime.endpoint}/000000000000/b"
        found = set()
        while messages := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            found |= {int(message["Body"]) for message in messages}
    assert found == set(range(COUNT))
