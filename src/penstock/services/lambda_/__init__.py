"""AWS Lambda. Source: https://docs.aws.amazon.com/lambda/latest/api/"""

from penstock.base.errors import AwsError
from penstock.call import Context, Service, TagListing
from penstock.services.lambda_ import (
    access,
    aliases,
    code,
    code_signing,
    concurrency,
    event_invoke,
    functions,
    invoke,
    invoke_stream,
    layers,
    mapping_runner,
    mappings,
    permissions,
    queue,
    resources,
    specs,
    store,
    tags,
    url_server,
    urls,
    versions,
)
from penstock.services.lambda_.state import State, state
from penstock.wire.constraints import Faults, render, summary
from penstock.wire.model import OperationModel


async def _start(ctx: Context) -> None:
    """Takes up what was left: mappings read on, stored events and deliveries go on their way."""
    state(ctx).deliveries.resume()
    mapping_runner.resume(ctx)
    queue.resume(ctx)
    state(ctx).pool.supervisor.preload(["boto3"])  # the first function is to find it imported
    for function in state(ctx).functions.values():
        specs.warm_up(ctx, function)


async def _stop(ctx: Context) -> None:
    mapping_runner.stop_all(ctx)
    await state(ctx).pool.stop()


def _refuse(operation: OperationModel, faults: Faults) -> AwsError:
    """An unknown runtime is refused in words of its own."""
    for fault in faults:
        if fault.path == "runtime" and fault.kind == "enum":
            message = f"Value {render(fault.value)} at 'runtime' failed to satisfy constraint: Member {fault.must}"
            return AwsError("InvalidParameterValueException", f"{message} or be a valid ARN", Type="User")
    return AwsError("ValidationException", summary(faults), status=400)


SERVICE = Service(
    name="lambda",
    operations=(
        functions,
        versions,
        aliases,
        code_signing,
        permissions,
        concurrency,
        invoke,
        invoke_stream,
        event_invoke,
        layers,
        mappings,
        tags,
        urls,
    ),
    schema=store.SCHEMA,
    resources=resources.TABLE,
    resource=access.resource,
    tags=TagListing("ListTags", "Resource"),
    actions=access.ACTIONS,
    passes={"CreateFunction": ("Role",), "UpdateFunctionConfiguration": ("Role",)},
    untrusted=("InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda."),
    policy=access.policy,
    keys=access.keys,
    malformed_code="SerializationException",
    refuse=_refuse,
    state=State,
    places={urls.LABEL: url_server.place, "lambda-code": code.place},
    start=_start,
    stop=_stop,
)
