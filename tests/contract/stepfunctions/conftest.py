"""A client that does not put `sync-` before the host, and `run`: a definition to what its execution came to."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.config import Config

from penstock.testing import TestRuntime

ROLE = "arn:aws:iam::000000000000:role/workflow"
CONFIG = Config(inject_host_prefix=False, parameter_validation=False, retries={"total_max_attempts": 1})


@pytest.fixture
def sfn(penstock: TestRuntime) -> Any:
    return penstock.client("stepfunctions", config=CONFIG)


@pytest.fixture
def machine(sfn: Any, unique: str) -> Callable[..., str]:
    """`machine(definition, **more)` -> ARN."""
    made: list[str] = []

    def create(definition: dict[str, Any], **more: Any) -> str:
        name = more.pop("name", f"{unique}-{len(made)}")
        request = {"name": name, "roleArn": ROLE, "definition": json.dumps(definition), **more}
        made.append(sfn.create_state_machine(**request)["stateMachineArn"])
        return made[-1]

    return create


@pytest.fixture
def run(sfn: Any, machine: Callable[..., str], penstock: TestRuntime) -> Callable[..., dict[str, Any]]:
    """Carries a definition out and describes the execution, its output parsed; `advance` moves the clock."""

    def execute(definition: dict[str, Any], given: Any = None, advance: float = 0) -> dict[str, Any]:
        arn = machine(definition)
        started = sfn.start_execution(stateMachineArn=arn, input=json.dumps({} if given is None else given))
        penstock.advance(advance)
        found: dict[str, Any] = sfn.describe_execution(executionArn=started["executionArn"])
        if "output" in found:
            found["output"] = json.loads(found["output"])
        return found

    return execute


def one(state: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A machine of a single state `S`."""
    end = {} if state["Type"] in ("Succeed", "Fail", "Choice") or "Next" in state else {"End": True}
    return {"StartAt": "S", "States": {"S": {**state, **end}}, **more}


def kinds(sfn: Any, arn: str) -> list[str]:
    return [event["type"] for event in sfn.get_execution_history(executionArn=arn)["events"]]
