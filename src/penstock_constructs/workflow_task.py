"""A task on Fargate that a workflow runs: it lives for one piece of work, and no service keeps it."""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Aws
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from penstock_constructs.acceptance import accept
from penstock_constructs.fargate_tasks import PLATFORM, accept_what_pulling_needs
from penstock_constructs.permissions import allow, allow_named_later
from penstock_constructs.workflow import log_group

CONTAINER = "processor"


class WorkflowTask(Construct):
    """One container, whose file system is read-only and whose user is the image's, which ought not to be root.

    `settings` are environment variables that each task reads from SSM parameters when it starts. The role may do
    nothing until `allow` says so. The task needs ways from `subnets` to ECR and logs, and to what it calls.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cluster: ecs.ICluster,
        subnets: Sequence[ec2.ISubnet],
        image: ecs.ContainerImage,
        cpu: int,
        memory: int,
        environment: Mapping[str, str],
        settings: Mapping[str, ssm.IStringParameter] | None = None,
        log_retention: logs.RetentionDays,
    ) -> None:
        super().__init__(scope, id)
        self.cluster, self.subnets = cluster, subnets
        self.security_group = ec2.SecurityGroup(
            self, "SecurityGroup", vpc=cluster.vpc, description=f"Tasks of {scope.node.id}"
        )
        self.definition = ecs.FargateTaskDefinition(
            self, "Definition", cpu=cpu, memory_limit_mib=memory, runtime_platform=PLATFORM
        )
        self.definition.add_container(
            CONTAINER,
            image=image,
            environment=dict(environment),
            secrets={name: ecs.Secret.from_ssm_parameter(each) for name, each in (settings or {}).items()},
            readonly_root_filesystem=True,
            linux_parameters=ecs.LinuxParameters(self, "Linux", init_process_enabled=True),
            logging=ecs.LogDrivers.aws_logs(
                stream_prefix=CONTAINER, log_group=log_group(self, "Logs", "/ecs/", log_retention)
            ),
        )
        self.role = self.definition.task_role
        accept_what_pulling_needs(self.definition)
        reason = "Settings that are no secret: names of buckets, queues and tables."
        accept(self.definition, "AwsSolutions-ECS2", reason)

    def allow(self, resource: str, service: str, *actions: str) -> None:
        """`allow(arn, "s3", "PutObject")`: what the code in the container may do."""
        allow(self.role, resource, *(f"{service}:{action}" for action in actions))

    def arguments(self, environment: Sequence[Any]) -> dict[str, Any]:
        """What a state passes to RunTask. `environment` are overrides: `{"Name", "Value"}`, or expressions of these."""
        groups, subnets = [self.security_group.security_group_id], [subnet.subnet_id for subnet in self.subnets]
        network = {"Subnets": subnets, "SecurityGroups": groups, "AssignPublicIp": "DISABLED"}
        return {
            "Cluster": self.cluster.cluster_arn,
            "TaskDefinition": self.definition.task_definition_arn,
            "LaunchType": "FARGATE",
            "NetworkConfiguration": {"AwsvpcConfiguration": network},
            "Overrides": {"ContainerOverrides": [{"Name": CONTAINER, "Environment": list(environment)}]},
        }

    def let_run(self, role: iam.IRole, *actions: str) -> None:
        """`role` may start this task in this cluster, and do `actions` to the tasks of the cluster."""
        cluster = {"ArnEquals": {"ecs:cluster": self.cluster.cluster_arn}}
        allow(role, self.definition.task_definition_arn, "ecs:RunTask", conditions=cluster)
        passed = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
        for each in (self.role, self.definition.obtain_execution_role()):
            allow(role, each.role_arn, "iam:PassRole", conditions=passed)
        if actions:
            tasks = f"arn:{Aws.PARTITION}:ecs:{Aws.REGION}:{Aws.ACCOUNT_ID}:task/{self.cluster.cluster_name}/*"
            allow_named_later(role, tasks, *actions, conditions=cluster)
