"""A service on Fargate that the world calls, through an application load balancer."""

from typing import Any

from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from penstock_constructs import load_balancing
from penstock_constructs.fargate_tasks import FargateTasks


class PublicService(Construct):
    """Answers at `url`. The load balancer stands in the VPC's public subnets, the tasks in `subnets`.

    With a `certificate` (and a name of yours that leads to the load balancer) it speaks HTTPS, without one HTTP.
    `health_path` is asked of every task every five seconds. `tasks` go to FargateTasks.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc,
        health_path: str = "/health",
        certificate: acm.ICertificate | None = None,
        **tasks: Any,
    ) -> None:
        super().__init__(scope, id)
        self.tasks = FargateTasks(self, "Tasks", vpc=vpc, **tasks)
        self.load_balancer, _ = load_balancing.application(
            self, self.tasks, vpc=vpc, public=True, health_path=health_path, certificate=certificate
        )
        load_balancing.watch(self, self.load_balancer)
        self.url = f"{'https' if certificate else 'http'}://{self.load_balancer.load_balancer_dns_name}"
