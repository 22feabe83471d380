"""The tasks of a service on Fargate: one container each, as little as it needs, replaced when it fails."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from aws_cdk import Acknowledgment, Duration, RemovalPolicy, Validations
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_ssm as ssm
from constructs import Construct

CONTAINER = "service"
# The platform that images are built for. Docker Desktop builds it on any machine, Docker on Linux on most.
PLATFORM = ecs.RuntimePlatform(
    cpu_architecture=ecs.CpuArchitecture.X86_64, operating_system_family=ecs.OperatingSystemFamily.LINUX
)


class FargateTasks(Construct):
    """The container's file system is read-only and its user the image's, which ought not to be root.

    `port` is where it listens. `settings` are environment variables read from SSM parameters when a task starts.
    `health_command` is a container health check ("CMD", ...), for services that no load balancer checks.
    The role may do nothing until `allow` says so, and nobody may connect until `admit` does. A deployment starts new
    tasks before it ends old ones, and is rolled back when they do not get healthy. `options` go to FargateService.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc,
        subnets: ec2.SubnetSelection,
        image: ecs.ContainerImage,
        port: int,
        settings: Mapping[str, ssm.IStringParameter] | None = None,
        health_command: Sequence[str] | None = None,
        desired_count: int = 2,
        cpu: int = 256,
        memory: int = 512,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
        **options: Any,
    ) -> None:
        super().__init__(scope, id)
        self.port = port
        self.definition = ecs.FargateTaskDefinition(
            self, "Definition", cpu=cpu, memory_limit_mib=memory, runtime_platform=PLATFORM
        )
        self.definition.add_container(
            CONTAINER,
            image=image,
            port_mappings=[ecs.PortMapping(container_port=port)],
            secrets={name: ecs.Secret.from_ssm_parameter(each) for name, each in (settings or {}).items()},
            readonly_root_filesystem=True,
            linux_parameters=ecs.LinuxParameters(self, "Linux", init_process_enabled=True),
            health_check=_health_check(health_command) if health_command else None,
            stop_timeout=Duration.seconds(30),
            logging=self._log(log_retention),
        )
        self.security_group = ec2.SecurityGroup(self, "SecurityGroup", vpc=vpc, description=f"Tasks of {scope.node.id}")
        self.service = ecs.FargateService(
            self,
            "Service",
            cluster=ecs.Cluster(self, "Cluster", vpc=vpc, container_insights_v2=ecs.ContainerInsights.ENABLED),
            task_definition=self.definition,
            security_groups=[cast(ec2.ISecurityGroup, self.security_group)],
            vpc_subnets=subnets,
            desired_count=desired_count,
            min_healthy_percent=100,
            max_healthy_percent=200,
            circuit_breaker=ecs.DeploymentCircuitBreaker(enable=True, rollback=True),
            **options,
        )
        accept_what_pulling_needs(self.definition)

    def allow(self, resource: str, service: str, *actions: str) -> None:
        """`allow(arn, "dynamodb", "GetItem")`: what the code in the container may do."""
        named = [f"{service}:{action}" for action in actions]
        self.definition.add_to_task_role_policy(iam.PolicyStatement(actions=named, resources=[resource]))

    def admit(self, peer: ec2.IConnectable) -> None:
        """Lets `peer` connect to the port; opens the peer's own group for it, too."""
        self.service.connections.allow_from(peer, ec2.Port.tcp(self.port))

    def _log(self, retention: logs.RetentionDays) -> ecs.LogDriver:
        name = f"/ecs/{self.node.path.replace('/', '-')}"
        group = logs.LogGroup(
            self, "LogGroup", log_group_name=name, retention=retention, removal_policy=RemovalPolicy.DESTROY
        )
        return ecs.LogDrivers.aws_logs(stream_prefix=CONTAINER, log_group=cast(logs.ILogGroup, group))


def _health_check(command: Sequence[str]) -> ecs.HealthCheck:
    return ecs.HealthCheck(
        command=list(command),
        interval=Duration.seconds(10),
        timeout=Duration.seconds(5),
        retries=3,
        start_period=Duration.seconds(30),
    )


def accept_what_pulling_needs(definition: ecs.FargateTaskDefinition) -> None:
    role = definition.obtain_execution_role()
    Validations.of(cast(Construct, role)).acknowledge(
        Acknowledgment(
            id="AwsSolutions-IAM5[Resource::*]",
            reason="ecr:GetAuthorizationToken has no resource to name; it is Fargate's, not the container's.",
        )
    )
