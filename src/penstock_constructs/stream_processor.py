"""A container that runs only while a stream has records: stream -> pipe -> standard workflow -> task on Fargate.

What fails waits in S3, named by a message in a queue, until it is tried again or thrown away.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_logs as logs
from aws_cdk import aws_pipes as pipes
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from penstock_constructs import stream_workflow
from penstock_constructs.acceptance import accept
from penstock_constructs.alarms import alarm
from penstock_constructs.permissions import allow, allow_named_later
from penstock_constructs.pipe_role import PipeRole
from penstock_constructs.queue_with_dead_letter import MINUTE, PROTECTED, QueueWithDeadLetter
from penstock_constructs.transit_bucket import TransitBucket
from penstock_constructs.workflow import Workflow
from penstock_constructs.workflow_task import WorkflowTask

RECORD = ("partitionKey", "sequenceNumber", "data", "eventID")
STARTS = 10  # tries to start the workflow with a batch, before it is halved and in the end given up
DAYS = 90  # longer than a message lives, so that what it refers to is there


class StreamProcessor(Construct):
    """Each task gets a payload, up to `batch_size` records that came within `batch_window`, and ends when it is done.

    The payload is the object `BUCKET_KEY` of the bucket `BUCKET_NAME`: a JSON array of `{partitionKey, sequenceNumber,
    data, eventID}`. The task reports with its `TASK_TOKEN`: SendTaskSuccess, and the object is removed; or
    SendTaskFailure. It has failed, too, when it has not reported `task_timeout` after it was asked for. Step Functions
    does not end it then: it ought to end by itself `TIMEOUT_SECONDS` after it has begun.

    What failed keeps its object, and `failure_queue` gets a message, `{bucketKey, error, cause, execution}`. Messages
    that are moved from there to `redrive_queue` (StartMessageMoveTask) start the workflow on their objects again.
    Payloads may come twice, and in any order. One whose object is gone has been processed.

    Where the workflow cannot be started with a batch, `unstarted_queue` is told its place in the stream.
    A batch has to fit into the 256 KiB of a workflow's input. The task runs in `subnets` of the cluster's VPC, may do
    what `allow` says, and needs ways to S3, Step Functions, ECR and logs; `settings` are as of WorkflowTask.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        stream: kinesis.IStream,
        cluster: ecs.ICluster,
        subnets: Sequence[ec2.ISubnet],
        image: ecs.ContainerImage,
        cpu: int = 256,
        memory: int = 512,
        environment: Mapping[str, str] | None = None,
        settings: Mapping[str, ssm.IStringParameter] | None = None,
        starting_position: str = "TRIM_HORIZON",
        batch_size: int = 100,
        batch_window: Duration | None = None,
        task_timeout: Duration | None = None,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
    ) -> None:
        super().__init__(scope, id)
        seconds = int((task_timeout or Duration.seconds(300)).to_seconds())
        self.bucket = TransitBucket(self, "Bucket", days=DAYS)
        self.failures = QueueWithDeadLetter(self, "Failures", visibility_timeout=Duration.minutes(1))
        self.failure_queue, self.redrive_queue = self.failures.dead_letter_queue, self.failures.queue
        given = {"BUCKET_NAME": self.bucket.bucket_name, "TIMEOUT_SECONDS": str(seconds)}
        self.task = WorkflowTask(
            self,
            "Task",
            cluster=cluster,
            subnets=subnets,
            image=image,
            cpu=cpu,
            memory=memory,
            environment={**given, **(environment or {})},
            settings=settings,
            log_retention=log_retention,
        )
        self.workflow = self._workflow(seconds, log_retention)
        self.unstarted_queue = self._unstarted_queue()
        self._from_stream(stream, starting_position, batch_size, batch_window or Duration.seconds(5))
        self._from_redrive_queue()
        self._let_task_report()

    def allow(self, resource: str, service: str, *actions: str) -> None:
        """`allow(arn, "dynamodb", "PutItem")`: what the code in the container may do."""
        self.task.allow(resource, service, *actions)

    def _workflow(self, seconds: int, log_retention: logs.RetentionDays) -> Workflow:
        work = stream_workflow.Work(
            run=self.task.arguments(stream_workflow.ENVIRONMENT),
            bucket=self.bucket.bucket_name,
            queue=self.failure_queue.queue_url,
            seconds=seconds,
        )
        workflow = Workflow(
            self,
            "Workflow",
            definition=stream_workflow.definition(work),
            kind=sfn.StateMachineType.STANDARD,
            timeout=Duration.seconds(seconds).plus(Duration.hours(1)),
            log_retention=log_retention,
        )
        self.task.let_run(workflow.role)
        allow_named_later(workflow.role, self._payloads, "s3:PutObject", "s3:DeleteObject")
        allow(workflow.role, self.failure_queue.queue_arn, "sqs:SendMessage")
        failed = workflow.metric_failed(period=Duration.minutes(1), statistic="Sum")
        self.failed_alarm = alarm(self, "FailedAlarm", failed, "A payload was not processed. Its log says why.")
        return workflow

    def _let_task_report(self) -> None:
        allow_named_later(self.task.role, self._payloads, "s3:GetObject")
        # Without it S3 says "access denied" of an object that is not there.
        self.allow(self.bucket.bucket_arn, "s3", "ListBucket")
        self.allow(self.workflow.state_machine_arn, "states", "SendTaskSuccess", "SendTaskFailure")

    @property
    def _payloads(self) -> str:
        return self.bucket.arn_for_objects(f"{stream_workflow.PAYLOADS}/*")

    def _unstarted_queue(self) -> sqs.Queue:
        queue = sqs.Queue(self, "UnstartedQueue", retention_period=Duration.days(14), **PROTECTED)
        accept(queue, "AwsSolutions-SQS3", "It is a dead-letter queue, of a pipe.")
        unstarted = queue.metric_approximate_number_of_messages_visible(**MINUTE)
        alarm(self, "UnstartedAlarm", unstarted, "The workflow could not be started with some records of the stream.")
        return queue

    def _from_stream(self, stream: kinesis.IStream, position: str, batch_size: int, window: Duration) -> None:
        parameters = pipes.CfnPipe.PipeSourceKinesisStreamParametersProperty(
            starting_position=position,
            batch_size=batch_size,
            maximum_batching_window_in_seconds=int(window.to_seconds()),
            maximum_retry_attempts=STARTS,
            on_partial_batch_item_failure="AUTOMATIC_BISECT",
            dead_letter_config=pipes.CfnPipe.DeadLetterConfigProperty(arn=self.unstarted_queue.queue_arn),
        )
        source = pipes.CfnPipe.PipeSourceParametersProperty(kinesis_stream_parameters=parameters)
        role = self._pipe("Pipe", stream.stream_arn, source, {name: f"<$.{name}>" for name in RECORD})
        reading = ("DescribeStream", "DescribeStreamSummary", "GetRecords", "GetShardIterator", "ListShards")
        allow(role, stream.stream_arn, *(f"kinesis:{action}" for action in reading))
        allow(role, self.unstarted_queue.queue_arn, "sqs:SendMessage")
        alarm(
            self,
            "AgeAlarm",
            stream.metric_get_records_iterator_age_milliseconds(**MINUTE),
            "Records wait: the workflow cannot be started, or not as fast as they come.",
            threshold=Duration.minutes(5).to_milliseconds(),
            minutes=3,
        )

    def _from_redrive_queue(self) -> None:
        parameters = pipes.CfnPipe.PipeSourceSqsQueueParametersProperty(batch_size=1)
        source = pipes.CfnPipe.PipeSourceParametersProperty(sqs_queue_parameters=parameters)
        arn = self.redrive_queue.queue_arn
        role = self._pipe("RedrivePipe", arn, source, {"bucketKey": "<$.body.bucketKey>"})
        allow(role, arn, "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")

    def _pipe(self, id: str, source: str, parameters: Any, template: Mapping[str, str]) -> PipeRole:
        """Starts the workflow and does not wait for it: that alone is asked of a standard workflow. Its role."""
        role = PipeRole(self, f"{id}Role")
        allow(role, self.workflow.state_machine_arn, "states:StartExecution")
        target = pipes.CfnPipe.PipeTargetStateMachineParametersProperty(invocation_type="FIRE_AND_FORGET")
        pipe = pipes.CfnPipe(
            self,
            id,
            role_arn=role.role_arn,
            source=source,
            source_parameters=parameters,
            target=self.workflow.state_machine_arn,
            target_parameters=pipes.CfnPipe.PipeTargetParametersProperty(
                step_function_state_machine_parameters=target, input_template=_unquoted(template)
            ),
        )
        pipe.node.add_dependency(role)
        return role


def _unquoted(template: Mapping[str, str]) -> str:
    """JSON, but for the paths: a pipe puts in what they lead to as JSON."""
    return json.dumps(template).replace('"<', "<").replace('>"', ">")
