"""Amazon SNS.

Queues and functions are delivered to, HTTP endpoints where they are on this machine. Mail, SMS and mobile push are not
sent: their subscriptions exist, and the log says what would have been sent. Firehose, data protection policies, the
archives of FIFO topics and the SMS sandbox are refused.
Source: https://docs.aws.amazon.com/sns/latest/api/
"""

from penstock.call import Context, Service, TagListing
from penstock.services.sns import (
    access,
    errors,
    permissions,
    publish,
    push,
    resources,
    signing,
    sms,
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
    operations=(topics, subscriptions, publish, permissions, tags, push, sms),
    schema=store.SCHEMA + push.SCHEMA + sms.SCHEMA,
    refuse=errors.refuse,
    resource=access.resource,
    tags=TagListing("ListTagsForResource", "ResourceArn"),
    actions=access.ACTIONS,
    policy=access.policy,
    keys=access.keys,
    denied="AuthorizationErrorException",
    resources=resources.TABLE,
    places={signing.LABEL: signing.place},
    state=State,
    start=_start,
)
