"""Signatures of requests that the runtime sends to its own doors: they say for whom, as an SDK's would."""

from penstock.call import Kernel
from penstock.iam import keys
from penstock.iam.principal import Principal


class Signer:
    """The one of a runtime: `kernel.shared(Signer)`. It holds an access key for each principal that was signed for."""

    def __init__(self) -> None:
        self._keys: dict[Principal, str] = {}

    def authorization(self, kernel: Kernel, principal: Principal, region: str, service: str) -> str:
        """The header of a request for `service`, by its name in credential scopes."""
        key = self._keys.get(principal)
        if key is None:
            key = self._keys[principal] = keys.access_key_id("ASIA", principal.account)
            kernel.principals[key] = principal
        return f"AWS4-HMAC-SHA256 Credential={key}/20150709/{region}/{service}/aws4_request, Signature=0"
