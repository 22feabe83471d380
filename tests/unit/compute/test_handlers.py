"""What a Python handler gets, and what its caller gets back."""

import json
import os
import re
from typing import Any

import pytest

ERROR = "Unhandled"


def test_returns_what_the_handler_returns(lab: Any) -> None:
    result = lab.once(lab.function("def handler(event, context): return {'got': event}"), {"a": [1, None, "ü"]})
    assert (json.loads(result.payload), result.function_error) == ({"got": {"a": [1, None, "ü"]}}, "")


def test_context_has_every_documented_member(lab: Any) -> None:
    spec = lab.function(
        """
        def handler(event, context):
            client = context.client_context
            return [context.function_name, context.function_version, context.memory_limit_in_mb,
                    context.invoked_function_arn, context.aws_request_id, context.log_group_name,
                    context.log_stream_name, context.identity.cognito_identity_id,
                    client.custom, client.client.app_title, 0 < context.get_remaining_time_in_millis() <= 7000]
        """,
        version="4",
        memory=256,
        timeout=7.0,
    )
    context = json.dumps({"custom": {"k": "v"}, "client": {"app_title": "shop"}})
    values = json.loads(lab.once(spec, client_context=context).payload)
    stream = values.pop(6)
    assert values == [
        "f", "4", "256", spec.arn, "request-1", "/aws/lambda/f", None, {"k": "v"}, "shop", True,
    ]  # fmt: skip
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[4\][0-9a-f]{32}", stream)


def test_trace_header_is_that_of_the_invocation(lab: Any) -> None:
    spec = lab.function("import os\ndef handler(event, context): return os.environ.get('_X_AMZN_TRACE_ID')")

    async def two() -> list[bytes]:
        return [(await lab.invoke(spec, trace="Root=1-2-3")).payload, (await lab.invoke(spec)).payload]

    assert lab.run(two) == [b'"Root=1-2-3"', b"null"]


def test_environment_is_lambdas_and_not_the_users(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("SECRET_OF_THE_SHELL", "x")
    spec = lab.function(
        "import os\ndef handler(event, context): return dict(os.environ)",
        environment={"TABLE": "orders", "AWS_REGION": "mars-1", "LANG": "C"},
    )
    variables = json.loads(lab.once(spec).payload)
    assert "AWS_PROFILE" not in variables
    assert "SECRET_OF_THE_SHELL" not in variables
    expected = {
        "TABLE": "orders",
        "LANG": "C",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "ASIAEXAMPLE",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_LAMBDA_FUNCTION_NAME": "f",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11",
        "LAMBDA_TASK_ROOT": str(lab.directory),
        "_HANDLER": "app.handler",
        "TZ": ":UTC",
    }
    assert {key: variables.get(key) for key in expected} == expected


def test_handler_error_has_message_type_and_trace(lab: Any) -> None:
    spec = lab.function("def handler(event, context):\n    raise KeyError('who')")
    result = lab.once(spec)
    document = json.loads(result.payload)
    assert result.function_error == ERROR
    assert document["errorMessage"] == "'who'"
    assert document["errorType"] == "KeyError"
    assert document["requestId"] == "request-1"
    assert document["stackTrace"] == [
        f"  File \"{lab.directory}/app.py\", line 2, in handler\n    raise KeyError('who')\n"
    ]


@pytest.mark.parametrize(
    ("source", "handler", "kind", "message"),
    [
        ("x = 1", "gone.handler", "Runtime.ImportModuleError",
         "Unable to import module 'gone': No module named 'gone'"),
        ("import nope", "app.handler", "Runtime.ImportModuleError",
         "Unable to import module 'app': No module named 'nope'"),
        ("x = 1", "app.handler", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
        ("x = 1", "handler", "Runtime.MalformedHandlerName",
         "Bad handler 'handler': not enough values to unpack (expected 2, got 1)"),
        ("x = 1", "sys.handler", "Runtime.BuiltInModuleConflict", "Cannot use built-in module sys as a handler module"),
        ("def handler(:", "app.handler", "Runtime.UserCodeSyntaxError",
         "Syntax error in module 'app': invalid syntax (app.py, line 1)"),
        ("1 / 0", "app.handler", "ZeroDivisionError", "division by zero"),
    ],
)  # fmt: skip
def test_init_errors_are_worded_as_on_aws(lab: Any, source: str, handler: str, kind: str, message: str) -> None:
    result = lab.once(lab.function(source, handler))
    document = json.loads(result.payload)
    assert (result.function_error, document["errorType"], document["errorMessage"]) == (ERROR, kind, message)
    assert any(line.startswith(f"[ERROR] {kind}: {message}") for line in result.log_lines)
    assert lab.messages[-1].endswith(f"Status: error\tError Type: {kind}\t")


def test_unserializable_result_is_a_marshal_error(lab: Any) -> None:
    document = json.loads(lab.once(lab.function("def handler(event, context): return {1, 2}")).payload)
    assert document["errorType"] == "Runtime.MarshalError"
    assert document["errorMessage"] == "Unable to marshal response: Object of type set is not JSON serializable"


def test_decimals_keep_their_digits(lab: Any) -> None:
    spec = lab.function("from decimal import Decimal\ndef handler(e, c): return [Decimal('1.10'), Decimal(10**30)]")
    assert lab.once(spec).payload == b"[1.10, 1000000000000000000000000000000]"


@pytest.mark.parametrize(
    ("code", "reason"),
    [("3", "exit status 3"), ("'bye'", "exit status 1"), ("", "")],
)
def test_exit_in_the_handler(lab: Any, code: str, reason: str) -> None:
    spec = lab.function(f"import sys\ndef handler(event, context): sys.exit({code})")

    async def and_again() -> list[dict[str, str]]:
        return [json.loads((await lab.invoke(spec)).payload) for _ in range(2)]

    first, second = lab.run(and_again)
    text = f"Runtime exited with error: {reason}" if reason else "Runtime exited without providing a reason"
    assert first == {"errorType": "Runtime.ExitError", "errorMessage": f"RequestId: request-1 Error: {text}"}
    assert second["errorMessage"].startswith("RequestId: request-2")


def test_killed_process_is_an_exit_error_and_replaced(lab: Any) -> None:
    spec = lab.function(
        """
        import os, signal
        def handler(event, context):
            if event: os.kill(os.getpid(), signal.SIGSEGV)
            return os.getpid()
        """
    )

    async def kill_one() -> tuple[dict[str, str], bytes]:
        return json.loads((await lab.invoke(spec, True)).payload), (await lab.invoke(spec, False)).payload

    killed, alive = lab.run(kill_one)
    assert killed["errorMessage"].endswith("Error: Runtime exited with error: signal: segmentation fault")
    assert int(alive) != os.getpid()


def test_time_limit(lab: Any) -> None:
    spec = lab.function("import time\ndef handler(event, context): time.sleep(60)", timeout=0.3)
    result = lab.once(spec)
    assert json.loads(result.payload) == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": "RequestId: request-1 Error: Task timed out after 0.30 seconds",
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z request-1 Task timed out after 0.30 seconds", lab.messages[-3])
    assert "Duration: 300.00 ms" in lab.messages[-1]
    assert lab.messages[-1].endswith("Status: timeout\t")


def test_memory_limit(lab: Any) -> None:
    spec = lab.function("def handler(event, context): return len(bytes([1]) * (event * 1024 * 1024))", memory=128)

    async def small_and_large() -> tuple[bytes, dict[str, str]]:
        return (await lab.invoke(spec, 20)).payload, json.loads((await lab.invoke(spec, 300)).payload)

    small, large = lab.run(small_and_large)
    assert small == b"20971520"
    assert large["errorType"] == "Runtime.OutOfMemory"
    assert large["errorMessage"].endswith("Error: Runtime exited with error: signal: killed")


def test_response_over_6_mb_is_refused(lab: Any) -> None:
    spec = lab.function("def handler(event, context): return 'x' * event")

    async def both() -> tuple[int, dict[str, str], bytes]:
        fits = await lab.invoke(spec, 6 * 1024 * 1024)
        too_large = await lab.invoke(spec, 6 * 1024 * 1024 + 99)
        return len(fits.payload), json.loads(too_large.payload), (await lab.invoke(spec, 1)).payload

    fits, refused, after = lab.run(both)
    assert (fits, after) == (6 * 1024 * 1024 + 2, b'"x"')
    assert refused["errorType"] == "Function.ResponseSizeTooLarge"
    said = "Response payload size exceeded maximum allowed payload size (6291556 bytes)."
    assert refused["errorMessage"] == said


def test_bundled_library_wins_over_the_preloaded_one(lab: Any) -> None:
    (lab.directory / "boto3.py").write_text("__version__ = 'bundled'")
    spec = lab.function("import boto3\ndef handler(event, context): return boto3.__version__")

    async def preloaded() -> bytes:
        lab.pool.warm_up(spec)
        return (await lab.invoke(spec)).payload

    assert lab.run(preloaded) == b'"bundled"'


def test_code_that_is_gone(lab: Any, tmp_path: Any) -> None:
    spec = lab.function(code=tmp_path / "gone", live=True)
    document = json.loads(lab.once(spec).payload)
    assert document["errorType"] == "Runtime.InvalidEntrypoint"
    assert f"The code directory {tmp_path}/gone is gone; deploy f again" in document["errorMessage"]


def test_layers_come_after_the_code(lab: Any, tmp_path: Any) -> None:
    layer = tmp_path / "layer"
    (layer / "python" / "lib" / "python3.11" / "site-packages").mkdir(parents=True)
    (layer / "python" / "helper.py").write_text("NAME = 'layer'")
    (layer / "python" / "lib" / "python3.11" / "site-packages" / "deep.py").write_text("NAME = 'deep'")
    (layer / "python" / "own.py").write_text("NAME = 'layer'")
    (lab.directory / "own.py").write_text("NAME = 'code'")
    spec = lab.function(
        "import helper, deep, own\ndef handler(e, c): return [helper.NAME, deep.NAME, own.NAME]", layers=(layer,)
    )
    assert json.loads(lab.once(spec).payload) == ["layer", "deep", "code"]
