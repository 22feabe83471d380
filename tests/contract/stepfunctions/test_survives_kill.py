"""`kill -9` in the middle of a Wait, a task, a callback, a Map and a Parallel: the execution goes on where it was."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3

from penstock.call import Config
from penstock.testing import running

from .conftest import CONFIG, ROLE, kinds

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
WAIT = {"Type": "Wait", "Seconds": 60}


def definitions(queue: str, child: str) -> dict[str, dict[str, Any]]:
    waits = {"StartAt": "W", "States": {"W": {**WAIT, "End": True}}}
    token = {"QueueUrl": queue, "MessageBody.$": "$$.Task.Token"}
    mode = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}}
    states: dict[str, dict[str, Any]] = {
        "wait": WAIT,
        "callback": _task("sqs:sendMessage.waitForTaskToken", token),
        "job": _task("states:startExecution.sync", {"StateMachineArn": child}),
        "map": {"Type": "Map", "ItemsPath": "$.l", "ItemProcessor": waits, "MaxConcurrency": 2},
        "parallel": {"Type": "Parallel", "Branches": [waits, {"StartAt": "V", "States": {"V": waits["States"]["W"]}}]},
        "distributed": {"Type": "Map", "ItemsPath": "$.l", "ItemProcessor": {**waits, **mode}, "MaxConcurrency": 2},
        "retry": {
            **_task("aws-sdk:sqs:getQueueUrl", {"QueueName": "later"}),
            "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 30}],
        },
    }
    before = {"Type": "Pass", "ResultPath": "$.once", "Result": 1, "Next": "S"}
    return {
        name: {"StartAt": "B", "States": {"B": before, "S": {**state, "ResultPath": "$.r", "End": True}}}
        if state["Type"] != "Wait"
        else {"StartAt": "B", "States": {"B": before, "S": {**state, "End": True}}}
        for name, state in states.items()
    }


def _task(what: str, parameters: dict[str, Any]) -> dict[str, Any]:
    return {"Type": "Task", "Resource": f"arn:aws:states:::{what}", "Parameters": parameters}


def test_executions_go_on_where_they_were(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", RUNTIME, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    key = {"aws_access_key_id": "000000000000", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    where = f"http://127.0.0.1:{int(process.stdout.readline())}"
    sfn = boto3.client("stepfunctions", endpoint_url=where, config=CONFIG, **key)
    queue = boto3.client("sqs", endpoint_url=where, **key).create_queue(QueueName="q")["QueueUrl"]

    def create(name: str, definition: dict[str, Any], **more: Any) -> str:
        request = {"name": name, "definition": json.dumps(definition), "roleArn": ROLE, **more}
        return str(sfn.create_state_machine(**request)["stateMachineArn"])

    child = create("child", {"StartAt": "W", "States": {"W": {**WAIT, "End": True}}})
    started = {
        name: sfn.start_execution(stateMachineArn=create(name, definition), input='{"l": [1, 2, 3]}')["executionArn"]
        for name, definition in definitions(queue, child).items()
    }
    assert sfn.describe_execution(executionArn=started["wait"])["status"] == "RUNNING"
    process.kill()
    process.communicate()
    with running(Config(data=tmp_path, port=0)) as runtime:
        sfn = runtime.client("stepfunctions", config=CONFIG)
        sqs = runtime.client("sqs")
        url = sqs.create_queue(QueueName="q")["QueueUrl"]
        token = sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"]
        sqs.create_queue(QueueName="later")
        sfn.send_task_success(taskToken=token, output='"called back"')
        runtime.advance(130)
        runtime.settle()
        for name, arn in started.items():
            found = sfn.describe_execution(executionArn=arn)
            assert (name, found["status"]) == (name, "SUCCEEDED")
            assert kinds(sfn, arn).count("PassStateEntered") == 1
            ids = [event["id"] for event in sfn.get_execution_history(executionArn=arn)["events"]]
            assert ids == list(range(1, len(ids) + 1))
        output = json.loads(sfn.describe_execution(executionArn=started["map"])["output"])
        assert (output["r"], output["once"]) == ([1, 2, 3], 1)
        callback = json.loads(sfn.describe_execution(executionArn=started["callback"])["output"])
        assert callback["r"] == "called back"
