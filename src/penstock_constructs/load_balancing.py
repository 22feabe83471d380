"""Load balancers in front of FargateTasks: an application load balancer by request, a network one by connection."""

from typing import Any, cast

from aws_cdk import Acknowledgment, Duration, Validations
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from penstock_constructs.alarms import alarm
from penstock_constructs.fargate_tasks import CONTAINER, FargateTasks

UNLOGGED = Acknowledgment(
    id="AwsSolutions-ELB2",
    reason="Every request is in the service's own log, in CloudWatch. Access logs would need a bucket to look after.",
)
OPEN = Acknowledgment(id="AwsSolutions-EC23", reason="It is the public entrance: everybody may connect to its port.")

MINUTE: dict[str, Any] = {"period": Duration.minutes(1), "statistic": "Sum"}


def application(
    scope: Construct,
    tasks: FargateTasks,
    *,
    vpc: ec2.IVpc,
    public: bool,
    health_path: str,
    certificate: acm.ICertificate | None = None,
) -> tuple[elbv2.ApplicationLoadBalancer, elbv2.ApplicationListener]:
    """Balances requests. With a certificate it speaks HTTPS on 443 and sends HTTP there; else HTTP on 80."""
    group = _group(scope, vpc)
    balancer = elbv2.ApplicationLoadBalancer(
        scope,
        "LoadBalancer",
        vpc=vpc,
        internet_facing=public,
        security_group=group,
        drop_invalid_header_fields=True,
    )
    listener = balancer.add_listener(
        "Listener",
        protocol=elbv2.ApplicationProtocol.HTTPS if certificate else elbv2.ApplicationProtocol.HTTP,
        certificates=[cast(elbv2.IListenerCertificate, certificate)] if certificate else None,
        open=public,
    )
    if certificate:
        balancer.add_redirect(open=public)
    listener.add_targets(
        "Tasks",
        port=tasks.port,
        protocol=elbv2.ApplicationProtocol.HTTP,
        targets=[tasks.service.load_balancer_target(container_name=CONTAINER, container_port=tasks.port)],
        deregistration_delay=Duration.seconds(30),
        health_check=_health_check(health_path),
    )
    _accept(balancer, group, public)
    return balancer, listener


def network(
    scope: Construct, tasks: FargateTasks, *, vpc: ec2.IVpc, public: bool, listener_port: int, health_path: str
) -> elbv2.NetworkLoadBalancer:
    """Passes connections through. An internal one admits nobody but VPC links, which PrivateLink brings in."""
    group = _group(scope, vpc)
    if public:
        group.add_ingress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(listener_port))
    balancer = elbv2.NetworkLoadBalancer(
        scope,
        "LoadBalancer",
        vpc=vpc,
        internet_facing=public,
        cross_zone_enabled=True,
        security_groups=[cast(ec2.ISecurityGroup, group)],
        enforce_security_group_inbound_rules_on_private_link_traffic=public,
    )
    balancer.add_listener("Listener", port=listener_port).add_targets(
        "Tasks",
        port=tasks.port,
        targets=[tasks.service.load_balancer_target(container_name=CONTAINER, container_port=tasks.port)],
        # The tasks see the load balancer, as their security group wants it, and not who is behind it.
        preserve_client_ip=False,
        deregistration_delay=Duration.seconds(30),
        health_check=_health_check(health_path),
    )
    tasks.admit(balancer)
    _accept(balancer, group, public)
    return balancer


def watch(scope: Construct, balancer: elbv2.ApplicationLoadBalancer) -> None:
    """Alarms on answers that the client has to take for an error: the tasks' own, and those for want of a task."""
    metrics = balancer.metrics
    from_tasks = metrics.http_code_target(elbv2.HttpCodeTarget.TARGET_5XX_COUNT, **MINUTE)
    own = metrics.http_code_elb(elbv2.HttpCodeElb.ELB_5XX_COUNT, **MINUTE)
    alarm(scope, "ErrorAlarm", from_tasks, "The service answered 5xx.")
    alarm(scope, "UnavailableAlarm", own, "The load balancer answered 5xx: no task did.")


def _group(scope: Construct, vpc: ec2.IVpc) -> ec2.SecurityGroup:
    """Its way out leads to the tasks and nowhere else, once they admit it."""
    return ec2.SecurityGroup(scope, "LoadBalancerGroup", vpc=vpc, description="Load balancer", allow_all_outbound=False)


def _health_check(path: str) -> elbv2.HealthCheck:
    """Two failures in ten seconds: a task that is gone is out before the service has started another."""
    return elbv2.HealthCheck(
        protocol=elbv2.Protocol.HTTP,
        path=path,
        interval=Duration.seconds(5),
        timeout=Duration.seconds(3),
        healthy_threshold_count=2,
        unhealthy_threshold_count=2,
    )


def _accept(balancer: Construct, group: ec2.SecurityGroup, public: bool) -> None:
    Validations.of(balancer).acknowledge(UNLOGGED)
    if public:
        Validations.of(group).acknowledge(OPEN)
