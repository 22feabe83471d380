"""Private integrations: what gateways reach through a VPC link, from the runtime's own network.

Where a load balancer listens is asked once and remembered until nobody accepts a connection there. The instances of a
Cloud Map service are asked for with each request: they come and go, and only healthy ones are meant.
Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/private-integration.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-private.html
"""

import random
from collections.abc import Callable
from urllib.parse import parse_qsl

from penstock.base.errors import AwsError
from penstock.base.telemetry import Span
from penstock.call import Context
from penstock.web.network import Network
from penstock.web.unreachable import CannotConnect, Unreachable
from penstock.web.upstream import Upstream
from penstock.wire.message import Pairs, Response
from penstock.wire.model import Json

Address = tuple[str, int]
Find = Callable[[Context], list[Address]]  # Raises Unreachable


class NoTarget(Unreachable):
    """What the link should lead to is not there."""


class Target:
    """What stands behind a link, for one integration."""

    def __init__(self, find: Find, remembers: bool) -> None:
        self._find = find
        self._remembers = remembers
        self._known: list[Address] = []

    async def send(self, ctx: Context, method: str, path: str, headers: Pairs, body: bytes, timeout: float) -> Response:
        """The answer of the first address that accepts a connection; `timeout`: seconds to wait for it.

        Raises Unreachable.
        """
        start = ctx.clock.now()
        answer = await self._send(ctx, method, path, headers, body, timeout)
        if ctx.telemetry.watchers:
            what = f"vpc-link.{method} {path} {answer.status}"
            ctx.telemetry.tell(Span(ctx, what, start, ctx.clock.now(), None))
        return answer

    async def _send(
        self, ctx: Context, method: str, path: str, headers: Pairs, body: bytes, timeout: float
    ) -> Response:
        known = self._known
        try:
            return await _first(ctx, known or self._look(ctx), method, path, headers, body, timeout)
        except CannotConnect:
            if not known:
                raise
        return await _first(ctx, self._look(ctx), method, path, headers, body, timeout)

    def _look(self, ctx: Context) -> list[Address]:
        found = self._find(ctx)
        self._known = found if self._remembers else []
        return found


async def _first(
    ctx: Context, addresses: list[Address], method: str, path: str, headers: Pairs, body: bytes, timeout: float
) -> Response:
    network, upstream = ctx.kernel.shared(Network), ctx.kernel.shared(Upstream)
    refusal: CannotConnect | None = None
    for host, port in addresses:
        try:
            return await upstream.send(
                method, host, port, path, headers, body, local=network.gateway, answer_timeout=timeout
            )
        except CannotConnect as error:
            refusal = error
    raise refusal or CannotConnect("there is no address to connect to at the moment")


def listener(arn: str) -> Target:
    """An ALB's or NLB's listener."""

    def find(ctx: Context) -> list[Address]:
        found = _ask(ctx, "elbv2", "DescribeListeners", {"ListenerArns": [arn]})["Listeners"]
        if not found:
            raise NoTarget(f"there is no listener {arn}")
        return _load_balancer(ctx, found[0]["LoadBalancerArn"], found[0]["Port"])

    return Target(find, remembers=True)


def load_balancer(arn: Callable[[Context], str], port: int) -> Target:
    """One port of the load balancer that a link names. `arn` raises Unreachable."""
    return Target(lambda ctx: _load_balancer(ctx, arn(ctx), port), remembers=True)


def _load_balancer(ctx: Context, arn: str, port: int) -> list[Address]:
    found = _ask(ctx, "elbv2", "DescribeLoadBalancers", {"LoadBalancerArns": [arn]})["LoadBalancers"]
    network = ctx.kernel.shared(Network)
    addresses = network.resolve(found[0]["DNSName"], found[0].get("VpcId", "")) if found else None
    if not addresses:
        raise NoTarget(f"the load balancer {arn} has no address")
    return [(address, network.port(address, port)) for address in addresses]


def cloud_map(uri: str) -> Target:
    """The healthy instances of a Cloud Map service; `<ARN>?name=value` chooses by attributes."""
    arn, _, query = uri.partition("?")
    chosen = dict(parse_qsl(query))
    names: dict[str, str] = {}

    def find(ctx: Context) -> list[Address]:
        if not names:
            names.update(_service_names(ctx, arn.rpartition("/")[2]))
        request: Json = {**names, "HealthStatus": "HEALTHY"}
        request |= {"QueryParameters": chosen} if chosen else {}
        found = _ask(ctx, "servicediscovery", "DiscoverInstances", request)["Instances"]
        addresses = [address for instance in found if (address := _instance(ctx, instance["Attributes"]))]
        random.shuffle(addresses)
        return addresses

    return Target(find, remembers=False)


def _service_names(ctx: Context, service_id: str) -> dict[str, str]:
    service = _ask(ctx, "servicediscovery", "GetService", {"Id": service_id})["Service"]
    namespace = _ask(ctx, "servicediscovery", "GetNamespace", {"Id": service["NamespaceId"]})["Namespace"]
    return {"NamespaceName": namespace["Name"], "ServiceName": service["Name"]}


def _instance(ctx: Context, attributes: dict[str, str]) -> Address | None:
    host, port = attributes.get("AWS_INSTANCE_IPV4", ""), attributes.get("AWS_INSTANCE_PORT", "80")
    return (host, ctx.kernel.shared(Network).port(host, int(port))) if host else None


def _ask(ctx: Context, service: str, operation: str, request: Json) -> Json:
    try:
        return ctx.call_now(service, operation, request)
    except AwsError as error:
        raise NoTarget(f"{operation}: {error}") from None
