"""Resource policies of streams and consumers.

Source: https://docs.aws.amazon.com/streams/latest/dev/controlling-access.html
"""

import orjson

from penstock.call import Context
from penstock.services.kinesis import store
from penstock.services.kinesis.errors import invalid, not_found
from penstock.services.kinesis.state import Consumer, Stream
from penstock.services.kinesis.tags import resource_at
from penstock.wire.model import Json


def put_resource_policy(ctx: Context, request: Json) -> Json:
    owner, text = resource_at(ctx, request["ResourceARN"]), request["Policy"]
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        document = None
    if type(document) is not dict or "Statement" not in document:
        raise invalid("The policy is not a valid JSON policy document.")
    _set(ctx, owner, text)
    return {}


def get_resource_policy(ctx: Context, request: Json) -> Json:
    """`{}` where there is none."""
    return {"Policy": resource_at(ctx, request["ResourceARN"]).policy or "{}"}


def delete_resource_policy(ctx: Context, request: Json) -> Json:
    owner = resource_at(ctx, request["ResourceARN"])
    if not owner.policy:
        raise not_found(f"No resource policy found for resource ARN {owner.arn}.")
    _set(ctx, owner, "")
    return {}


def _set(ctx: Context, owner: Stream | Consumer, text: str) -> None:
    before, owner.policy = owner.policy, text
    ctx.store.after_rollback(lambda: setattr(owner, "policy", before))
    if isinstance(owner, Stream):
        ctx.store.run(store.UPDATE_POLICY, text, owner.id)
    else:
        ctx.store.run(store.UPDATE_CONSUMER_POLICY, text, owner.arn)
