"""How SNS delivers: to queues and functions for 23 days, to HTTP endpoints as their delivery policy says. Pure.

What an endpoint refuses for good (a queue that is gone, a 4xx) is not tried again. A dead letter is the message as it
would have arrived, attributes and group included.
Source: https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html and sns-dead-letter-queues.html
"""

from functools import lru_cache

from penstock.base.arn import Arn
from penstock.base.errors import AwsError
from penstock.delivery.retry import Failure, RetryPolicy
from penstock.delivery.sender import Sender
from penstock.delivery.targets import Call, Delivery, HttpCall, Post, queue_call
from penstock.iam.principal import Principal
from penstock.services.sns import contents, delivery_policy
from penstock.wire.model import Json

_THROTTLED = 429

_arn = lru_cache(maxsize=1024)(Arn.parse)
_principal = lru_cache(maxsize=1024)(Principal.service)


class TopicSender(Sender):
    """`parameters` of a delivery: for queues `Members` of SendMessage; for HTTP endpoints `Headers` and `Policy`; for
    both, `Letter`, the members of their dead letter."""

    def call(self, delivery: Delivery, endpoint: str) -> Call | HttpCall | Post:
        given = delivery.parameters
        if "Headers" in given:
            throttle = given["Policy"].get("throttlePolicy") or {}
            rate = float(throttle.get("maxReceivesPerSecond") or 0)
            return Post(delivery.target_arn, given["Headers"], delivery.text, rate)
        if "Members" in given:
            return queue_call(_arn(delivery.target_arn), delivery.text, endpoint, **members(given["Members"]))
        return super().call(delivery, endpoint)

    def principal(self, delivery: Delivery, account: str) -> Principal:
        """For the topic of the subscription."""
        return _principal(self._name, account, delivery.source_arn.rpartition(":")[0])

    def policy(self, delivery: Delivery) -> RetryPolicy:
        return delivery_policy.retries((delivery.parameters.get("Policy") or {}).get("healthyRetryPolicy"))

    def failure(self, error: AwsError) -> Failure:
        failed = super().failure(error)
        status = error.fields.get("answered")
        if status is None:
            return failed
        wait = max(failed.wait, 0.0)
        return Failure(failed.code, failed.message, status >= 500 or status == _THROTTLED, wait, failed.original)

    def letter(self, delivery: Delivery, failed: Failure, exhausted: str, retries: int) -> Json:
        return members(delivery.parameters.get("Members") or delivery.parameters.get("Letter") or {})


def members(given: Json) -> Json:
    """Members of SendMessage from what a delivery keeps of them."""
    attributes = given.get("MessageAttributes")
    return {**given, "MessageAttributes": contents.unpacked(attributes)} if attributes else given
