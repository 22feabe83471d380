"""Amazon SNS.

Queues and functions are delivered to, HTTP endpoints where they are on this machine. Mail and SMS are not sent: their
subscriptions exist, and the log says what would have been sent. Mobile push, Firehose, data protection policies and
the archives of FIFO topics are refused.
Source: https://docs.aws.amazon.com/sns/latest/api/
"""

from penstock.call import Context, Service
from penstock.services.sns import (
    access,
    errors,
    permissions,
    publish,
    resources,
    signing,
    store,
    subscriptions,
    tags,
    topics,
)
from penstock.services.sns.state import State, state


async def _start(ctx: Context) -> None:
    state(ctx).outbox.resume()


SERVICE = Service(
    name="sns",
    operations=(topics, subscriptions, publish, permissions, tags),
    schema=store.SCHEMA,
    refuse=errors.refuse,
    resource=access.resource,
    actions=access.ACTIONS,
    resources=resources.TABLE,
    places={signing.LABEL: signing.place},
    state=State,
    start=_start,
)
