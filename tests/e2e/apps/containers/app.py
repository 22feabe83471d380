"""Three images that know nothing of Penstock, each behind a load balancer, as CDK's own pattern makes them."""

from pathlib import Path
from typing import Any

from aws_cdk import App, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_ecs_patterns as patterns

HERE = Path(__file__).parent


class Containers(Stack):
    def __init__(self, scope: App, id: str) -> None:
        super().__init__(scope, id)
        cluster = ecs.Cluster(self, "Cluster", vpc=ec2.Vpc(self, "Vpc", max_azs=2, nat_gateways=1))
        self.serve(cluster, "notes", 8000, "/healthz", environment={"GREETING": "hello"})
        self.serve(cluster, "guestbook", 5000, "/")
        self.serve(cluster, "counter", 3000, "/")

    def serve(self, cluster: ecs.Cluster, name: str, port: int, health: str, **options: Any) -> None:
        image = ecs.ContainerImage.from_asset(str(HERE / name))
        service = patterns.ApplicationLoadBalancedFargateService(
            self,
            name.capitalize(),
            cluster=cluster,
            min_healthy_percent=100,
            task_image_options=patterns.ApplicationLoadBalancedTaskImageOptions(
                image=image, container_port=port, **options
            ),
        )
        service.target_group.configure_health_check(path=health)


app = App()
Containers(app, "Containers")
app.synth()
