"""The keys of a token issuer, found by OpenID Connect discovery and kept for two hours, as AWS keeps them.

Issuers are asked on this machine only. A key that is not among those kept is looked for once more: an issuer that was
started anew has new ones.
Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html,
https://openid.net/specs/openid-connect-discovery-1_0.html
"""

import asyncio
from typing import Any

import orjson
from jwt import PyJWK, PyJWKSet
from jwt.exceptions import PyJWKSetError

from penstock.base.clock import Clock
from penstock.call import Kernel
from penstock.web.client import fetch
from penstock.web.unreachable import Unreachable
from penstock.web.upstream import Upstream
from penstock.wire.model import Json

_KEPT = 7200.0  # seconds
_PATIENCE = 1.5  # real seconds that AWS gives an issuer
_DISCOVERY = "/.well-known/openid-configuration"


class IssuerFailed(Exception):
    """The issuer did not answer as it should; the text is AWS's."""


class Issuer:
    def __init__(self, url: str) -> None:
        self.url = url
        self._keys: dict[str, PyJWK] = {}
        self._until = 0.0
        self._asking = asyncio.Lock()

    async def key(self, kid: str, kernel: Kernel) -> PyJWK | None:
        """None where the issuer has no such key. Raises IssuerFailed."""
        if (found := self._kept(kid, kernel.clock)) is not None:
            return found
        async with self._asking:  # whoever waited finds what the first has fetched
            if (found := self._kept(kid, kernel.clock)) is None:
                self._keys = {key.key_id: key for key in await self._fetch(kernel.shared(Upstream)) if key.key_id}
                self._until = kernel.clock.now() + _KEPT
                found = self._keys.get(kid)
        return found

    def _kept(self, kid: str, clock: Clock) -> PyJWK | None:
        return self._keys.get(kid) if clock.now() < self._until else None

    async def _fetch(self, upstream: Upstream) -> list[PyJWK]:
        discovered = await _document(upstream, self.url.removesuffix("/") + _DISCOVERY, "OIDC discovery endpoint")
        keys = await _document(upstream, str(discovered.get("jwks_uri", "")), "JWKS")
        try:
            return PyJWKSet.from_dict(keys).keys
        except PyJWKSetError:
            return []


async def _document(upstream: Upstream, url: str, what: str) -> Json:
    try:
        async with asyncio.timeout(_PATIENCE):
            answer = await fetch(upstream, "GET", url, [("Accept", "application/json")])
        document: Any = orjson.loads(answer.body) if isinstance(answer.body, bytes) and answer.status == 200 else None
    except (Unreachable, TimeoutError, orjson.JSONDecodeError):
        document = None
    if not isinstance(document, dict):
        raise IssuerFailed(f"{what} communication error")
    return document
