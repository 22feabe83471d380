"""Load balancers: from their clients and VPC links to a listener, and on to the tasks behind it. Pure."""

from collections.abc import Iterator

from penstock.template.finding import UNREACHABLE, Finding, finding
from penstock.template.reachability.network import SUBNET, Peer, number
from penstock.template.reachability.workloads import BALANCER, LISTENER, MAP_SERVICE, Workload, Workloads
from penstock.template.reachability.world import Thing

_REST_LINK, _HTTP_LINK = "AWS::ApiGateway::VpcLink", "AWS::ApiGatewayV2::VpcLink"
_INTEGRATION = "AWS::ApiGatewayV2::Integration"


def findings(workloads: Workloads) -> Iterator[Finding]:
    for service in workloads.services:
        yield from _targets(workloads, service)
    for balancer in workloads.world.all(BALANCER):
        yield from _clients(workloads, balancer)
    for link in workloads.world.all(_REST_LINK):
        yield from _rest_link(workloads, link)
    for integration in workloads.world.all(_INTEGRATION):
        yield from _http_link(workloads, integration)


def _targets(workloads: Workloads, service: Workload) -> Iterator[Finding]:
    """A load balancer has to reach the container port."""
    for group, port in workloads.targets(service):
        for balancer in workloads.balancers_of(group):
            peer = workloads.balancer_peer(balancer)
            if not service.peer.groups or workloads.network.admits(service.peer, peer, port):
                continue
            own = service.peer.groups[0]
            source = f"its security group {peer.groups[0].logical_id}" if peer.groups else "the VPC's addresses"
            reason = (
                f"{workloads.network.called(own)} does not open port {port} of {service.name} to {peer.name}, "
                f"which forwards to it: allow ingress from {source}"
            )
            yield finding(own.stack, UNREACHABLE, own.path(), reason)


def _clients(workloads: Workloads, balancer: Thing) -> Iterator[Finding]:
    """A listener on the internet has to be open to somebody; to whom, is the template's choice."""
    if balancer.get("Scheme") not in (None, "internet-facing"):
        return
    peer = workloads.balancer_peer(balancer)
    for listener in workloads.listeners(balancer):
        port = number(listener.get("Port"))
        if port is not None and peer.groups and not workloads.network.opens(peer, port):
            own = peer.groups[0]
            reason = (
                f"{workloads.network.called(own)} does not open port {port} of the internet-facing {peer.name}, on "
                f"which {listener.logical_id} listens: allow ingress from its clients"
            )
            yield finding(own.stack, UNREACHABLE, own.path(), reason)


def _rest_link(workloads: Workloads, link: Thing) -> Iterator[Finding]:
    """API Gateway comes over PrivateLink, from addresses that nobody knows; a group that opens nothing stops it."""
    for value in link.items("TargetArns"):
        balancer = workloads.world.of(value, BALANCER)
        if balancer is None or _is_private_link_exempt(balancer):
            continue
        for listener in workloads.listeners(balancer):
            peer = Peer(f"VPC link {link.logical_id}", None, None)
            yield from _link(workloads, peer, workloads.balancer_peer(balancer), _ports(listener))


def _is_private_link_exempt(balancer: Thing) -> bool:
    return balancer.get("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic") not in (None, "on")


def _http_link(workloads: Workloads, integration: Thing) -> Iterator[Finding]:
    world = workloads.world
    thing = world.of(integration.get("ConnectionId"), _HTTP_LINK)
    target = world.of(integration.get("IntegrationUri"), LISTENER, MAP_SERVICE)
    if thing is None or target is None:
        return
    subnets = world.each(thing.items("SubnetIds"), SUBNET)
    vpc = workloads.network.vpc_of(subnets[0]) if subnets else None
    link = Peer(f"VPC link {thing.logical_id}", vpc, workloads.network.groups(thing.items("SecurityGroupIds")))
    if target.type == MAP_SERVICE:
        for service in workloads.registered(target):
            yield from _link(workloads, link, service.peer, sorted(workloads.container_ports(service)))
    elif (balancer := world.of(target.get("LoadBalancerArn"), BALANCER)) is not None:
        yield from _link(workloads, link, workloads.balancer_peer(balancer), _ports(target))


def _ports(listener: Thing) -> list[int]:
    port = number(listener.get("Port"))
    return [port] if port is not None else []


def _link(workloads: Workloads, link: Peer, target: Peer, ports: list[int]) -> Iterator[Finding]:
    """Of several ports one is enough."""
    if not ports or not target.groups or any(workloads.network.admits(target, link, port) for port in ports):
        return
    group, shown = target.groups[0], " or ".join(map(str, ports))
    own = workloads.network.called(group)
    reason = (
        f"{own} does not open port {shown} of {target.name} to {link.name}, which leads to it: allow ingress from it"
    )
    yield finding(group.stack, UNREACHABLE, group.path(), reason)
