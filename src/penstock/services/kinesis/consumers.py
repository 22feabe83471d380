"""Consumers with enhanced fan-out: register, describe, list, deregister.

A consumer is ACTIVE as soon as RegisterStreamConsumer, which says CREATING as AWS does, has answered.
Source: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_RegisterStreamConsumer.html
"""

import orjson

from penstock.base.paging import page_key, page_token
from penstock.call import Context
from penstock.services.kinesis import store, tags
from penstock.services.kinesis.errors import in_use, invalid, limit_exceeded, not_found
from penstock.services.kinesis.state import Consumer, consumer_of, state, stream_of
from penstock.wire.model import Json

MAX_CONSUMERS = 20

_PAGE = 100


def register_stream_consumer(ctx: Context, request: Json) -> Json:
    stream, name = stream_of(ctx, request), request["ConsumerName"]
    if name in stream.consumers:
        raise in_use(f"Consumer {name} under stream {stream.name} already exists for account {stream.account}.")
    if len(stream.consumers) >= MAX_CONSUMERS:
        raise limit_exceeded(
            f"Stream {stream.name} under account {stream.account} has reached the limit of {MAX_CONSUMERS} consumers."
        )
    now = ctx.clock.now()
    arn = f"{stream.arn}/consumer/{name}:{int(now)}"
    consumer = Consumer(stream, arn, name, now, tags.checked(request.get("Tags", {})), "")
    ctx.store.run(store.INSERT_CONSUMER, arn, stream.id, name, now, orjson.dumps(consumer.tags).decode())
    state(ctx).register(consumer)
    ctx.store.after_rollback(lambda: state(ctx).deregister(consumer))
    return {"Consumer": consumer.described() | {"ConsumerStatus": "CREATING"}}


def deregister_stream_consumer(ctx: Context, request: Json) -> Json:
    """Its subscriptions end."""
    consumer = _named(ctx, request)
    ctx.store.run(store.DELETE_CONSUMER, consumer.arn)
    state(ctx).deregister(consumer)
    ctx.store.after_rollback(lambda: state(ctx).register(consumer))
    ctx.store.after_commit(consumer.stream.changed)
    return {}


def describe_stream_consumer(ctx: Context, request: Json) -> Json:
    consumer = _named(ctx, request)
    return {"ConsumerDescription": consumer.described() | {"StreamARN": consumer.stream.arn}}


def _named(ctx: Context, request: Json) -> Consumer:
    if "ConsumerARN" in request:
        return consumer_of(ctx, request["ConsumerARN"])
    if "StreamARN" not in request or "ConsumerName" not in request:
        raise invalid("Either ConsumerARN or both StreamARN and ConsumerName must be specified.")
    consumer = stream_of(ctx, request).consumers.get(request["ConsumerName"])
    if consumer is None:
        raise not_found(f"Consumer {request['ConsumerName']}, account {ctx.account} not found.")
    return consumer


def list_stream_consumers(ctx: Context, request: Json) -> Json:
    after = ""
    if token := request.get("NextToken"):
        try:
            [after] = page_key(token, str)
        except ValueError:
            raise invalid("NextToken is invalid.") from None
    consumers = stream_of(ctx, request).consumers
    names = sorted(name for name in consumers if name > after)
    page = names[: min(request.get("MaxResults", _PAGE), _PAGE)]
    more = {"NextToken": page_token(page[-1])} if len(page) < len(names) else {}
    return {"Consumers": [consumers[name].described() for name in page]} | more
