"""A container that runs only while there are messages: queue -> pipe -> express workflow -> task on Fargate."""

from collections.abc import Mapping, Sequence

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_logs as logs
from aws_cdk import aws_pipes as pipes
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from penstock_constructs import queue_workflow
from penstock_constructs.permissions import allow, allow_named_later
from penstock_constructs.pipe_role import PipeRole
from penstock_constructs.queue_with_dead_letter import QueueWithDeadLetter
from penstock_constructs.transit_bucket import TransitBucket
from penstock_constructs.workflow import Workflow
from penstock_constructs.workflow_task import WorkflowTask

LIMIT = Duration.minutes(5)  # of an express execution and of a pipe's
VISIBILITY = Duration.minutes(6)  # longer: no message is back while its task may still run
LONGEST_TASK = 270  # seconds, which leaves the workflow time to stop it


class QueueProcessor(Construct):
    """Each task gets up to `batch_size` messages that came within `batch_window`, and ends when it has done them.

    It finds them in the environment variable `BATCH`, or, where they are too many for that, in the object `BATCH_KEY`
    of the bucket `BATCH_BUCKET`: a JSON array of `{messageId, body, trace?}`. Exit code 0 says that all are done but
    those that it names in the object `RESULT_KEY` of that bucket, as `{"batchItemFailures": [{"itemIdentifier":
    messageId}]}`. With any other exit code, or when it has not ended `task_timeout` after the workflow began, all come
    back six minutes after they were received, and go to the dead-letter queue after `max_receive_count` times.
    Messages may come twice. What can never be processed the container itself sends to
    `DEAD_LETTER_QUEUE_URL`, with the reason.

    A message has at most `max_message_size` bytes: a whole batch has to fit into the 256 KiB of a workflow's input.
    The task runs in `subnets` of the cluster's VPC, may do what `allow` says, and needs ways to S3, SQS, ECR and logs.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cluster: ecs.ICluster,
        subnets: Sequence[ec2.ISubnet],
        image: ecs.ContainerImage,
        cpu: int = 256,
        memory: int = 512,
        environment: Mapping[str, str] | None = None,
        batch_size: int = 10,
        batch_window: Duration | None = None,
        max_receive_count: int = 3,
        max_message_size: int = 12 * 1024,
        task_timeout: Duration | None = None,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
    ) -> None:
        timeout = (task_timeout or Duration.seconds(240)).to_seconds()
        if timeout > LONGEST_TASK:
            raise ValueError(f"task_timeout is {timeout:.0f} s, and may be {LONGEST_TASK}")
        super().__init__(scope, id)
        self.queue = QueueWithDeadLetter(
            self,
            "Queue",
            visibility_timeout=VISIBILITY,
            max_receive_count=max_receive_count,
            max_message_size=max_message_size,
            max_age=Duration.minutes(30),
        )
        # Batches and what was reported of them, for as long as somebody may look into a failure.
        self.bucket = TransitBucket(self, "Bucket", days=14)
        dead_letter_queue = self.queue.dead_letter_queue
        self.task = WorkflowTask(
            self,
            "Task",
            cluster=cluster,
            subnets=subnets,
            image=image,
            cpu=cpu,
            memory=memory,
            environment={
                "BATCH_BUCKET": self.bucket.bucket_name,
                "DEAD_LETTER_QUEUE_URL": dead_letter_queue.queue_url,
                **(environment or {}),
            },
            log_retention=log_retention,
        )
        allow_named_later(self.task.role, self._objects(queue_workflow.BATCHES), "s3:GetObject")
        allow_named_later(self.task.role, self._objects(queue_workflow.RESULTS), "s3:PutObject")
        self.allow(dead_letter_queue.queue_arn, "sqs", "SendMessage")
        self.workflow = self._workflow(timeout, log_retention)
        self.pipe = self._pipe(batch_size, batch_window or Duration.seconds(5))

    def allow(self, resource: str, service: str, *actions: str) -> None:
        """`allow(arn, "s3", "PutObject")`: what the code in the container may do."""
        self.task.allow(resource, service, *actions)

    def _workflow(self, seconds: float, log_retention: logs.RetentionDays) -> Workflow:
        work = queue_workflow.Work(
            cluster=self.task.cluster.cluster_arn,
            run=self.task.arguments(queue_workflow.ENVIRONMENT),
            bucket=self.bucket.bucket_name,
            seconds=seconds,
        )
        workflow = Workflow(
            self,
            "Workflow",
            definition=queue_workflow.definition(work),
            kind=sfn.StateMachineType.EXPRESS,
            timeout=LIMIT,
            log_retention=log_retention,
        )
        self.task.let_run(workflow.role, "ecs:DescribeTasks", "ecs:StopTask")
        allow_named_later(workflow.role, self._objects(queue_workflow.BATCHES), "s3:PutObject")
        allow_named_later(workflow.role, self._objects(queue_workflow.RESULTS), "s3:GetObject")
        # Without it S3 says "access denied" of an object that is not there.
        allow(workflow.role, self.bucket.bucket_arn, "s3:ListBucket")
        return workflow

    def _objects(self, folder: str) -> str:
        return self.bucket.arn_for_objects(f"{folder}/*")

    def _pipe(self, batch_size: int, window: Duration) -> pipes.CfnPipe:
        queue, workflow = self.queue.queue.queue_arn, self.workflow.state_machine_arn
        role = PipeRole(self, "PipeRole")
        allow(role, queue, "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
        allow(role, workflow, "states:StartSyncExecution")
        source = pipes.CfnPipe.PipeSourceSqsQueueParametersProperty(
            batch_size=batch_size, maximum_batching_window_in_seconds=int(window.to_seconds())
        )
        target = pipes.CfnPipe.PipeTargetStateMachineParametersProperty(invocation_type="REQUEST_RESPONSE")
        pipe = pipes.CfnPipe(
            self,
            "Pipe",
            role_arn=role.role_arn,
            source=queue,
            source_parameters=pipes.CfnPipe.PipeSourceParametersProperty(sqs_queue_parameters=source),
            target=workflow,
            target_parameters=pipes.CfnPipe.PipeTargetParametersProperty(step_function_state_machine_parameters=target),
        )
        pipe.node.add_dependency(role)
        return pipe
