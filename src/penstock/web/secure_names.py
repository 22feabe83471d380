"""`https://<id>.execute-api.<region>.amazonaws.com` as functions and containers call it: AWS's names, over TLS.

Code that puts such a URL together (a function that answers over a WebSocket does) works as it stands: the name leads to
an address of this runtime's network, and its certificate is one that SDKs in there are told to trust. Nothing of this
exists before somebody needs it, and nobody outside the runtime's own processes sees it.
"""

import asyncio
import logging

from penstock.base.lazy import lazily
from penstock.call import Kernel
from penstock.web.http import Handler, Reply, serve
from penstock.web.network import Network
from penstock.wire.message import Request, Response

_LABEL = "execute-api"
_PORT = 443
_OWNER = "secure-names"
log = logging.getLogger("penstock")
_certificates = lazily("penstock.web.certificates")  # the library behind it takes 10 MB and a tenth of a second


class SecureNames:
    """`kernel.shared(SecureNames)`"""

    def __init__(self) -> None:
        self._domains: set[str] = set()
        self._server: asyncio.Server | None = None

    async def open(self, kernel: Kernel, region: str) -> None:
        """From now on the names of a region lead here. Where addresses are scarce (macOS), they lead nowhere."""
        network = kernel.shared(Network)
        domain = f"{_LABEL}.{region}.amazonaws.com"
        if domain in self._domains or not network.is_open:
            return
        self._domains.add(domain)
        address = network.address(_OWNER)
        try:
            await self._serve(kernel, network, address)
        except OSError as error:
            log.warning("https://<id>.%s is not served to functions: %s", domain, error)
            return
        network.zone(domain, lambda name, vpc: [address])

    async def _serve(self, kernel: Kernel, network: Network, address: str) -> None:
        if self._server is not None:
            return
        bundle = kernel.config.scratch / "authority.pem"
        authority = _certificates.CertificateAuthority(lambda: kernel.clock.now() - kernel.clock.offset, bundle)
        port = network.port(address, _PORT)
        self._server = await serve(self._handler(kernel), address, port, tls=authority.context(self._serves))
        network.authority = bundle

    def _serves(self, domain: str) -> bool:
        return domain in self._domains

    def close(self) -> None:
        if self._server is not None:
            self._server.close()

    def _handler(self, kernel: Kernel) -> Handler:
        """Whose name it is: every service that has the place is asked, if anything of it exists."""

        def handle(request: Request, reply: Reply) -> None:
            id, _, domain = request.headers.get("host", "").lower().partition(":")[0].partition(".")
            for service in kernel.services.values() if self._serves(domain) else ():
                if _LABEL in service.places and kernel.at_work(service.name):
                    place = kernel.service(service.name).places[_LABEL](kernel)
                    if place(request, reply, id, request.path):
                        return
            reply(Response(403, [("Content-Type", "application/json")], b'{"message":"Forbidden"}'))

        return handle
