"""The workflow between a pipe and a task on Fargate that is handed a payload of a stream, in the Amazon States
Language with JSONata.

The payload lies in S3 until the task has said that it is done. What fails, for whatever reason, is told to a queue
with the payload's key, and a message with that key is what the workflow begins with when it is tried again. So it goes
on with the task's newest definition, which RedriveExecution does not: a redriven execution keeps its old one.
https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

PAYLOADS = "payloads"
# What a task is told beside its own variables.
ENVIRONMENT = (
    {"Name": "BUCKET_KEY", "Value": "{% $key %}"},
    {"Name": "TASK_TOKEN", "Value": "{% $states.context.Task.Token %}"},
)

_RETRY = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 3, "JitterStrategy": "FULL"}]
# The task has not been started: nothing is done twice by another try.
_NOT_STARTED = ("AmazonECS.Unknown", "ECS.AmazonECSException", "ECS.ServerException", "ECS.ThrottlingException")
_SILENCE = "'The task has reported neither success nor failure.'"


class Work(NamedTuple):
    """What is run: the arguments of RunTask; the payloads' bucket; the failures' queue; the seconds a task has."""

    run: Mapping[str, Any]
    bucket: str
    queue: str
    seconds: float


def definition(work: Work) -> dict[str, Any]:
    """Input: `[{partitionKey, sequenceNumber, data, eventID}]`, or `[{bucketKey}]` of what is tried again."""
    states = {**_storing(work), **_running(work), **_failing(work)}
    return {"QueryLanguage": "JSONata", "StartAt": "Choose", "States": states}


def _storing(work: Work) -> dict[str, Any]:
    stored = {
        "Condition": "{% $exists($states.input.bucketKey) %}",
        "Assign": {"key": "{% $states.input.bucketKey %}"},
        "Next": "Run",
    }
    return {
        "Choose": {"Type": "Choice", "Choices": [stored], "Default": "Name"},
        "Name": {"Type": "Pass", "Assign": {"key": f"{{% '{PAYLOADS}/' & $uuid() & '.json' %}}"}, "Next": "Store"},
        "Store": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:s3:putObject",
            "Arguments": {
                **_object(work),
                "Body": "{% $states.input %}",
                "ContentType": "application/json",
            },
            "Retry": _RETRY,
            "Next": "Run",
        },
    }


def _running(work: Work) -> dict[str, Any]:
    failure = {
        "error": "{% $states.errorOutput.Error %}",
        "cause": f"{{% $states.errorOutput.Cause ? $states.errorOutput.Cause : {_SILENCE} %}}",
    }
    return {
        "Run": {
            "Type": "Task",
            "Resource": "arn:aws:states:::ecs:runTask.waitForTaskToken",
            "Arguments": work.run,
            "TimeoutSeconds": int(work.seconds),
            "Retry": [
                {"ErrorEquals": list(_NOT_STARTED), "IntervalSeconds": 5, "MaxAttempts": 4, "JitterStrategy": "FULL"},
            ],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Assign": failure, "Next": "SetAside"}],
            "Next": "Remove",
        },
        "Remove": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:s3:deleteObject",
            "Arguments": _object(work),
            "Retry": _RETRY,
            "Output": "{% $states.input %}",
            "End": True,
        },
    }


def _failing(work: Work) -> dict[str, Any]:
    told = "'bucketKey': $key, 'error': $error, 'cause': $cause, 'execution': $states.context.Execution.Id"
    return {
        "SetAside": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage",
            "Arguments": {"QueueUrl": work.queue, "MessageBody": f"{{% $string({{{told}}}) %}}"},
            "Retry": _RETRY,
            "Next": "Failed",
        },
        "Failed": {"Type": "Fail", "Error": "{% $error %}", "Cause": "{% $cause %}"},
    }


def _object(work: Work) -> dict[str, Any]:
    return {"Bucket": work.bucket, "Key": "{% $key %}"}
