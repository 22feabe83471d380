"""How EventBridge delivers: as the role of a target that has one, else in its own name; to dead-letter queues always in
its own name, so that a queue's policy has to allow it.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html#eb-dlq-perms
"""

from penstock.compute.sessions import RoleSessions
from penstock.delivery.sender import Sender
from penstock.delivery.targets import Delivery
from penstock.iam.principal import Principal


class RuleSender(Sender):
    """`parameters` of a delivery have the RoleArn of its target, if there is one."""

    def __init__(self, sessions: RoleSessions) -> None:
        super().__init__("events.amazonaws.com", sessions.principal)

    def undertaker(self, delivery: Delivery, account: str) -> Principal:
        return Principal.service(self._name, account, delivery.source_arn)
