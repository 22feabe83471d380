"""A queue that loses nothing: what cannot be processed ends in a dead-letter queue, and somebody is told."""

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from penstock_constructs.alarms import alarm

MINUTE: dict[str, Any] = {"period": Duration.minutes(1), "statistic": "Maximum"}
PROTECTED: dict[str, Any] = {"encryption": sqs.QueueEncryption.SQS_MANAGED, "enforce_ssl": True}


class QueueWithDeadLetter(Construct):
    """Both queues are encrypted (SSE-SQS) and speak TLS only.

    The dead-letter queue keeps messages for 14 days, longer than the queue: a message takes its first date along.
    `dead_letter_alarm` goes off at the first dead letter, `age_alarm` when messages wait longer than `max_age`.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        queue_name: str | None = None,
        visibility_timeout: Duration,
        max_receive_count: int = 3,
        max_age: Duration | None = None,
        max_message_size: int | None = None,
    ) -> None:
        super().__init__(scope, id)
        self.dead_letter_queue = sqs.Queue(
            self,
            "DeadLetterQueue",
            queue_name=queue_name and f"{queue_name}DeadLetter",
            retention_period=Duration.days(14),
            **PROTECTED,
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            queue_name=queue_name,
            visibility_timeout=visibility_timeout,
            retention_period=Duration.days(4),
            max_message_size_bytes=max_message_size,
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letter_queue, max_receive_count=max_receive_count),
            **PROTECTED,
        )
        self._watch(max_age or Duration.minutes(5))

    def _watch(self, max_age: Duration) -> None:
        self.dead_letters = self.dead_letter_queue.metric_approximate_number_of_messages_visible(**MINUTE)
        self.dead_letter_alarm = alarm(
            self,
            "DeadLetterAlarm",
            self.dead_letters,
            "A message could not be processed. Its reason is in its attributes or in the logs.",
        )
        self.age = self.queue.metric_approximate_age_of_oldest_message(**MINUTE)
        self.age_alarm = alarm(
            self,
            "AgeAlarm",
            self.age,
            "Messages wait: the consumer fails, or does not keep up.",
            threshold=max_age.to_seconds(),
            minutes=3,
        )
