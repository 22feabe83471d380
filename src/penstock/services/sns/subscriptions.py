"""Subscriptions: subscribe, confirm, describe, change, list, unsubscribe.

A subscription that nobody confirms stays pending; its token is good for two days.
"""

from typing import Any

import orjson

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.sns import confirmations, endpoints, pages, push, store
from penstock.services.sns.delivery_policy import effective
from penstock.services.sns.errors import invalid
from penstock.services.sns.state import (
    Subscription,
    Topic,
    check_subscription_arn,
    put_subscription,
    put_topic,
    state,
    subscription_of,
    topic_of,
)
from penstock.services.sns.subscription_attributes import IN_SUBSCRIBE, Attributes, Endpoint, checked
from penstock.wire.model import Json

PENDING = "pending confirmation"
_DEFAULTS = {"RawMessageDelivery": "false"}


def subscribe(ctx: Context, request: Json) -> Json:
    topic = topic_of(ctx, request["TopicArn"])
    protocol, endpoint = request["Protocol"], request.get("Endpoint") or ""
    endpoints.check(protocol, endpoint, topic.fifo)
    if protocol == "application" and push.find_endpoint(ctx, endpoint) is None:
        raise invalid("Endpoint", f"Endpoint does not exist for endpoint arn{endpoint}")
    given: Attributes = request.get("Attributes") or {}
    attributes = checked(given, _DEFAULTS, Endpoint(topic.arn, protocol, endpoint), IN_SUBSCRIBE)
    known = topic.endpoints.get((protocol, endpoint))
    if known is None:
        known = _insert(ctx, topic, protocol, endpoint, attributes)
    elif any(known.attributes.get(name, "") != attributes.get(name, "") for name in given):
        raise invalid("Attributes", "Subscription already exists with different attributes")
    shown = known.confirmed or request.get("ReturnSubscriptionArn")
    return {"SubscriptionArn": known.arn if shown else PENDING}


def _insert(ctx: Context, topic: Topic, protocol: str, endpoint: str, attributes: Attributes) -> Subscription:
    arn, confirmed = f"{topic.arn}:{ids.uuid()}", protocol not in endpoints.CONFIRMED_BY_HAND
    document = {
        "protocol": protocol,
        "endpoint": endpoint,
        "owner": ctx.account,
        "principal": ctx.principal.arn,
        "attributes": attributes,
        "confirmed": confirmed,
        "authenticated": confirmed,
        "locked": False,
        "token": confirmations.new_token(ctx.region),
        "token_until": ctx.clock.now() + confirmations.TOKEN_LIFETIME,
    }
    put_subscription(ctx, arn, topic.arn, document)
    made = state(ctx).subscriptions[arn]
    if not confirmed:
        confirmations.ask(ctx, topic, made)
    return made


def confirm_subscription(ctx: Context, request: Json) -> Json:
    """Also for whoever follows the SubscribeURL, and so without a signature. Confirming twice changes nothing."""
    parts = request["TopicArn"].split(":")
    token: str = request["Token"]
    if len(parts) != 6 or parts[0] != "arn" or parts[2] != "sns":
        raise invalid("Topic")
    region = confirmations.region_of(token)
    if region is None:
        if confirmations.is_hex(token):
            raise invalid("Token")
        raise AwsError("InvalidParameterException", "Invalid token")
    if region != parts[3]:
        raise invalid("Topic")
    found = state(ctx).subscriptions.get(state(ctx).tokens.get(token, ""))
    if found is None or found.topic_arn != request["TopicArn"]:
        raise invalid("Token")
    if not found.confirmed:
        _confirm(ctx, found, request.get("AuthenticateOnUnsubscribe", "").lower() == "true")
    return {"SubscriptionArn": found.arn}


def _confirm(ctx: Context, subscription: Subscription, locked: bool) -> None:
    if ctx.clock.now() > subscription.document["token_until"]:
        raise invalid("Token")
    document = subscription.document | {"confirmed": True, "authenticated": locked, "locked": locked}
    put_subscription(ctx, subscription.arn, subscription.topic_arn, document)


def unsubscribe(ctx: Context, request: Json) -> Json:
    """A subscription that does not exist is deleted already."""
    arn: str = request["SubscriptionArn"]
    check_subscription_arn(arn)
    found = state(ctx).subscriptions.get(arn)
    if found is None:
        return {}
    if found.document["locked"] and not ctx.principal.signs:
        raise AwsError("AuthorizationErrorException", "Access denied: this subscription can only be ended by its owner")
    topic = state(ctx).topics.get(found.topic_arn)
    ctx.store.run(store.DELETE_SUBSCRIPTION, arn)
    state(ctx).refresh_subscription(arn)
    if topic is not None:
        put_topic(ctx, topic.arn, topic.document | {"deleted": topic.document["deleted"] + 1})
        if found.confirmed:
            confirmations.tell_unsubscribed(ctx, topic, found)
    return {}


# -- attributes --------------------------------------------------------------------------------------------


def get_subscription_attributes(ctx: Context, request: Json) -> Json:
    found = subscription_of(ctx, request["SubscriptionArn"])
    attributes = dict(found.attributes)
    if "FilterPolicy" in attributes:
        attributes["FilterPolicyScope"] = found.scope
    else:
        attributes.pop("FilterPolicyScope", None)
    if found.protocol in ("http", "https") and (topic := state(ctx).topics.get(found.topic_arn)):
        policy = effective(topic.attributes.get("DeliveryPolicy", ""), attributes.get("DeliveryPolicy", ""))
        attributes["EffectiveDeliveryPolicy"] = orjson.dumps(policy).decode()
    return {"Attributes": attributes | _fixed(found)}


def _fixed(subscription: Subscription) -> Attributes:
    document = subscription.document
    return {
        "ConfirmationWasAuthenticated": _text(document["authenticated"]),
        "Endpoint": subscription.endpoint,
        "Owner": document["owner"],
        "PendingConfirmation": _text(not subscription.confirmed),
        "Protocol": subscription.protocol,
        "SubscriptionArn": subscription.arn,
        "SubscriptionPrincipal": document["principal"],
        "TopicArn": subscription.topic_arn,
    }


def _text(value: Any) -> str:
    return "true" if value else "false"


def set_subscription_attributes(ctx: Context, request: Json) -> Json:
    found = subscription_of(ctx, request["SubscriptionArn"])
    given = {request["AttributeName"]: request.get("AttributeValue") or ""}
    endpoint = Endpoint(found.topic_arn, found.protocol, found.endpoint)
    document = found.document | {"attributes": checked(given, found.attributes, endpoint)}
    put_subscription(ctx, found.arn, found.topic_arn, document)
    return {}


# -- lists -------------------------------------------------------------------------------------------------


def list_subscriptions(ctx: Context, request: Json) -> Json:
    return _listed(ctx, f"arn:aws:sns:{ctx.region}:{ctx.account}:", request)


def list_subscriptions_by_topic(ctx: Context, request: Json) -> Json:
    return _listed(ctx, f"{topic_of(ctx, request['TopicArn']).arn}:", request)


def _listed(ctx: Context, prefix: str, request: Json) -> Json:
    arns, token = pages.page(ctx, store.SUBSCRIPTION_ARNS, prefix, request.get("NextToken"))
    return {"Subscriptions": [_summary(subscription_of(ctx, arn)) for arn in arns], **token}


def _summary(subscription: Subscription) -> Json:
    return {
        "SubscriptionArn": subscription.arn if subscription.confirmed else "PendingConfirmation",
        "Owner": subscription.document["owner"],
        "Protocol": subscription.protocol,
        "Endpoint": subscription.endpoint,
        "TopicArn": subscription.topic_arn,
    }
