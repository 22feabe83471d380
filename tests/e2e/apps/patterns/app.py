"""CDK's own patterns for Fargate as their documentation shows them; apps/containers has the one with an ALB."""

from pathlib import Path

from aws_cdk import App, CfnOutput, Stack
from aws_cdk import aws_applicationautoscaling as scaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_ecs_patterns as patterns
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm

IMAGE = ecs.ContainerImage.from_asset(str(Path(__file__).parent / "web"))

app = App()
stack = Stack(app, "Patterns")
cluster = ecs.Cluster(stack, "Cluster", vpc=ec2.Vpc(stack, "Vpc", max_azs=2), enable_fargate_capacity_providers=True)
generated = secretsmanager.SecretStringGenerator(secret_string_template="{}", generate_string_key="password")
password = secretsmanager.Secret(stack, "Database", generate_secret_string=generated)
colour = ssm.StringParameter(stack, "Colour", string_value="blue")

web = patterns.NetworkLoadBalancedFargateService(
    stack,
    "Web",
    cluster=cluster,
    task_image_options=patterns.NetworkLoadBalancedTaskImageOptions(
        image=IMAGE,
        container_port=8000,
        secrets={
            "GIVEN_PASSWORD": ecs.Secret.from_secrets_manager(password, "password"),
            "GIVEN_COLOUR": ecs.Secret.from_ssm_parameter(colour),
        },
    ),
)
web.service.connections.allow_from_any_ipv4(ec2.Port.tcp(8000))
web.service.auto_scale_task_count(max_capacity=5).scale_on_cpu_utilization("Cpu", target_utilization_percent=60)
web.task_definition.add_container(
    "sidecar",
    image=IMAGE,
    essential=False,
    command=["python", "-c", "print('beside it')"],
    logging=ecs.LogDrivers.aws_logs(stream_prefix="sidecar"),
)

worker = patterns.QueueProcessingFargateService(
    stack,
    "Worker",
    cluster=cluster,
    image=IMAGE,
    command=["python", "worker.py"],
    capacity_provider_strategies=[ecs.CapacityProviderStrategy(capacity_provider="FARGATE_SPOT", weight=1)],
)

patterns.ScheduledFargateTask(
    stack,
    "Nightly",
    cluster=cluster,
    schedule=scaling.Schedule.cron(minute="0", hour="3"),
    scheduled_fargate_task_image_options=patterns.ScheduledFargateTaskImageOptions(
        image=IMAGE, command=["python", "-c", "print('good night')"]
    ),
)
CfnOutput(stack, "QueueUrl", value=worker.sqs_queue.queue_url)
CfnOutput(stack, "WebUrl", value=f"http://{web.load_balancer.load_balancer_dns_name}")
app.synth()
