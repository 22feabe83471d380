"""Requests by a custom domain name: to the API and stage that their base path is mapped to, of whichever service."""

from collections.abc import Iterator

from penstock.call import Kernel
from penstock.web.gateways.custom_domains import CustomDomains
from penstock.web.http import Reply
from penstock.web.site import Place
from penstock.wire.message import Request, Response

_APIS = "execute-api"
_FORBIDDEN = b'{"message":"Forbidden"}'


def place(kernel: Kernel) -> Place:
    domains = kernel.shared(CustomDomains)

    def serve(request: Request, reply: Reply, name: str, path: str) -> bool:
        route = domains.route(kernel.store, name, path)
        if route is None:
            return False
        request.domain = name, route.base
        if not any(api(request, reply, route.api_id, route.path) for api in _apis(kernel)):
            headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", "ForbiddenException")]
            reply(Response(403, headers, _FORBIDDEN))
        return True

    return serve


def _apis(kernel: Kernel) -> Iterator[Place]:
    for service in kernel.services.values():
        if _APIS in service.places and kernel.at_work(service.name):
            yield kernel.service(service.name).places[_APIS](kernel)
