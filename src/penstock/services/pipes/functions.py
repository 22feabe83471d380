"""Functions and state machines: what enriches a batch and what takes one, each with its answer.

Both get the batch as one JSON array, also where it holds one event only. Source:
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-batching-concurrency.html
"""

from collections.abc import Collection
from typing import Any

import orjson

from penstock.delivery.mappings import BatchFailed, failed_identifiers
from penstock.services.pipes.stage import Stage, settings
from penstock.wire.model import Json


async def call_function(stage: Stage) -> Any:
    """What the function returned."""
    answer = await _invoke(stage, "RequestResponse")
    payload = answer.get("Payload") or b"null"
    if "FunctionError" in answer:
        raise stage.refuse(f"The function failed: {payload.decode(errors='replace')}")
    return _document(payload)


async def call_state_machine(stage: Stage) -> Any:
    """The output of a synchronous express execution."""
    with stage.ctx.clock.rest():  # it may wait for time to pass, and what it calls is work by itself
        answer = await stage.call("stepfunctions", "StartSyncExecution", _execution(stage))
    if answer["status"] != "SUCCEEDED":
        why = ": ".join(answer[name] for name in ("error", "cause") if answer.get(name))
        raise stage.refuse(f"The execution {answer['status'].lower().replace('_', ' ')}: {why}")
    return _document((answer.get("output") or "null").encode())


async def into_function(stage: Stage) -> Collection[str]:
    if settings(stage, "LambdaFunctionParameters").get("InvocationType") == "FIRE_AND_FORGET":
        await _invoke(stage, "Event")
        return ()
    return _failures(stage, await call_function(stage))


async def into_state_machine(stage: Stage) -> Collection[str]:
    if settings(stage, "StepFunctionStateMachineParameters").get("InvocationType") == "FIRE_AND_FORGET":
        await stage.call("stepfunctions", "StartExecution", _execution(stage))
        return ()
    return _failures(stage, await call_state_machine(stage))


async def _invoke(stage: Stage, kind: str) -> Json:
    request = {"FunctionName": str(stage.arn), "InvocationType": kind, "Payload": stage.array.encode()}
    return await stage.call("lambda", "Invoke", request)


def _execution(stage: Stage) -> Json:
    request = {"stateMachineArn": str(stage.arn), "input": stage.array}
    return {**request, "traceHeader": stage.ctx.trace.header} if stage.ctx.traced else request


def _document(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text.decode(errors="replace")


def _failures(stage: Stage, response: Any) -> Collection[str]:
    """Only an answer that speaks of failures is read as one."""
    if not isinstance(response, dict) or "batchItemFailures" not in response:
        return ()
    named = failed_identifiers(response, {*stage.records, *stage.records.values()})
    failed = {stage.records.get(name, name) for name in named}
    if failed:
        stage.failed(BatchFailed(f"{len(failed)} of {len(stage.records)} events failed"), partially=True)
    return failed
