"""A container that runs only while there are messages: queue -> pipe -> express workflow -> task on Fargate."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from aws_cdk import Aws, Duration, RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_pipes as pipes
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from penstock_constructs import queue_workflow
from penstock_constructs.acceptance import accept, accept_wildcard
from penstock_constructs.fargate_tasks import PLATFORM, accept_what_pulling_needs
from penstock_constructs.queue_with_dead_letter import QueueWithDeadLetter

CONTAINER = "processor"
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
        self.cluster, self.retention = cluster, log_retention
        self.queue = QueueWithDeadLetter(
            self,
            "Queue",
            visibility_timeout=VISIBILITY,
            max_receive_count=max_receive_count,
            max_message_size=max_message_size,
            max_age=Duration.minutes(30),
        )
        self.bucket = self._bucket()
        self.definition = self._definition(image, cpu, memory, environment or {})
        self.security_group = ec2.SecurityGroup(
            self, "SecurityGroup", vpc=cluster.vpc, description="Tasks of a queue processor"
        )
        self.workflow = self._workflow(subnets, timeout)
        self.pipe = self._pipe(batch_size, batch_window or Duration.seconds(5))

    def allow(self, resource: str, service: str, *actions: str) -> None:
        """`allow(arn, "s3", "PutObject")`: what the code in the container may do."""
        _allow(self.definition.task_role, resource, *(f"{service}:{action}" for action in actions))

    def _bucket(self) -> s3.Bucket:
        """Batches on their way and what was reported of them, for as long as somebody may look into a failure."""
        bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(14))],
            removal_policy=RemovalPolicy.RETAIN,
        )
        accept(bucket, "AwsSolutions-S1", "Only the workflow and its tasks read it, and its logs name each object.")
        return bucket

    def _definition(
        self, image: ecs.ContainerImage, cpu: int, memory: int, environment: Mapping[str, str]
    ) -> ecs.FargateTaskDefinition:
        definition = ecs.FargateTaskDefinition(
            self, "Definition", cpu=cpu, memory_limit_mib=memory, runtime_platform=PLATFORM
        )
        dead = self.queue.dead_letter_queue
        given = {"BATCH_BUCKET": self.bucket.bucket_name, "DEAD_LETTER_QUEUE_URL": dead.queue_url, **environment}
        definition.add_container(
            CONTAINER,
            image=image,
            environment=given,
            readonly_root_filesystem=True,
            linux_parameters=ecs.LinuxParameters(self, "Linux", init_process_enabled=True),
            logging=ecs.LogDrivers.aws_logs(stream_prefix=CONTAINER, log_group=self._log_group("TaskLogs", "/ecs/")),
        )
        accept_what_pulling_needs(definition)
        role = definition.task_role
        _allow_named_later(role, self._objects(queue_workflow.BATCHES), "s3:GetObject")
        _allow_named_later(role, self._objects(queue_workflow.RESULTS), "s3:PutObject")
        _allow(role, dead.queue_arn, "sqs:SendMessage")
        reason = "Settings that are no secret: the names of a bucket and a queue, and what the caller adds."
        accept(definition, "AwsSolutions-ECS2", reason)
        return definition

    def _workflow(self, subnets: Sequence[ec2.ISubnet], seconds: float) -> sfn.StateMachine:
        work = queue_workflow.Work(
            cluster=self.cluster.cluster_arn,
            definition=self.definition.task_definition_arn,
            container=CONTAINER,
            subnets=[subnet.subnet_id for subnet in subnets],
            security_groups=[self.security_group.security_group_id],
            bucket=self.bucket.bucket_name,
            seconds=seconds,
        )
        text = Stack.of(self).to_json_string(queue_workflow.definition(work))
        workflow = sfn.StateMachine(
            self,
            "Workflow",
            state_machine_type=sfn.StateMachineType.EXPRESS,
            definition_body=sfn.DefinitionBody.from_string(text),
            timeout=LIMIT,
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=self._log_group("WorkflowLogs", "/aws/vendedlogs/states/"),
                level=sfn.LogLevel.ALL,
                include_execution_data=True,
            ),
        )
        self._limit(workflow.role)
        return workflow

    def _limit(self, role: iam.IRole) -> None:
        """The workflow's role: this task definition in this cluster, and the batches' bucket."""
        cluster = {"ArnEquals": {"ecs:cluster": self.cluster.cluster_arn}}
        _allow(role, self.definition.task_definition_arn, "ecs:RunTask", conditions=cluster)
        tasks = f"arn:{Aws.PARTITION}:ecs:{Aws.REGION}:{Aws.ACCOUNT_ID}:task/{self.cluster.cluster_name}/*"
        _allow_named_later(role, tasks, "ecs:DescribeTasks", "ecs:StopTask", conditions=cluster)
        passed = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
        for each in (self.definition.task_role, self.definition.obtain_execution_role()):
            _allow(role, each.role_arn, "iam:PassRole", conditions=passed)
        _allow_named_later(role, self._objects(queue_workflow.BATCHES), "s3:PutObject")
        _allow_named_later(role, self._objects(queue_workflow.RESULTS), "s3:GetObject")
        # Without it S3 says "access denied" of an object that is not there.
        _allow(role, self.bucket.bucket_arn, "s3:ListBucket")
        accept_wildcard(role, "*", "Deliveries of logs and traces have no resource to name.")

    def _objects(self, folder: str) -> str:
        return self.bucket.arn_for_objects(f"{folder}/*")

    def _pipe(self, batch_size: int, window: Duration) -> pipes.CfnPipe:
        queue, workflow = self.queue.queue.queue_arn, self.workflow.state_machine_arn
        mine = iam.ServicePrincipal("pipes.amazonaws.com").with_conditions(
            {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
        )
        role = iam.Role(self, "PipeRole", assumed_by=cast(iam.IPrincipal, mine))
        _allow(role, queue, "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
        _allow(role, workflow, "states:StartSyncExecution")
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
        pipe.node.add_dependency(role)  # and its policy: a pipe is refused that may not read its source
        return pipe

    def _log_group(self, id: str, prefix: str) -> logs.ILogGroup:
        name = f"{prefix}{self.node.path.replace('/', '-')}"
        group = logs.LogGroup(
            self, id, log_group_name=name, retention=self.retention, removal_policy=RemovalPolicy.DESTROY
        )
        return cast(logs.ILogGroup, group)


def _allow(role: iam.IRole, resource: str, *actions: str, conditions: Mapping[str, Any] | None = None) -> None:
    statement = iam.PolicyStatement(actions=list(actions), resources=[resource], conditions=conditions)
    role.add_to_principal_policy(statement)


def _allow_named_later(
    role: iam.IRole, resource: str, *actions: str, conditions: Mapping[str, Any] | None = None
) -> None:
    _allow(role, resource, *actions, conditions=conditions)
    accept_wildcard(role, resource, "Tasks and batches get their names when they begin.")
