"""One event, one environment: what every kind of invocation comes down to."""

import random

from penstock.base.errors import AwsError
from penstock.base.telemetry import Span
from penstock.call import Context
from penstock.compute.functions.model import Invocation, InvocationResult, Throttled
from penstock.services.lambda_ import runtimes
from penstock.services.lambda_.metrics import DURATION, ERRORS, THROTTLES, meter_of
from penstock.services.lambda_.names import not_found
from penstock.services.lambda_.specs import spec_of
from penstock.services.lambda_.state import Function, state, version_of


async def run(ctx: Context, function: Function, qualifier: str | None, invocation: Invocation) -> InvocationResult:
    """Runs an event in an environment. Raises TooManyRequestsException where concurrency does not allow it."""
    spec = spec_of(ctx, function, _routed(function, qualifier))
    if spec.container is None and (reason := runtimes.unsupported(spec.runtime)):
        raise AwsError("InvalidRuntimeException", f"{reason} ({function.arn}).", Type="User")
    start = ctx.clock.now()
    try:
        with ctx.clock.work():
            result = await state(ctx).pool.invoke(spec, invocation)
    except Throttled as throttled:
        meter_of(ctx, function, qualifier).add(THROTTLES)
        raise AwsError("TooManyRequestsException", "Rate Exceeded.", Type="User", Reason=throttled.reason) from None
    meter = meter_of(ctx, function, qualifier)
    meter.add(DURATION, result.duration * 1000)
    if result.function_error:
        meter.add(ERRORS)
    span = Span(ctx, f"function.{function.name}", start, ctx.clock.now(), result.function_error or None)
    ctx.telemetry.spans.append(span)
    if ctx.telemetry.watchers:
        what = f"cold.{function.name}" if "Init Duration" in "".join(result.log_lines[-1:]) else span.operation
        ctx.telemetry.tell(span._replace(operation=what, resource=function.arn))
    return result


def _routed(function: Function, qualifier: str | None) -> str:
    """The version that takes this event: an alias may share its events out between two."""
    version = version_of(function, qualifier)
    routing = function.kind("alias").get(qualifier or "", {}).get("RoutingConfig")
    if routing:
        for other, weight in routing["AdditionalVersionWeights"].items():
            if random.random() < weight:
                return str(other)
    if version not in function.kind("version"):
        raise not_found(function.arn_of(qualifier))
    return version
