"""Custom domain names of API Gateway, and which API and stage stand behind the paths of each.

REST and HTTP APIs share them: what one of the two services makes, the other sees. A domain name is a document of kind
`domain` that `<account>:<region>` owns; a mapping one of kind `mapping` that `<account>:<region>/<domain name>` owns,
`{"id", "key", "apiId", "stage"}`, its key without slashes at its ends ("" for the whole name), its stage "" where
the path names it. Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html
"""

from typing import NamedTuple

from penstock.base.documents import Documents
from penstock.base.store import Store
from penstock.call import Context
from penstock.wire.model import Json

DOCUMENTS = Documents("apigateway_domains")
DOMAIN, MAPPING = "domain", "mapping"


def owner(ctx: Context) -> str:
    """Owns domain names."""
    return f"{ctx.account}:{ctx.region}"


def mappings_owner(ctx: Context, name: str) -> str:
    """Owns the mappings of a domain name."""
    return f"{ctx.account}:{ctx.region}/{name.lower()}"


class Route(NamedTuple):
    """Where a request goes: `path` begins with the stage; `base` is the mapping's key. No API: nothing is there."""

    api_id: str
    path: str
    base: str


class CustomDomains:
    """The mappings of the domain names that were asked for; `kernel.shared(CustomDomains)`."""

    def __init__(self) -> None:
        self._known: dict[str, list[Json]] = {}  # longest key first

    def route(self, store: Store, name: str, path: str) -> Route | None:
        """Where a path of a domain name leads; None for a name that nobody has made."""
        name = name.lower()
        mappings = self._known.get(name)
        if mappings is None:
            mappings = self._load(store, name)
            if mappings is None:
                return None
        for mapping in mappings:
            base = f"/{mapping['key']}" if mapping["key"] else ""
            if not base or path == base or path.startswith(f"{base}/"):
                below = path[len(base) :] or "/"
                stage = f"/{mapping['stage']}" if mapping["stage"] else ""
                return Route(mapping["apiId"], stage + below, mapping["key"])
        return Route("", path, "")

    def _load(self, store: Store, name: str) -> list[Json] | None:
        found = DOCUMENTS.find(store, DOMAIN, name)
        if found is None:
            return None
        mappings = DOCUMENTS.all(store, f"{found[0]}/{name}", MAPPING)
        self._known[name] = sorted(mappings, key=lambda mapping: -len(mapping["key"]))
        return self._known[name]

    def forget(self, name: str) -> None:
        """Whoever changes a domain name or its mappings calls this, and again where the change is undone."""
        self._known.pop(name.lower(), None)
