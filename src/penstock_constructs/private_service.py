"""A service on Fargate that only named peers inside the VPC can call, by a name that Cloud Map keeps."""

from collections.abc import Sequence
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_servicediscovery as servicediscovery
from constructs import Construct

from penstock_constructs.fargate_tasks import FargateTasks


class PrivateService(Construct):
    """Answers at `url`, `http://<name>.<namespace>:<port>`: one address for each healthy task.

    `peers` are those who may connect; `service.tasks.admit` lets in more. `health_command` is needed: without a load
    balancer the container's own check is all that takes a sick task out of the name. `tasks` go to FargateTasks.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        namespace: servicediscovery.PrivateDnsNamespace,
        port: int,
        health_command: Sequence[str],
        peers: Sequence[ec2.IConnectable] = (),
        **tasks: Any,
    ) -> None:
        super().__init__(scope, id)
        found_by = ecs.CloudMapOptions(
            name=name,
            cloud_map_namespace=namespace,
            dns_record_type=servicediscovery.DnsRecordType.A,
            dns_ttl=Duration.seconds(10),
        )
        self.tasks = FargateTasks(
            self, "Tasks", port=port, health_command=health_command, cloud_map_options=found_by, **tasks
        )
        for peer in peers:
            self.tasks.admit(peer)
        self.url = f"http://{name}.{namespace.namespace_name}:{port}"
