"""Who delivers through an outbox, and what it does in its own way. Without a word, everything is EventBridge's."""

from penstock.base.errors import AwsError
from penstock.delivery.retry import EVENTBRIDGE, Failure, RetryPolicy, dead_letter_attributes, failure
from penstock.delivery.targets import Call, Delivery, HttpCall, Post, call_for
from penstock.iam.principal import Principal
from penstock.wire.model import Json


class Sender:
    """A service in its own name (`events.amazonaws.com`), which sends the same at each attempt."""

    def __init__(self, name: str) -> None:
        self._name = name

    def principal(self, delivery: Delivery, account: str) -> Principal:
        return Principal.service(self._name, account)

    def attempted(self, delivery: Delivery, retries: int) -> Delivery:
        """The delivery as it is made at the attempt after so many retries."""
        return delivery

    def call(self, delivery: Delivery, endpoint: str) -> Call | HttpCall | Post:
        """The request that a delivery means; `endpoint` is the runtime's own URL. Raises AwsError."""
        return call_for(delivery, endpoint)

    def failure(self, error: AwsError) -> Failure:
        return failure(error)

    def policy(self, delivery: Delivery) -> RetryPolicy:
        return RetryPolicy(delivery.attempts, delivery.age, EVENTBRIDGE.backoff)

    def letter(self, delivery: Delivery, failed: Failure, exhausted: str, retries: int) -> Json:
        """The message in the dead-letter queue: members of SendMessage beside its queue and body. `exhausted` is the
        limit that was reached, if any."""
        attributes = dead_letter_attributes(delivery.source_arn, delivery.target_arn, failed, exhausted, retries)
        return {"MessageAttributes": attributes}
