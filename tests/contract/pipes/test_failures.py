"""What fails by the customer's own doing comes back; nothing is lost by stopping, changing or killing.

Customer invocation errors of
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-error-troubleshooting.html
"""

import json
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from penstock.call import Config
from penstock.testing import running

from .conftest import ROLE

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


@pytest.mark.parametrize(
    "answer",
    [
        '{"batchItemFailures": [{"itemIdentifier": ""}]}',
        '{"batchItemFailures": [{"itemIdentifier": null}]}',
        '{"batchItemFailures": [{}]}',
        '{"batchItemFailures": [{"itemIdentifier": "unknown"}]}',
        '{"batchItemFailures": "all"}',
    ],
)
def test_an_answer_that_cannot_be_understood_fails_the_batch(pipe, send, function, advance, left, answer):
    pipe(function(f"import json\ndef handler(event, context): return json.loads({answer!r})"))
    send({"n": 1})
    advance(1)
    assert left() == 1


@pytest.mark.parametrize(
    "answer", ["null", "{}", "[]", '"done"', '{"batchItemFailures": []}', '{"batchItemFailures": null}']
)
def test_an_answer_without_failures_is_success(pipe, send, function, advance, left, answer):
    pipe(function(f"import json\ndef handler(event, context): return json.loads({answer!r})"))
    send({"n": 1})
    advance(1)
    assert left() == 0


def test_of_a_batch_only_what_the_target_refused_comes_back(pipe, send, queue, bodies, advance, dead, left):
    url, arn = queue("small", MaximumMessageSize="1024")
    batch = {"SqsQueueParameters": {"BatchSize": 10, "MaximumBatchingWindowInSeconds": 1}}
    pipe(arn, SourceParameters=batch, TargetParameters=BODY)
    send({"n": 1}, {"n": "x" * 2000}, {"n": 3})
    advance(2)
    assert (sorted(bodies(url)), left()) == (["1", "3"], 1)
    advance(65)
    assert (len(dead()), left()) == (1, 0)


def test_a_function_that_takes_too_long(pipe, send, client, function, advance, dead):
    arn = function("import signal\ndef handler(event, context): signal.pause()")
    client("lambda").update_function_configuration(FunctionName=arn, Timeout=1)
    pipe(arn)
    send({"n": 1})
    advance(65)
    assert dead() == ['{"n": 1}']


def test_a_function_that_is_not_waited_for_fails_alone(pipe, send, function, advance, dead, left):
    """The pipe is done when the function has accepted the batch; Lambda has its own retries."""
    asynchronous = {"LambdaFunctionParameters": {"InvocationType": "FIRE_AND_FORGET"}}
    pipe(function("def handler(event, context): raise ValueError('no')"), TargetParameters=asynchronous)
    send({"n": 1})
    advance(65)
    assert (left(), dead()) == (0, [])


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


def test_an_enrichment_that_is_not_there(pipe, send, unique, target, advance, numbers, dead):
    pipe(target[1], Enrichment=f"arn:aws:lambda:us-east-1:000000000000:function:{unique}-nowhere")
    send({"n": 1})
    advance(65)
    assert (numbers(), dead()) == ([], ['{"n": 1}'])


@pytest.mark.parametrize("status", [400, 404, 500])
def test_an_enrichment_by_an_endpoint_that_refuses(pipe, send, endpoint, destination, target, advance, dead, status):
    endpoint.answers = [(status, {}, {})] * 9
    pipe(target[1], Enrichment=destination(endpoint.url))
    send({"n": 1})
    advance(65)
    assert (len(endpoint.asked), dead()) == (2, ['{"n": 1}'])


def test_a_stage_of_api_gateway_that_refuses(pipe, send, client, unique, endpoint, advance, dead):
    endpoint.answers = [(500, {}, {})] * 9
    gateway = client("apigatewayv2")
    api = gateway.create_api(Name=unique, ProtocolType="HTTP", RouteKey="POST /", Target=endpoint.url)["ApiId"]
    pipe(f"arn:aws:execute-api:us-east-1:000000000000:{api}/$default/POST/")
    send({"n": 1})
    advance(65)
    assert (len(endpoint.asked), dead()) == (2, ['{"n": 1}'])


def test_a_dynamic_parameter_that_leads_nowhere(pipe, send, queue, advance, dead):
    _, arn = queue("target", FifoQueue="true")
    given = {"MessageGroupId": "$.body.group", "MessageDeduplicationId": "$.messageId"}
    pipe(arn, TargetParameters={"SqsQueueParameters": given})
    send({"n": 1})
    advance(65)
    assert dead() == ['{"n": 1}']


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
