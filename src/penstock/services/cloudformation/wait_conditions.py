"""Wait conditions: a stack waits for signals from elsewhere, sent to a handle's URL or with SignalResource.

Rule: signals are rows, so that one that comes early, or while Penstock is stopped, counts; timeouts are virtual.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-waitcondition.html
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from penstock.base import ids
from penstock.base.arn import arn
from penstock.base.errors import AwsError, PenstockError
from penstock.call import Context, Kernel
from penstock.services.cloudformation import describe, events, store
from penstock.services.cloudformation.store import SignalRow
from penstock.template.provider import Properties, Resource, ResourceContext, ResourceType
from penstock.web.http import Reply
from penstock.wire.message import Request, Response
from penstock.wire.model import Json

PLACE = "cloudformation-wait-condition"
_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?")
_DEFAULT = "PT5M"


def signal_resource(ctx: Context, request: Json) -> Json:
    row = describe.known(ctx, request["StackName"], "Stack [{}] does not exist")
    logical_id, unique_id, status = request["LogicalResourceId"], request["UniqueId"], request["Status"]
    found = store.resource(ctx.store, row.stack_id, logical_id)
    if found is None:
        raise AwsError("ValidationError", f"Resource {logical_id} does not exist for stack {row.stack_name}")
    if not found.status.endswith("_IN_PROGRESS"):
        text = f"Resource {logical_id} is in {found.status} state and can not be signaled"
        raise AwsError("ValidationError", text)
    reason = f"Received {status} signal with UniqueId {unique_id}"
    events.of_resource(ctx, row, found.record, found.status, reason, found.record.properties)
    _signalled(ctx.kernel, SignalRow(_own_handle(row.stack_id, logical_id), unique_id, status, "", ""))
    return {}


def _own_handle(stack_id: str, logical_id: str) -> str:
    return f"{stack_id}/{logical_id}"


def _signalled(kernel: Kernel, signal: SignalRow) -> None:
    store.put_signal(kernel.store, signal)
    kernel.store.after_commit(lambda: kernel.signals.notify(("cloudformation-signal", signal.handle)))


def place(kernel: Kernel) -> Callable[[Request, Reply, str, str], bool]:
    """Takes the signals: PUT of {"Status", "UniqueId", "Reason", "Data"} to a handle's URL."""

    def handle(request: Request, reply: Reply, token: str, path: str) -> bool:
        if request.method != "PUT":
            return False
        try:
            body: Any = orjson.loads(request.body)
            signal = SignalRow(token, body["UniqueId"], body["Status"], body.get("Reason", ""), body.get("Data", ""))
        except (orjson.JSONDecodeError, KeyError, TypeError):
            reply(Response(400, [], b""))
            return True
        _signalled(kernel, signal)
        reply(Response(200, [], b""))
        return True

    return handle


async def _create_handle(rc: ResourceContext, properties: Properties) -> Resource:
    return Resource(f"{rc.engine.ctx.config.endpoint}/_aws/{PLACE}/{rc.physical_name(128)}")


async def _wait(rc: ResourceContext, properties: Properties) -> Resource:
    found = await (_for_handle(rc, properties) if "Handle" in properties else _for_resource(rc))
    name = arn("cloudformation", rc.region, rc.account, f"waitCondition/{rc.stack_name}/{ids.uuid()}/{rc.logical_id}")
    return Resource(name, {"Data": orjson.dumps({signal.unique_id: signal.data for signal in found}).decode()})


async def _for_handle(rc: ResourceContext, properties: Properties) -> list[SignalRow]:
    count, timeout = int(properties.get("Count", 1)), float(properties.get("Timeout", 43200))
    signals = await _signals(rc.engine.ctx, str(properties["Handle"]).rpartition("/")[2], count, timeout)
    for signal in signals:
        if signal.status != "SUCCESS":
            text = f"WaitCondition received failed message: '{signal.reason}' for uniqueId: {signal.unique_id}"
            raise PenstockError(text)
    if len(signals) < count:
        text = f"WaitCondition timed out. Received {len(signals)} conditions when expecting {count}"
        raise PenstockError(text)
    return signals


async def _for_resource(rc: ResourceContext) -> list[SignalRow]:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-creationpolicy.html"""
    policy: Mapping[str, Any] = rc.engine.attribute(rc.logical_id, "CreationPolicy").get("ResourceSignal", {})
    count = int(policy.get("Count", 1))
    handle = _own_handle(rc.stack_id, rc.logical_id)
    signals = await _signals(rc.engine.ctx, handle, count, _seconds(str(policy.get("Timeout", _DEFAULT))))
    failed = [signal for signal in signals if signal.status != "SUCCESS"]
    if failed:
        raise PenstockError(f"Received {len(failed)} FAILURE signal(s) out of {count}")
    if len(signals) < count:
        text = f"Failed to receive {count - len(signals)} resource signal(s) within the specified duration"
        raise PenstockError(text)
    return signals


def _seconds(duration: str) -> float:
    match = _DURATION.fullmatch(duration)
    if match is None:
        raise PenstockError(f"Invalid Timeout {duration}: it must be an ISO 8601 duration")
    return sum(int(number or 0) * unit for number, unit in zip(match.groups(), (3600.0, 60.0, 1.0), strict=True))


async def _signals(ctx: Context, handle: str, count: int, timeout: float) -> list[SignalRow]:
    """The signals once there are `count`, one of them is a failure, or the time is up."""
    deadline = ctx.clock.now() + timeout
    while True:
        signals = store.signals(ctx.store, handle)
        failed = any(signal.status != "SUCCESS" for signal in signals)
        left = deadline - ctx.clock.now()
        if failed or len(signals) >= count or left <= 0:
            return signals
        await ctx.store.committed()  # what has been made is seen by whoever is to signal
        with ctx.clock.rest():
            await ctx.signals.wait(("cloudformation-signal", handle), left)


TABLE = (
    ResourceType(
        name="AWS::CloudFormation::WaitCondition",
        create=_wait,
        properties=frozenset({"Count", "Handle", "Timeout"}),
    ),
    ResourceType(name="AWS::CloudFormation::WaitConditionHandle", create=_create_handle),
)
