"""Amazon EC2: its networks, as records. Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/

Rule: nothing is simulated packet by packet. Everything runs on loopback; what is recorded here says which network a
function, task or load balancer belongs to, and what AWS would let through.
"""

from penstock.base.errors import AwsError
from penstock.call import Context, Function, Kernel, Service
from penstock.services.ec2 import (
    account_attributes,
    addresses,
    defaults,
    dhcp_options,
    endpoint_services,
    flow_logs,
    internet_gateways,
    items,
    looked_up,
    nat_gateways,
    network_acls,
    network_interfaces,
    prefix_lists,
    private_addresses,
    refusals,
    resources,
    route_tables,
    routes,
    security_group_rules,
    security_groups,
    subnet_reservations,
    subnets,
    tags,
    vpc_endpoints,
    vpcs,
    zones,
)
from penstock.services.ec2.kinds import BY_PREFIX, Kind
from penstock.wire.model import Json


def _wrapped(function: Function) -> Function:
    """Every operation finds the region's defaults made; a dry run is undone when it would have succeeded."""

    def operation(ctx: Context, request: Json) -> Json:
        defaults.ensure(ctx)
        refusals.check(function.__name__, request)
        result = function(ctx, request)
        if request.get("DryRun"):
            message = "Request would have succeeded, but DryRun flag is set."
            raise AwsError("DryRunOperation", message, status=412)
        return result  # type: ignore[return-value]

    return operation


def _resource(ctx: Context, operation: str, request: Json) -> str:
    """The item that an operation is about: the one of its name, else the first that the request names."""
    if operation.startswith("Describe"):
        return "*"
    about = next((kind for kind in _BY_NOUN if _noun(kind) in operation), None)
    about = about or next((kind for kind in _BY_NOUN if kind.id in request), None)
    return items.arn(ctx, about, request.get(about.id, "*")) if about else "*"


def _noun(kind: Kind) -> str:
    return kind.id.removesuffix("Id")


# `VpcEndpoint` before `Vpc`.
_BY_NOUN = sorted(BY_PREFIX.values(), key=lambda kind: -len(kind.id))


class _State(set[str]):
    """The regions of accounts that have their defaults; and the maker of networks that no request can ask for."""

    make = staticmethod(looked_up.ensure)


def _state(kernel: Kernel) -> _State:
    return _State()


SERVICE = Service(
    name="ec2",
    operations=(
        account_attributes,
        addresses,
        defaults,
        dhcp_options,
        endpoint_services,
        flow_logs,
        internet_gateways,
        nat_gateways,
        network_acls,
        network_interfaces,
        prefix_lists,
        private_addresses,
        route_tables,
        routes,
        security_group_rules,
        security_groups,
        subnet_reservations,
        subnets,
        tags,
        vpc_endpoints,
        vpcs,
        zones,
    ),
    schema=items.DOCUMENTS.schema,
    resource=_resource,
    resources=resources.TABLE,
    refuse=refusals.refuse,
    state=_state,
    wrap=_wrapped,
)
