"""Invoke and InvokeAsync, synchronous side."""

import base64
import json
from typing import Any

import pytest

from .conftest import client_context


def test_answer(functions: Any, lam: Any) -> None:
    answer = lam.invoke(FunctionName=functions.named(), Payload=b'{"a": [1]}')
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert "FunctionError" not in answer
    assert json.loads(answer["Payload"].read()) == {"a": [1]}


def test_without_a_payload_the_event_is_empty(functions: Any, lam: Any) -> None:
    assert lam.invoke(FunctionName=functions.named())["Payload"].read() == b"{}"


def test_function_error(functions: Any, lam: Any) -> None:
    answer = lam.invoke(FunctionName=functions.named("def handler(event, context):\n    raise ValueError('no')"))
    document = json.loads(answer["Payload"].read())
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert (document["errorType"], document["errorMessage"]) == ("ValueError", "no")
    assert document["requestId"] == answer["ResponseMetadata"]["RequestId"]


def test_log_tail(functions: Any, lam: Any) -> None:
    name = functions.named("def handler(event, context): print('said')")
    answer = lam.invoke(FunctionName=name, LogType="Tail")
    lines = base64.b64decode(answer["LogResult"]).decode().splitlines()
    request_id = answer["ResponseMetadata"]["RequestId"]
    assert lines[:3] == [f"START RequestId: {request_id} Version: $LATEST", "said", f"END RequestId: {request_id}"]
    assert lines[3].startswith(f"REPORT RequestId: {request_id}\tDuration: ")


def test_log_is_in_cloudwatch(functions: Any) -> None:
    name = functions.named("def handler(event, context): print('said')")
    functions.invoke(name)
    assert functions.log(name) == ["said"]


def test_a_long_log_is_stored_whole(functions: Any) -> None:
    source = """
    def handler(event, context):
        for i in range(12): print(i, "x" * 100_000)
        for i in range(10_001): print("s", i)
    """
    name = functions.named(source, MemorySize=256)
    functions.invoke(name)
    logs = functions.penstock.client("logs").get_paginator("filter_log_events")
    pages = logs.paginate(logGroupName=f"/aws/lambda/{name}")
    messages = [event["message"] for page in pages for event in page["events"]]
    assert len([message for message in messages if message.endswith("x" * 100_000)]) == 12
    assert len([message for message in messages if message.startswith("s ")]) == 10_001


def test_client_context(functions: Any, lam: Any, refused: Any) -> None:
    name = functions.named("def handler(event, context): return context.client_context.custom")
    context = client_context({"custom": {"ü": "ü"}})
    assert functions.invoke(name, ClientContext=context) == {"ü": "ü"}
    found = refused(lam.invoke, FunctionName=name, ClientContext="bm8=")
    message = "Client context must be a valid Base64-encoded JSON object."
    assert found == ("InvalidRequestContentException", message)


def test_dry_run(functions: Any, lam: Any) -> None:
    name = functions.named("def handler(event, context): print('ran')")
    assert lam.invoke(FunctionName=name, InvocationType="DryRun")["StatusCode"] == 204


def test_credentials_are_those_of_the_role(functions: Any) -> None:
    source = "import boto3\ndef handler(event, context): return boto3.client('sts').get_caller_identity()['Arn']"
    name = functions.named(source, Role="arn:aws:iam::000000000000:role/path/worker")
    assert functions.invoke(name) == f"arn:aws:sts::000000000000:assumed-role/worker/{name}"


def test_a_function_calls_another(functions: Any) -> None:
    inner = functions.named("def handler(event, context): return event['n'] + 1")
    outer = functions.named(
        """
        import boto3, json
        def handler(event, context):
            answer = boto3.client("lambda").invoke(FunctionName=event["to"], Payload=json.dumps(event))
            return json.load(answer["Payload"])
        """
    )
    assert functions.invoke(outer, {"to": inner, "n": 1}) == 2


def test_payload_has_to_be_json(functions: Any, lam: Any, refused: Any) -> None:
    code, message = refused(lam.invoke, FunctionName=functions.named(), Payload=b"hello")
    assert code == "InvalidRequestContentException"
    assert message.startswith(
        "Could not parse request body into json: Could not parse payload into json: Unrecognized token 'hello': was "
        "expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
    )


@pytest.mark.parametrize(("kind", "limit"), [("RequestResponse", 6_291_456), ("Event", 1_048_576)])
def test_payload_limits(functions: Any, lam: Any, refused: Any, kind: str, limit: int) -> None:
    payload = json.dumps("x" * (limit - 1)).encode()
    found = refused(lam.invoke, FunctionName=functions.named(), InvocationType=kind, Payload=payload)
    size = limit + 1
    message = f"{size} byte payload is too large for the {kind} invocation type (limit {limit} bytes)"
    assert found == ("RequestTooLargeException", message)


def test_unknown_function_and_qualifier(functions: Any, lam: Any, refused: Any, unique: str) -> None:
    arn = "arn:aws:lambda:us-east-1:000000000000:function:"
    error = "ResourceNotFoundException"
    assert refused(lam.invoke, FunctionName=unique) == (error, f"Function not found: {arn}{unique}")
    name = functions.named()
    found = refused(lam.invoke, FunctionName=name, Qualifier="live")
    assert found == (error, f"Function not found: {arn}{name}:live")


def test_trace_goes_through(functions: Any, lam: Any) -> None:
    """botocore sends the trace header of the environment along; the function's own calls are in the same trace."""
    name = functions.named("import os\ndef handler(event, context): return os.environ['_X_AMZN_TRACE_ID']")
    root = "Root=1-5759e988-bd862e3fe1be46a994272793"

    def add(request: Any, **_: Any) -> None:
        request.headers["X-Amzn-Trace-Id"] = f"{root};Parent=53995c3f42cd8ad8;Sampled=1"

    lam.meta.events.register("before-send.lambda.Invoke", add)
    try:
        assert functions.invoke(name).startswith(root)
    finally:
        lam.meta.events.unregister("before-send.lambda.Invoke", add)
