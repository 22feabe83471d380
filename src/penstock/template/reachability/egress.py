"""Ways out: what runs in a VPC gets to AWS's services by a route out of its subnets, or by VPC endpoints. Pure.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html,
https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html
"""

import re
from collections.abc import Iterator
from typing import Any

from penstock.template.finding import UNREACHABLE, Finding, finding
from penstock.template.reachability.grants import Called, called
from penstock.template.reachability.network import CLOSED, PUBLIC, SUBNET, Endpoint, Peer, listed
from penstock.template.reachability.workloads import Workload, Workloads, containers
from penstock.template.reachability.world import UNKNOWN, Thing, is_known

_ECR = re.compile(r"[^/]+\.dkr\.ecr\.[^/]+/.+")
_TLS = 443
# An image is listed, fetched and its layers read from three places.
_PULLS = (Called("ECR", ("ecr.api",)), Called("ECR's registry", ("ecr.dkr",)), Called("S3 (image layers)", ("s3",)))
_LOGS = Called("CloudWatch Logs", ("logs",))
_SECRETS, _PARAMETERS = Called("Secrets Manager", ("secretsmanager",)), Called("SSM", ("ssm",))
_INTERNET = Called("a registry on the internet", ())


def findings(workloads: Workloads) -> Iterator[Finding]:
    yield from _lost_nats(workloads)
    for function in workloads.functions:
        yield from _judge(workloads, function, called(workloads.world, function, function.thing.get("Role")))
    for service in workloads.services:
        if service.is_fargate:
            role = service.task.get("TaskRoleArn") if service.task is not None else None
            needs = [*_started(service), *called(workloads.world, service, role)]
            yield from _judge(workloads, service, list(dict.fromkeys(needs)))


def _started(service: Workload) -> Iterator[Called]:
    """What Fargate needs before the code runs: image, secrets, log group; all through the task's own interface."""
    for container in containers(service):
        image = container.get("Image")
        if isinstance(image, str) and _ECR.fullmatch(image):
            yield from _PULLS
        elif is_known(image):
            yield _INTERNET
        logging = container.get("LogConfiguration")
        if isinstance(logging, dict) and logging.get("LogDriver") == "awslogs":
            yield _LOGS
        secrets = container.get("Secrets")
        for secret in secrets if isinstance(secrets, list) else ():
            yield from _secret(secret.get("ValueFrom") if isinstance(secret, dict) else None)


def _secret(value: Any) -> Iterator[Called]:
    text = str(value)
    if ":secretsmanager:" in text:
        yield _SECRETS
    elif ":ssm:" in text or is_known(value):
        yield _PARAMETERS


def _judge(workloads: Workloads, workload: Workload, needs: list[Called]) -> Iterator[Finding]:
    vpc = workload.peer.vpc
    if vpc is None or not needs or not workload.subnets:
        return
    if workload.peer.groups and not workloads.network.leaves(workload.peer, _TLS):
        yield _shut_in(workloads, workload, workload.peer.groups[0], needs)
        return
    endpoints = workloads.network.endpoints(vpc)
    if all(endpoint.service for endpoint in endpoints):
        yield from _shut_endpoints(workloads, workload, needs, endpoints)
        yield from _closed_subnet(workloads, workload, needs, vpc)


def _shut_in(workloads: Workloads, workload: Workload, group: Thing, needs: list[Called]) -> Finding:
    reason = (
        f"{workloads.network.called(group)} does not let {workload.name} out to port {_TLS} of anything, and it calls "
        f"{listed(need.name for need in needs)}: allow egress to port {_TLS}"
    )
    return finding(group.stack, UNREACHABLE, group.path(), reason)


def _lost_nats(workloads: Workloads) -> Iterator[Finding]:
    """What a NAT gateway passes on has to get out of the NAT gateway's own subnet."""
    for nat in workloads.world.all("AWS::EC2::NatGateway"):
        subnet = workloads.world.of(nat.get("SubnetId"), SUBNET)
        if subnet is None or nat.get("ConnectivityType") == "private":
            continue
        if workloads.network.way_out(subnet) == CLOSED:
            reason = (
                f"it stands in subnet {subnet.logical_id}, which has no route to an internet gateway: nothing gets out "
                "through it; put it into a public subnet"
            )
            yield finding(nat.stack, UNREACHABLE, nat.path("SubnetId"), reason)


# -- subnets without a way ---------------------------------------------------------------------------------


def _closed_subnet(workloads: Workloads, workload: Workload, needs: list[Called], vpc: Thing) -> Iterator[Finding]:
    """The first of its subnets from which something that it calls cannot be reached."""
    for subnet in workload.subnets or ():
        way = workloads.network.way_out(subnet)
        # A function has no public address, whatever its subnet; a task has one where it is asked for.
        if way == CLOSED or (way == PUBLIC and not workload.has_public_address):
            reachable = {
                endpoint.service
                for endpoint in workloads.network.endpoints(vpc, subnet)
                if endpoint.private_dns is not False or _is_named(workload, endpoint)
            }
            missing = [need for need in needs if not reachable & set(need.endpoints)]
            if missing:
                yield _unreachable(workload, subnet, way, missing)
                return


def _is_named(workload: Workload, endpoint: Endpoint) -> bool:
    """Without the service's own name an endpoint is used by who was told of it, and a gateway has no name at all."""
    tokens = (f"/{endpoint.thing.logical_id}.", UNKNOWN)
    return endpoint.is_gateway or any(token in each.value for each in workload.variables for token in tokens)


def _unreachable(workload: Workload, subnet: Thing, way: str, missing: list[Called]) -> Finding:
    is_function = workload.task is None
    why = "which has no route out" if way == CLOSED else "where it has no public address"
    cures = ["use private subnets with NAT"]
    if all(need.endpoints for need in missing):
        cures.insert(0, f"add VPC endpoints for {listed(need.endpoints[0] for need in missing)}")
    if way == PUBLIC and not is_function:
        cures.insert(0, "set AssignPublicIp to ENABLED")
    reason = (
        f"{workload.name} cannot reach {listed(need.name for need in missing)} from subnet {subnet.logical_id}, {why}: "
        f"{', or '.join(cures)}"
    )
    steps = ("VpcConfig",) if is_function else ("NetworkConfiguration", "AwsvpcConfiguration")
    return finding(workload.thing.stack, UNREACHABLE, workload.thing.path(*steps), reason)


# -- endpoints that are shut -------------------------------------------------------------------------------


def _shut_endpoints(
    workloads: Workloads, workload: Workload, needs: list[Called], endpoints: list[Endpoint]
) -> Iterator[Finding]:
    """Interface endpoints take over a service's name in all of the VPC; whom they do not let in has no other way."""
    for endpoint in endpoints:
        names = [need.name for need in needs if endpoint.service in need.endpoints]
        groups = workloads.network.groups(endpoint.thing.items("SecurityGroupIds"), workload.peer.vpc)
        if not names or not groups or endpoint.is_gateway or not endpoint.private_dns:
            continue
        peer = Peer(f"VPC endpoint {endpoint.thing.logical_id}", workload.peer.vpc, groups)
        if not workloads.network.admits(peer, workload.peer, _TLS):
            own = groups[0]
            reason = (
                f"{workloads.network.called(own)} does not open port {_TLS} of {peer.name} to {workload.name}, which "
                f"calls {listed(names)} through it: allow ingress from its security group or the VPC's addresses"
            )
            yield finding(own.stack, UNREACHABLE, own.path(), reason)
