"""The front door: validate, authorise, execute, record, in that order; and what a failure leaves behind."""

import asyncio
import types
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from penstock.base.clock import Clock
from penstock.base.errors import AwsError
from penstock.base.store import Store
from penstock.call import Config, Context, Kernel, Service

TABLE = "CREATE TABLE IF NOT EXISTS sts_probe (k TEXT)"


def operations(**functions: Callable[..., Any]) -> types.ModuleType:
    module = types.ModuleType("probe")
    for name, function in functions.items():
        function.__module__ = "probe"
        setattr(module, name, function)
    return module


def kernel(**functions: Callable[..., Any]) -> Kernel:
    service = Service(
        name="sts", operations=(operations(**functions),), schema=(TABLE,), validation_code="ValidationError"
    )
    return Kernel(Config(), Store(), Clock(), [service])


def call(kernel: Kernel, operation: str, request: dict[str, Any]) -> dict[str, Any]:
    async def main() -> dict[str, Any]:
        result = kernel.enter(kernel.context(), "sts", operation, request)
        return await result if isinstance(result, Awaitable) else result

    return asyncio.run(main())


def write(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    ctx.store.run("INSERT INTO sts_probe VALUES ('written')")
    return {"Account": ctx.account}


def test_an_invalid_request_never_reaches_the_operation() -> None:
    reached: list[Any] = []
    door = kernel(assume_role=lambda ctx, request: reached.append(request) or {})
    with pytest.raises(AwsError) as raised:
        call(door, "AssumeRole", {"RoleArn": "x", "RoleSessionName": "s"})
    assert raised.value.code == "ValidationError"
    assert "at 'roleArn' failed to satisfy constraint: Member must have length greater" in raised.value.message
    assert reached == []


def test_an_unauthorised_request_never_reaches_the_operation() -> None:
    door = kernel(get_caller_identity=write)

    def refuse(ctx: Context, operation: Any, request: dict[str, Any]) -> None:
        raise AwsError("AccessDenied", f"{ctx.principal.arn} may not {operation.action}")

    door.authorise = refuse
    with pytest.raises(AwsError, match=r"arn:aws:iam::000000000000:root may not sts:GetCallerIdentity"):
        call(door, "GetCallerIdentity", {})
    assert door.store.all("SELECT k FROM sts_probe") == []


def test_an_exception_is_a_500_with_an_id_and_undoes_what_was_written() -> None:
    def broken(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
        write(ctx, request)
        raise KeyError("bug")

    door = kernel(get_caller_identity=broken)
    with pytest.raises(AwsError) as raised:
        call(door, "GetCallerIdentity", {})
    assert (raised.value.code, raised.value.status) == ("InternalFailure", 500)
    [span] = door.telemetry.spans
    assert span.caller.request_id in raised.value.message
    assert [line.message for line in door.telemetry.lines] == ["KeyError('bug')"]
    assert door.store.all("SELECT k FROM sts_probe") == []


def test_every_call_is_recorded_with_trace_and_principal() -> None:
    door = kernel(get_caller_identity=write)
    call(door, "GetCallerIdentity", {})
    [span] = door.telemetry.spans
    assert (span.operation, span.error) == ("sts.GetCallerIdentity", None)
    assert span.caller.trace.root.startswith("1-")
    assert span.caller.principal.arn == "arn:aws:iam::000000000000:root"


def test_calls_from_inside_share_the_trace_and_take_another_principal() -> None:
    seen: list[Context] = []

    async def outer(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
        seen.append(ctx)
        return await ctx.as_service("events.amazonaws.com").call("sts", "GetCallerIdentity", {})

    def inner(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
        seen.append(ctx)
        return {}

    call(kernel(get_session_token=outer, get_caller_identity=inner), "GetSessionToken", {})
    first, second = seen
    assert first.trace == second.trace
    assert second.principal.arn == "events.amazonaws.com"


def test_what_has_no_function_says_so() -> None:
    with pytest.raises(AwsError, match=r"Penstock does not implement sts\.GetSessionToken") as raised:
        call(kernel(get_caller_identity=write), "GetSessionToken", {})
    assert raised.value.status == 501


def test_an_operation_that_waits_cannot_be_called_in_this_turn() -> None:
    async def waits(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
        return {}

    async def main() -> None:
        door = kernel(get_session_token=waits)
        with pytest.raises(TypeError, match=r"await ctx\.call"):
            door.context().call_now("sts", "GetSessionToken", {})

    asyncio.run(main())
