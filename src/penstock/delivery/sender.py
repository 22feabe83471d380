"""Who delivers through an outbox, and what it does in its own way. Without a word, everything is EventBridge's."""

from collections.abc import Callable

from penstock.base.errors import AwsError
from penstock.delivery.retry import EVENTBRIDGE, Failure, RetryPolicy, dead_letter_attributes, failure
from penstock.delivery.targets import Call, Delivery, HttpCall, Post, call_for
from penstock.iam.principal import Principal
from penstock.wire.model import Json

AsRole = Callable[[str, str], Principal]  # (the ARN of a role, the session's name) -> who acts with it


class Sender:
    """A service, which sends the same at each attempt: as the role in a delivery's `RoleArn`, else in its own name
    (`events.amazonaws.com`)."""

    def __init__(self, name: str, as_role: AsRole | None = None) -> None:
        self._name = name
        self._as_role = as_role

    def principal(self, delivery: Delivery, account: str) -> Principal:
        role = delivery.parameters.get("RoleArn")
        if role and self._as_role is not None:
            return self._as_role(role, self.session(delivery))
        return Principal.service(self._name, account, delivery.source_arn)

    def session(self, delivery: Delivery) -> str:
        """What the session of a role is called: as what it delivers for."""
        return delivery.source_arn.rpartition("/")[2].rpartition(":")[2]

    def undertaker(self, delivery: Delivery, account: str) -> Principal:
        """Who brings a delivery to its dead-letter queue."""
        return self.principal(delivery, account)

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
