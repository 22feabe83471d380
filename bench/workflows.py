"""State machines over raw HTTP: synchronous express executions, and transitions of standard ones until all end."""

import json
import time
from itertools import count, pairwise

from bench import load
from bench.peers import Server

ROLE = "arn:aws:iam::000000000000:role/bench"
STATES = 20
SYNC = "synchronous express executions"
TRANSITIONS = "standard state transitions"


def measure(server: Server) -> dict[str, float]:
    """Rates per second."""
    return {SYNC: _sync(server), TRANSITIONS: _transitions(server)}


def _definition(states: int) -> str:
    names = [f"S{number}" for number in range(states)]
    passes = {name: {"Type": "Pass", "Next": after} for name, after in pairwise(names)}
    return json.dumps({"StartAt": "S0", "States": {**passes, names[-1]: {"Type": "Pass", "End": True}}})


def _machine(server: Server, kind: str, states: int) -> str:
    arn: str = server.client("stepfunctions").create_state_machine(
        name=kind, type=kind, definition=_definition(states), roleArn=ROLE
    )["stateMachineArn"]
    return arn


def _request(server: Server, operation: str, body: dict[str, str]) -> bytes:
    headers = {
        "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/states/aws4_request, "
        "SignedHeaders=host, Signature=0",
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": f"AWSStepFunctions.{operation}",
    }
    return load.request(server.port, json.dumps(body).encode(), headers)


def _sync(server: Server) -> float:
    body = {"stateMachineArn": _machine(server, "EXPRESS", STATES), "input": "{}"}
    executions = 200 if server.name == "ministack" else 3000
    return load.drive(server.port, [_request(server, "StartSyncExecution", body)], executions, 8).rate


def _transitions(server: Server) -> float:
    """A transition is the entry of a state: as many as there are states, and executions that begin at once."""
    arn = _machine(server, "STANDARD", STATES)
    client = server.client("stepfunctions")
    names = count()
    executions = 300 if server.name == "ministack" else 1500
    requests = [
        _request(server, "StartExecution", {"stateMachineArn": arn, "name": f"e{next(names)}", "input": "{}"})
        for _ in range(executions + 16)
    ]
    start = time.perf_counter()
    load.drive(server.port, requests, executions, 8)
    while client.list_executions(stateMachineArn=arn, statusFilter="RUNNING", maxResults=1)["executions"]:
        if time.perf_counter() - start > 60:
            raise RuntimeError(f"{server.name}: executions still run")
        time.sleep(0.002)
    return executions * STATES / (time.perf_counter() - start)
