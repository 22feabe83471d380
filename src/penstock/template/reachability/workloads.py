"""Who calls and who is called: functions, ECS services, private names and load balancers. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from penstock.template.document import TemplatePath
from penstock.template.reachability.network import SUBNET, Network, Peer, number
from penstock.template.reachability.world import Thing, World

MAP_SERVICE = "AWS::ServiceDiscovery::Service"
FUNCTION, SERVICE, TASK = "AWS::Lambda::Function", "AWS::ECS::Service", "AWS::ECS::TaskDefinition"
BALANCER, LISTENER = "AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::ElasticLoadBalancingV2::Listener"
_RULE, _TARGET_GROUP = "AWS::ElasticLoadBalancingV2::ListenerRule", "AWS::ElasticLoadBalancingV2::TargetGroup"
# An integration of API Gateway: where its URI stands.
_INTEGRATIONS = {
    "AWS::ApiGateway::Method": ("Integration", "Uri"),
    "AWS::ApiGatewayV2::Integration": ("IntegrationUri",),
}
_TCP = ("HTTP", "HTTPS", "TCP", "TLS")
_AWSVPC = ("NetworkConfiguration", "AwsvpcConfiguration")


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable, and where it stands."""

    name: str
    value: str
    owner: Thing
    path: TemplatePath


@dataclass(frozen=True, slots=True, eq=False)
class Workload:
    """A function, an ECS service, or API Gateway at an integration. `subnets` None: not known; empty: in no VPC."""

    thing: Thing
    name: str
    subnets: tuple[Thing, ...] | None
    peer: Peer
    variables: tuple[Variable, ...]
    task: Thing | None = None

    @property
    def is_outside(self) -> bool:
        return self.subnets == ()

    @property
    def has_public_address(self) -> bool:
        return self.thing.get(*_AWSVPC, "AssignPublicIp") not in (None, "DISABLED")

    @property
    def is_fargate(self) -> bool:
        """Known to run on Fargate."""
        providers = self.thing.items("CapacityProviderStrategy")
        names = [item.get("CapacityProvider") for item in providers if isinstance(item, dict)]
        if providers:
            return all(name in ("FARGATE", "FARGATE_SPOT") for name in names) and len(names) == len(providers)
        return bool(self.thing.get("LaunchType") == "FARGATE")


class Workloads:
    def __init__(self, world: World, network: Network) -> None:
        self.world = world
        self.network = network
        self.functions = [self._function(thing) for thing in world.all(FUNCTION)]
        self.services = [self._service(thing) for thing in world.all(SERVICE)]
        self.gateways = [found for thing in world.all(*_INTEGRATIONS) if (found := _gateway(thing)) is not None]
        self._listeners = {id(thing): self._target_groups(thing) for thing in world.all(LISTENER, _RULE)}

    @property
    def all(self) -> list[Workload]:
        return [*self.functions, *self.services, *self.gateways]

    def balancer_peer(self, balancer: Thing) -> Peer:
        """A Network Load Balancer without security groups is nobody to them: only addresses count."""
        subnets = self.subnets_of(balancer) or ()
        given = balancer.items("SecurityGroups")
        is_network = balancer.get("Type") == "network"
        vpc = self._vpc(subnets)
        groups = () if is_network and not given else self.network.groups(given, vpc)
        return Peer(f"load balancer {balancer.logical_id}", vpc, groups, self.network.cidrs(subnets))

    def subnets_of(self, balancer: Thing) -> tuple[Thing, ...] | None:
        mapped = [item.get("SubnetId") for item in balancer.items("SubnetMappings") if isinstance(item, dict)]
        found = self.world.each([*balancer.items("Subnets"), *mapped], SUBNET)
        return None if found is None else tuple(found)

    def listeners(self, balancer: Thing) -> list[Thing]:
        """Those that speak TCP."""
        listeners = (thing for thing in self.world.all(LISTENER) if thing.get("Protocol") in _TCP)
        return [thing for thing in listeners if self.world.of(thing.get("LoadBalancerArn"), BALANCER) is balancer]

    def balancers_of(self, target_group: Thing) -> Iterator[Thing]:
        """The load balancers that forward to a target group, by a listener or one of its rules."""
        for thing in self.world.all(LISTENER, _RULE):
            if target_group not in self._listeners[id(thing)]:
                continue
            listener = self.world.of(thing.get("ListenerArn"), LISTENER) if thing.type == _RULE else thing
            balancer = self.world.of(listener.get("LoadBalancerArn"), BALANCER) if listener is not None else None
            if balancer is not None:
                yield balancer

    def targets(self, service: Workload) -> Iterator[tuple[Thing, int]]:
        """(target group, container port) of a service behind load balancers; of those that speak TCP."""
        for item in service.thing.items("LoadBalancers"):
            if not isinstance(item, dict):
                continue
            group = self.world.of(item.get("TargetGroupArn"), _TARGET_GROUP)
            port = number(item.get("ContainerPort"))
            if group is not None and port is not None and group.get("Protocol") in _TCP:
                yield group, port

    def registered(self, map_service: Thing) -> list[Workload]:
        """The ECS services that register with a Cloud Map service."""
        found = []
        for service in self.services:
            registries = (item for item in service.thing.items("ServiceRegistries") if isinstance(item, dict))
            if any(self.world.of(item.get("RegistryArn"), map_service.type) is map_service for item in registries):
                found.append(service)
        return found

    def container_ports(self, service: Workload) -> set[int]:
        mappings = (
            mapping
            for container in _containers(service.task)
            for mapping in container.get("PortMappings") or ()
            if isinstance(mapping, dict)
        )
        return {port for mapping in mappings if (port := number(mapping.get("ContainerPort"))) is not None}

    # -- reading -----------------------------------------------------------------------------------------

    def _function(self, thing: Thing) -> Workload:
        name = f"function {thing.logical_id}"
        config = thing.get("VpcConfig")
        subnets = self._subnets(thing.items("VpcConfig", "SubnetIds")) if config is not None else ()
        groups = self.network.groups(thing.items("VpcConfig", "SecurityGroupIds"))
        peer = Peer(name, self._vpc(subnets or ()), groups, self.network.cidrs(subnets or ()))
        variables = thing.get("Environment", "Variables")
        found = tuple(
            Variable(key, value, thing, thing.path("Environment", "Variables", key))
            for key, value in (variables.items() if isinstance(variables, dict) else ())
            if isinstance(value, str)
        )
        return Workload(thing, name, subnets, peer, found)

    def _service(self, thing: Thing) -> Workload:
        name = f"service {thing.logical_id}"
        subnets = self._subnets(thing.items(*_AWSVPC, "Subnets"))
        vpc = self._vpc(subnets or ())
        groups = self.network.groups(thing.items(*_AWSVPC, "SecurityGroups"), vpc)
        peer = Peer(name, vpc, groups, self.network.cidrs(subnets or ()))
        task = self.world.of(thing.get("TaskDefinition"), TASK)
        return Workload(thing, name, subnets, peer, tuple(_task_variables(task)), task)

    def _subnets(self, values: list[Any]) -> tuple[Thing, ...] | None:
        found = self.world.each(values, SUBNET)
        return tuple(found) if found else None

    def _vpc(self, subnets: tuple[Thing, ...]) -> Thing | None:
        return self.network.vpc_of(subnets[0]) if subnets else None

    def _target_groups(self, thing: Thing) -> list[Thing | None]:
        found = []
        for action in thing.items("DefaultActions" if thing.type == LISTENER else "Actions"):
            if isinstance(action, dict):
                forward = action.get("ForwardConfig")
                groups = forward.get("TargetGroups") if isinstance(forward, dict) else None
                shares = [item for item in groups or () if isinstance(item, dict)] if isinstance(groups, list) else []
                found += [action.get("TargetGroupArn"), *(item.get("TargetGroupArn") for item in shares)]
        return [self.world.of(value, _TARGET_GROUP) for value in found if value is not None]


def _gateway(thing: Thing) -> Workload | None:
    """API Gateway is in no VPC, unless it goes through a VPC link."""
    steps = _INTEGRATIONS[thing.type]
    uri, link = thing.get(*steps), thing.get(*steps[:-1], "ConnectionType")
    if not isinstance(uri, str) or link not in (None, "INTERNET"):
        return None
    name = f"integration {thing.logical_id}"
    return Workload(thing, name, (), Peer(name, None, None), (Variable(steps[-1], uri, thing, thing.path(*steps)),))


def _containers(task: Thing | None) -> list[dict[str, Any]]:
    return [item for item in task.items("ContainerDefinitions") if isinstance(item, dict)] if task is not None else []


def _task_variables(task: Thing | None) -> Iterator[Variable]:
    for index, container in enumerate(_containers(task)):
        pairs = container.get("Environment")
        for place, pair in enumerate(pairs if isinstance(pairs, list) else ()):
            if task is not None and isinstance(pair, dict) and isinstance(pair.get("Value"), str):
                path = task.path("ContainerDefinitions", index, "Environment", place, "Value")
                yield Variable(str(pair.get("Name")), pair["Value"], task, path)


def containers(service: Workload) -> list[dict[str, Any]]:
    return _containers(service.task)
