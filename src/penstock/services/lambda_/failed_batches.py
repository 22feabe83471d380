"""What an on-failure destination is told of a batch of stream records that was given up.

Source: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
"""

from datetime import UTC, datetime

import orjson

from penstock.base import ids
from penstock.call import Context
from penstock.delivery.streams import Discarded
from penstock.delivery.targets import Delivery
from penstock.services.lambda_.names import FunctionRef
from penstock.services.lambda_.state import function_of, state
from penstock.wire.model import Json
from penstock.wire.timestamps import iso8601_milliseconds


def discard(ctx: Context, mapping: Json, ref: FunctionRef, lost: Discarded) -> None:
    """Delivers the record of a batch to where the mapping wants it, in this transaction."""
    target = mapping["DestinationConfig"]["OnFailure"].get("Destination")
    if not target:
        return
    now = ctx.clock.now()
    document = _document(lost, ref, iso8601_milliseconds(now))
    parameters: Json = {}
    if target.split(":")[2] == "s3":
        document["payload"] = orjson.dumps({"Records": [record.shown for record in lost.records]}).decode()
        parameters = {"S3Parameters": {"Key": _key(mapping["UUID"], lost.shard_id, now)}}
    function = function_of(ctx, ref)
    delivery = Delivery(
        source_arn=mapping["EventSourceMappingArn"],
        target_arn=target,
        text=orjson.dumps(document).decode(),
        accepted_at=now,
        parameters={**parameters, "RoleArn": function.latest["Configuration"]["Role"]},
    )
    state(ctx).deliveries.deliver(delivery)


def _document(lost: Discarded, ref: FunctionRef, now: str) -> Json:
    """Of records that became too old nothing is told of a response."""
    request = lost.context.get("requestContext") or {"requestId": ids.uuid(), "functionArn": ref.qualified_arn}
    response = {name: lost.context[name] for name in ("responseContext",) if name in lost.context}
    return {
        "requestContext": {**request, "condition": lost.condition, "approximateInvokeCount": lost.attempts},
        **response,
        "version": "1.0",
        "timestamp": now,
        **lost.source.batch_info(lost.shard_id, lost.records),
    }


def _key(uuid: str, shard_id: str, now: float) -> str:
    when = datetime.fromtimestamp(now, UTC)
    return f"aws/lambda/{uuid}/{shard_id}/{when:%Y/%m/%d}/{when:%Y-%m-%dT%H.%M.%S}-{ids.uuid()}"
