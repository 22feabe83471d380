"""A VPC for services in two zones, with the one way out that was chosen for them."""

from collections.abc import Sequence
from typing import Literal

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from constructs import Construct

Egress = Literal["endpoints", "nat", "public"]

_GATEWAYS = {
    "s3": ec2.GatewayVpcEndpointAwsService.S3,
    "dynamodb": ec2.GatewayVpcEndpointAwsService.DYNAMODB,
}
_INTERFACES = {
    "ecr.api": ec2.InterfaceVpcEndpointAwsService.ECR,
    "ecr.dkr": ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER,
    "events": ec2.InterfaceVpcEndpointAwsService.EVENTBRIDGE,
    "logs": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
    "sqs": ec2.InterfaceVpcEndpointAwsService.SQS,
    "ssm": ec2.InterfaceVpcEndpointAwsService.SSM,
    "states": ec2.InterfaceVpcEndpointAwsService.STEP_FUNCTIONS,
}
# What Fargate itself asks for, from the task's subnet: the image, whose layers lie in S3, and a place for its log.
_FARGATE = ("ecr.api", "ecr.dkr", "s3", "logs")

_PUBLIC = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=24)
_PRIVATE = ec2.SubnetConfiguration(name="Private", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, cidr_mask=24)
_ISOLATED = ec2.SubnetConfiguration(name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=24)
_SUBNETS: dict[Egress, list[ec2.SubnetConfiguration]] = {
    "endpoints": [_ISOLATED],
    "nat": [_PUBLIC, _PRIVATE],
    "public": [_PUBLIC],
}


class ServiceVpc(ec2.Vpc):
    """`egress` says how services reach AWS, and `service_subnets` where they belong.

    "endpoints": isolated subnets; VPC endpoints for Fargate and, by `reach`, for what the service calls.
    "nat": private subnets behind one NAT gateway, for services that call the internet. Public subnets beside them.
    "public": public subnets. Cheapest, and only as private as the security groups.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        egress: Egress,
        cidr: str = "10.0.0.0/16",
        availability_zones: Sequence[str] | None = None,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
    ) -> None:
        super().__init__(
            scope,
            id,
            ip_addresses=ec2.IpAddresses.cidr(cidr),
            availability_zones=list(availability_zones) if availability_zones else None,
            max_azs=None if availability_zones else 2,
            nat_gateways=1 if egress == "nat" else 0,
            subnet_configuration=_SUBNETS[egress],
        )
        self.cidr, self.egress = cidr, egress
        self.service_subnets = ec2.SubnetSelection(subnet_type=_SUBNETS[egress][-1].subnet_type)
        self._log_what_is_rejected(log_retention)
        if egress == "endpoints":
            self.reach(*_FARGATE)

    def reach(self, *services: str) -> None:
        """Makes endpoints for these services, named as in their endpoints' names: "sqs", "dynamodb". Once is enough.

        Where there is another way out only gateway endpoints are made: they cost nothing and spare NAT's price.
        """
        for service in services:
            name = service.replace(".", "-")
            if self.node.try_find_child(name):
                continue
            if service in _GATEWAYS:
                self.add_gateway_endpoint(name, service=_GATEWAYS[service])
            elif self.egress == "endpoints":
                self.add_interface_endpoint(
                    name, service=_INTERFACES[service], security_groups=[self._endpoint_group()], open=False
                )

    def _endpoint_group(self) -> ec2.ISecurityGroup:
        """One for all endpoints: HTTPS from within the VPC."""
        if not hasattr(self, "_endpoints"):
            self._endpoints = ec2.SecurityGroup(
                self, "Endpoints", vpc=self, description="HTTPS to AWS from within the VPC", allow_all_outbound=False
            )
            self._endpoints.add_ingress_rule(ec2.Peer.ipv4(self.cidr), ec2.Port.HTTPS)
        return self._endpoints

    def _log_what_is_rejected(self, retention: logs.RetentionDays) -> None:
        group = logs.LogGroup(self, "FlowLogGroup", retention=retention, removal_policy=RemovalPolicy.DESTROY)
        destination = ec2.FlowLogDestination.to_cloud_watch_logs(group)
        self.add_flow_log("Rejected", destination=destination, traffic_type=ec2.FlowLogTrafficType.REJECT)
