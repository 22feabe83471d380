"""Signatures of messages, and the certificates with which whoever receives one can check it.

Two keys of this runtime's own, each made when it is first needed and kept in the store. HTTP endpoints, whose libraries
insist on checking, get signatures of an ordinary key. Queues and functions get many messages and seldom check them;
theirs are of an exchanged key, which signs a hundred times as fast. It keeps nobody out, and has nobody to keep out:
both keys lie beside the messages.
Source: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

import base64
import hashlib
from collections.abc import Callable

from penstock.base.lazy import lazily
from penstock.call import Kernel
from penstock.services.sns import store
from penstock.web.http import Reply
from penstock.wire.message import Request, Response

LABEL = "sns"
ORDINARY, EXCHANGED = "ordinary", "exchanged"

_keys = lazily("penstock.services.sns.keys")


class Signer:
    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._ready: dict[str, tuple[Callable[[bytes, str], bytes], str]] = {}  # how to sign, the certificate's URL

    def sign(self, text: str, version: str, kind: str) -> tuple[str, str]:
        """A signature in base64 and the URL of its certificate; `version` is the SignatureVersion."""
        sign, url = self._ready.get(kind) or self._load(kind)
        return base64.b64encode(sign(text.encode(), version)).decode(), url

    def certificate(self, name: str) -> str | None:
        """The certificate (PEM) of a name that `sign` has given."""
        rows = self._kernel.store.all(store.CERTIFICATES)
        return next((certificate for (certificate,) in rows if _name(certificate) == name), None)

    def _load(self, kind: str) -> tuple[Callable[[bytes, str], bytes], str]:
        row = self._kernel.store.one(store.KEY, kind)
        if row is None:
            row = _keys.make(kind == EXCHANGED, self._kernel.clock.now())
            self._kernel.store.run(store.PUT_KEY, kind, *row)
            self._kernel.store.after_rollback(lambda: self._ready.pop(kind, None))
        url = f"{self._kernel.config.endpoint}/_aws/{LABEL}/{_name(row[1])}"
        ready = self._ready[kind] = _keys.load(row[0]), url
        return ready


def _name(certificate: str) -> str:
    return f"SimpleNotificationService-{hashlib.sha256(certificate.encode()).hexdigest()[:32]}.pem"


def place(kernel: Kernel) -> Callable[[Request, Reply, str, str], bool]:
    """Serves the certificates."""

    def handle(request: Request, reply: Reply, name: str, path: str) -> bool:
        signer: Signer = kernel.states["sns"].signer
        certificate = signer.certificate(name)
        if certificate is None:
            return False
        reply(Response(200, [("Content-Type", "application/x-pem-file")], certificate.encode()))
        return True

    return handle
