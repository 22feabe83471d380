"""A load balancer under the runtime's own port: `<name>.elb.localhost` and `/_aws/elb/<first label of the name>/...`.

Its listener on port 80 answers, or else the one with the lowest port; `<first label>:<port>` in a path names another.
"""

from penstock.call import Kernel
from penstock.services.elbv2.serving.plane import Balancer, Plane, Served
from penstock.web.http import Reply
from penstock.web.site import Place
from penstock.web.unreachable import Unreachable
from penstock.web.upstream import Upstream
from penstock.wire.message import Request, Response

LABEL = "elb"


def place(kernel: Kernel) -> Place:
    plane: Plane = kernel.states["elbv2"].plane

    def answer(request: Request, reply: Reply, id: str, path: str) -> bool:
        label, _, port = id.lower().partition(":")
        balancer = plane.named(label)
        if balancer is None or (balancer.internal and not plane.network.inside(request.client)):
            return False
        served = _listener(balancer, port)
        if served is None:
            return False
        request.path = path
        if served.application is not None:
            served.application.handle(request, reply)
        else:
            kernel.spawn(_pass_on(plane, balancer, served, request, reply), "request to a network load balancer")
        return True

    return answer


def _listener(balancer: Balancer, port: str) -> Served | None:
    by_port = {str(served.port): served for served in balancer.served.values()}
    if port:
        return by_port.get(port)
    return by_port.get("80") or min(by_port.values(), key=lambda served: served.port, default=None)


async def _pass_on(plane: Plane, balancer: Balancer, served: Served, request: Request, reply: Reply) -> None:
    """To a network load balancer's own listener, which knows no HTTP."""
    host, port = balancer.address, plane.network.port(balancer.address, served.port)
    try:
        response = await plane.kernel.shared(Upstream).send(
            request.method, host, port, request.target, request.raw_headers, request.body, local=plane.network.gateway
        )
    except Unreachable as error:
        response = Response(502, [("Content-Type", "text/plain")], f"{error}\n".encode())
    reply(response)
