"""A table as an immutable log of events, published as a stream that any number of listeners read.

table -> its stream -> publisher -> domain stream -> listeners, each with a dead-letter queue
"""

from typing import Any, cast

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from penstock_constructs.acceptance import accept
from penstock_constructs.alarms import alarm
from penstock_constructs.queue_with_dead_letter import MINUTE, PROTECTED

BATCH = 100
RETRIES = 5


class EventLog(Construct):
    """`table` takes events under `AggregateTypeAndId` and, counted from 1, `AggregateIdSequence`; it is kept when the
    stack is deleted. `stream` is for whoever listens: on demand, encrypted, readable for `retention` (a day at least).

    The order of each aggregate holds to the end if the publisher's partition key is the aggregate's id.
    """

    def __init__(
        self, scope: Construct, id: str, *, stream_name: str | None = None, retention: Duration | None = None
    ) -> None:
        super().__init__(scope, id)
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="AggregateTypeAndId", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="AggregateIdSequence", type=dynamodb.AttributeType.NUMBER),
            stream=dynamodb.StreamViewType.NEW_IMAGE,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            removal_policy=RemovalPolicy.RETAIN,
        )
        self.stream = kinesis.Stream(
            self,
            "Stream",
            stream_name=stream_name,
            stream_mode=kinesis.StreamMode.ON_DEMAND,
            encryption=kinesis.StreamEncryption.MANAGED,
            retention_period=retention or Duration.days(1),
            removal_policy=RemovalPolicy.DESTROY,
        )

    def publish_by(self, publisher: lambda_.Function) -> None:
        """`publisher` gets each new item of the table, and may put records into `stream`.

        It is tried for as long as the table's stream has the event, a day: an event that was left out would be missing
        everywhere.
        """
        source = sources.DynamoEventSource(
            self.table,
            starting_position=lambda_.StartingPosition.TRIM_HORIZON,
            batch_size=BATCH,
            bisect_batch_on_error=True,
            report_batch_item_failures=True,
            filters=[lambda_.FilterCriteria.filter({"eventName": lambda_.FilterRule.is_equal("INSERT")})],
            on_failure=cast(lambda_.IEventSourceDlq, sources.SqsDlq(self._dead_letter_queue("Publisher"))),
        )
        publisher.add_event_source(cast(lambda_.IEventSource, source))
        put = iam.PolicyStatement(actions=["kinesis:PutRecords"], resources=[self.stream.stream_arn])
        publisher.add_to_role_policy(put)
        accept(
            cast(iam.IRole, publisher.role),
            "AwsSolutions-IAM5[Resource::*]",
            "dynamodb:ListStreams names no resource.",
        )
        self._watch("Publisher", publisher)

    def add_listener(self, id: str, function: lambda_.Function, *, filters: Any = None) -> sqs.Queue:
        """`function` gets the domain events, or those that match `filters` (as of `FilterCriteria.filter`).

        What fails is tried five times more. Then its place in the stream, shard and sequence number, is written into
        the queue that is returned, and those behind it get their turn.
        """
        dead_letter_queue = self._dead_letter_queue(id)
        source = sources.KinesisEventSource(
            self.stream,
            starting_position=lambda_.StartingPosition.TRIM_HORIZON,
            batch_size=BATCH,
            bisect_batch_on_error=True,
            report_batch_item_failures=True,
            retry_attempts=RETRIES,
            filters=[lambda_.FilterCriteria.filter(filters)] if filters else None,
            on_failure=cast(lambda_.IEventSourceDlq, sources.SqsDlq(dead_letter_queue)),
        )
        function.add_event_source(cast(lambda_.IEventSource, source))
        self._watch(id, function)
        return dead_letter_queue

    def _dead_letter_queue(self, id: str) -> sqs.Queue:
        queue = sqs.Queue(self, f"{id}DeadLetterQueue", retention_period=Duration.days(14), **PROTECTED)
        accept(queue, "AwsSolutions-SQS3", "It is a dead-letter queue, of an event source mapping.")
        alarm(
            self,
            f"{id}DeadLetterAlarm",
            queue.metric_approximate_number_of_messages_visible(**MINUTE),
            "Events were given up. Which, is in the messages; why, in the function's logs.",
        )
        return queue

    def _watch(self, id: str, function: lambda_.Function) -> None:
        alarm(
            self,
            f"{id}AgeAlarm",
            function.metric("IteratorAge", **MINUTE),
            "Events wait: the function fails, or does not keep up.",
            threshold=Duration.minutes(5).to_milliseconds(),
            minutes=3,
        )
