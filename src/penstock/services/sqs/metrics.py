"""What SQS reports to CloudWatch of each queue.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
"""

from penstock.base.meters import Kind

VISIBLE, NOT_VISIBLE, DELAYED = (f"ApproximateNumberOfMessages{what}" for what in ("Visible", "NotVisible", "Delayed"))
AGE = "ApproximateAgeOfOldestMessage"
SENT_SIZE, RECEIVED, DELETED = "SentMessageSize", "NumberOfMessagesReceived", "NumberOfMessagesDeleted"
EMPTY = "NumberOfEmptyReceives"

QUEUE = Kind(
    namespace="AWS/SQS",
    units={
        **dict.fromkeys((VISIBLE, NOT_VISIBLE, DELAYED, RECEIVED, DELETED, EMPTY, "NumberOfMessagesSent"), "Count"),
        SENT_SIZE: "Bytes",
        AGE: "Seconds",
    },
    sets=(("QueueName",),),
    ones={"NumberOfMessagesSent": SENT_SIZE},
)
