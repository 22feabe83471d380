"""The workflow between a pipe and a task on Fargate, in the Amazon States Language with JSONata.

Synchronous express, for only then does the pipe learn what became of its messages. Express workflows know neither
`.sync` nor task tokens, so this one starts the task and looks every few seconds whether it has ended, within the five
minutes that AWS gives an express execution and a pipe. A task that takes longer is stopped before its messages return.
https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

# AWS lets the overrides of a task be 8192 characters, all of their JSON counted; the rest is names and quotes.
LARGEST_VALUE = 7000
LOOK_EVERY = 5  # seconds
BATCHES, RESULTS = "batches", "results"


def _key(folder: str) -> str:
    return f"{{% '{folder}/' & $states.context.Execution.Name & '.json' %}}"


# What a task is told beside its own variables.
ENVIRONMENT = ("{% $given %}", {"Name": "RESULT_KEY", "Value": _key(RESULTS)})

_RETRY = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 3, "JitterStrategy": "FULL"}]
_ENDED = "$states.input.Tasks[0].LastStatus = 'STOPPED'"
_CONTAINERS = "$states.input.Tasks[0].Containers"


class Work(NamedTuple):
    """What is run: the cluster's ARN, the arguments of RunTask, and the seconds a task has."""

    cluster: str
    run: Mapping[str, Any]
    bucket: str
    seconds: float


def definition(work: Work) -> dict[str, Any]:
    """Input: SQS records, by the pipe. Output: `{batchItemFailures: [{itemIdentifier}]}`. A failure is that of all."""
    states = {**_handing_over(work), **_running(work), **_reporting(work)}
    return {"QueryLanguage": "JSONata", "StartAt": "Take", "States": states}


def _handing_over(work: Work) -> dict[str, Any]:
    message = "{'messageId': messageId, 'body': body, 'trace': attributes.AWSTraceHeader}"
    by_value = {"Name": "BATCH", "Value": "{% $string($batch) %}"}
    key = _key(BATCHES)
    return {
        "Take": {
            "Type": "Pass",
            "Assign": {"batch": f"{{% [$states.input.{message}] %}}", "task": ""},
            "Next": "Choose",
        },
        "Choose": {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": f"{{% $length($string($string($batch))) <= {LARGEST_VALUE} %}}",
                    "Assign": {"given": by_value},
                    "Next": "Start",
                }
            ],
            "Default": "Put",
        },
        "Put": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:s3:putObject",
            "Arguments": {"Bucket": work.bucket, "Key": key, "Body": "{% $batch %}", "ContentType": "application/json"},
            "Retry": _RETRY,
            "Assign": {"given": {"Name": "BATCH_KEY", "Value": key}},
            "Next": "Start",
        },
    }


def _running(work: Work) -> dict[str, Any]:
    """The client token makes one task of several attempts."""
    return {
        "Start": {
            "Type": "Task",
            "Resource": "arn:aws:states:::ecs:runTask",
            "Arguments": {**work.run, "ClientToken": "{% $states.context.Execution.Name %}"},
            "Retry": _RETRY,
            "Assign": {"task": "{% $count($states.result.Tasks) > 0 ? $states.result.Tasks[0].TaskArn : '' %}"},
            "Next": "Started",
        },
        "Started": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $task != '' %}", "Next": "Wait"}],
            "Default": "NotStarted",
        },
        "Wait": {"Type": "Wait", "Seconds": LOOK_EVERY, "Next": "Look"},
        "Look": {
            **_task_call("describeTasks", {"Cluster": work.cluster, "Tasks": ["{% $task %}"]}),
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Stop"}],
            "Next": "Ended",
        },
        "Ended": {"Type": "Choice", "Choices": _ends(work.seconds), "Default": "Wait"},
        "Stop": {
            **_task_call("stopTask", {"Cluster": work.cluster, "Task": "{% $task %}", "Reason": "It took too long"}),
            "Next": "TookTooLong",
        },
    }


def _ends(seconds: float) -> list[dict[str, str]]:
    """A task has failed, too, when one of its containers never started."""
    succeeded = f"$count({_CONTAINERS}[ExitCode = 0]) = $count({_CONTAINERS})"
    late = f"$toMillis($now()) - $toMillis($states.context.Execution.StartTime) > {seconds * 1000:.0f}"
    return [
        {"Condition": f"{{% {_ENDED} and {succeeded} %}}", "Next": "Report"},
        {"Condition": f"{{% {_ENDED} %}}", "Next": "TaskFailed"},
        {"Condition": f"{{% {late} %}}", "Next": "Stop"},
    ]


def _reporting(work: Work) -> dict[str, Any]:
    """A task that has nothing to report has done all of its messages."""
    why = "$states.input.Tasks[0].{'task': TaskArn, 'reason': StoppedReason, 'containers': [Containers.ExitCode]}"
    return {
        "Report": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:s3:getObject",
            "Arguments": {"Bucket": work.bucket, "Key": _key(RESULTS)},
            "Retry": [{**_RETRY[0], "ErrorEquals": ["S3.SdkClientException", "S3.S3Exception"]}],
            "Catch": [{"ErrorEquals": ["S3.NoSuchKeyException"], "Next": "AllDone"}],
            "Output": "{% $parse($states.result.Body) %}",
            "End": True,
        },
        "AllDone": {"Type": "Succeed", "Output": {"batchItemFailures": []}},
        "NotStarted": {"Type": "Fail", "Error": "NotStarted", "Cause": "{% $string($states.input.Failures) %}"},
        "TaskFailed": {"Type": "Fail", "Error": "TaskFailed", "Cause": f"{{% $string({why}) %}}"},
        "TookTooLong": {"Type": "Fail", "Error": "TookTooLong", "Cause": "{% 'The task was stopped: ' & $task %}"},
    }


def _task_call(operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
    resource = f"arn:aws:states:::aws-sdk:ecs:{operation}"
    return {"Type": "Task", "Resource": resource, "Arguments": arguments, "Retry": _RETRY}
