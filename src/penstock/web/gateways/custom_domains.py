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
_REMEMBERED = 1024  # names; strange callers may send any


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
        self._known: dict[str, list[Json] | None] = {}  # longest key first; None where nobody has made the name

    def knows(self, store: Store, name: str) -> bool:
        return self._mappings(store, name.lower()) is not None

    def route(self, store: Store, name: str, path: str) -> Route | None:
        """Where a path of a domain name leads; None for a name that nobody has made."""
        mappings = self._mappings(store, name.lower())
        if mappings is None:
            return None
        for mapping in mappings:
            base = f"/{mapping['key']}" if mapping["key"] else ""
            if not base or path == base or path.startswith(f"{base}/"):
                below = path[len(base) :] or "/"
                stage = f"/{mapping['stage']}" if mapping["stage"] else ""
                return Route(mapping["apiId"], stage + below, mapping["key"])
        return Route("", path, "")

    def _mappings(self, store: Store, name: str) -> list[Json] | None:
        if name in self._known:
            return self._known[name]
        found = DOCUMENTS.find(store, DOMAIN, name)
        mappings = None
        if found is not None:
            mappings = DOCUMENTS.all(store, f"{found[0]}/{name}", MAPPING)
            mappings.sort(key=lambda mapping: -len(mapping["key"]))
        if len(self._known) < _REMEMBERED:
            self._known[name] = mappings
        return mappings

    def forget(self, name: str) -> None:
        """Whoever changes a domain name or its mappings calls this, and again where the change is undone."""
        self._known.pop(name.lower(), None)
