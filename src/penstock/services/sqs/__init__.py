"""Amazon SQS. Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/"""

from penstock.call import Service
from penstock.services.sqs import messages, queues, store
from penstock.services.sqs.state import State

SERVICE = Service(name="sqs", operations=(queues, messages), schema=store.SCHEMA, state=State)
