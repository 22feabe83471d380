"""Who answers which host and path.

`<id>.<label>.<anything local>` and `/_aws/<label>/<id>/...` are the same place: names under `localhost` do not
resolve everywhere, paths always do. A region may stand before the label. Several services may claim a place (REST and
HTTP APIs share `execute-api`): the id tells whose it is. What no route claims is the AWS API.

A custom domain name of API Gateway, `api.example.com`, is reached as `/_aws/custom-domain/api.example.com/...`, as
`http://api.example.com.localhost:<port>/...`, and by its own name in the Host header.

A web page from elsewhere must not drive the runtime. The Host has to be local everywhere (DNS rebinding), the Origin
wherever the runtime itself is driven (cross-site posts, and cross-site GETs, which have no Origin but say what they
are: https://www.w3.org/TR/fetch-metadata/). In a place the API behind it decides, by its own CORS
settings, as on AWS: its id is not to be guessed.
"""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from penstock.web.http import Handler, Reply, Streams
from penstock.wire.message import Request, Response

# (request, reply, the id in the host or path, the path that remains) -> whether the id is known here
Place = Callable[[Request, Reply, str, str], bool]

CUSTOM_DOMAIN = "custom-domain"
_LOCALHOST = ".localhost"
_USER_REQUEST = "/_user_request_"
_FETCHED = {"cross-site": "cross-site"}  # Sec-Fetch-Site -> what stands for the Origin where there is none
# SDKs put a prefix before the host for some operations: `data-127.0.0.1`, which no public DNS can hold.
_LOCAL = re.compile(r"(?:[a-z]+-)?(?:localhost|127\.\d+\.\d+\.\d+)|.+\.localhost|\[?::1\]?", re.IGNORECASE)


class Site:
    """`admits` says which origins from elsewhere somebody has opened the runtime to, request by request; `domain`
    whether a name is a custom domain name."""

    def __init__(
        self,
        api: Handler,
        streams: Streams = lambda request: False,
        admits: Callable[[Request, str], bool] = lambda request, origin: False,
        domain: Callable[[str], bool] = lambda name: False,
    ) -> None:
        self._api = api
        self._api_streams = streams
        self._domain = domain
        self._admits = admits
        self._places: dict[str, list[Place]] = {}
        self._paths: list[tuple[str, Handler]] = []
        self._hosts: dict[str, str] = {}  # Host headers already seen -> the name in them

    def place(self, label: str, handler: Place) -> None:
        """Claims `<id>.<label>.localhost` and `/_aws/<label>/<id>/`."""
        self._places.setdefault(label, []).append(handler)

    def path(self, prefix: str, handler: Handler) -> None:
        """Claims every path that begins with `prefix`."""
        self._paths.append((prefix, handler))

    def handle(self, request: Request, reply: Reply) -> None:
        header = request.headers.get("host", "")
        host = self._hosts.get(header) or self._learn(header)
        if host is None:
            if self._domain(name := _host(header)):  # nothing but its APIs is reached by it
                self._enter(request, reply, CUSTOM_DOMAIN, name, request.path)
            else:
                reply(_forbidden(f"Host {header!r} is not local"))
            return
        where = self._where(request.path, host)
        if where is not None:
            self._enter(request, reply, *where)
            return
        origin = request.headers.get("origin") or _FETCHED.get(request.headers.get("sec-fetch-site", ""))
        if origin is not None and not _is_local(origin) and not self._admits(request, origin):
            reply(_forbidden(f"Origin {origin!r} is not local"))
            return
        handler = next((handler for prefix, handler in self._paths if request.path.startswith(prefix)), self._api)
        handler(request, reply)

    def streams(self, request: Request) -> bool:
        """Whether a request's body is to be handed on as it comes."""
        host = _local_host(request.headers.get("host", ""))
        return host is not None and self._where(request.path, host) is None and self._api_streams(request)

    def _where(self, path: str, host: str) -> tuple[str, str, str] | None:
        """The label, id and remaining path of a place, by path or by host; None for everything else."""
        if path.startswith("/_aws/"):
            _, _, label, id, *rest = [*path.split("/", 4), "", ""][:5]
            return (label, id, f"/{rest[0]}") if label in self._places else None
        if _USER_REQUEST in path:
            return _user_request(path)
        id, _, rest_of_host = host.partition(".")
        label, _, rest_of_host = rest_of_host.partition(".")
        if label not in self._places:  # the region may stand between
            label = rest_of_host.partition(".")[0]
        if label in self._places:
            return label, id, path
        name = host.removesuffix(_LOCALHOST)
        return (CUSTOM_DOMAIN, name, path) if name != host and self._domain(name) else None

    def _learn(self, header: str) -> str | None:
        name = _local_host(header)
        if name is not None and len(self._hosts) < 1024:
            self._hosts[header] = name
        return name

    def _enter(self, request: Request, reply: Reply, label: str, id: str, path: str) -> None:
        """Hands the request to whoever knows the id; one that nobody knows is answered as AWS does."""
        if request.path.startswith("/_aws/"):
            request.mounted = f"/_aws/{label}/{id}"
        elif _USER_REQUEST in request.path:
            request.path = path
        if not any(place(request, reply, id, path) for place in self._places.get(label, ())):
            reply(Response(403, [("Content-Type", "application/json")], b'{"message":"Forbidden"}'))


def _user_request(path: str) -> tuple[str, str, str]:
    """`/restapis/<id>/<stage>/_user_request_/...` -> label, id, path: the form that LocalStack's users know."""
    head, _, rest = path.partition(_USER_REQUEST)
    api_id, _, stage = head.removeprefix("/restapis/").partition("/")
    return "execute-api", api_id, f"/{stage}{rest}"


def _is_local(origin: str) -> bool:
    try:
        return _LOCAL.fullmatch(urlsplit(origin).hostname or "") is not None
    except ValueError:
        return False


def _local_host(header: str) -> str | None:
    """The name in a Host header; None for one that somebody else's DNS may have led here."""
    name = _host(header) or "localhost"
    return name if _LOCAL.fullmatch(name) else None


def _host(header: str) -> str:
    """The header without its port."""
    return header.rpartition(":")[0] if ":" in header and not header.endswith("]") else header


def local_only(handler: Handler) -> Handler:
    """`handler` on a port of its own, under local names only."""

    def handle(request: Request, reply: Reply) -> None:
        header = request.headers.get("host", "")
        if _local_host(header) is None:
            reply(_forbidden(f"Host {header!r} is not local"))
        else:
            handler(request, reply)

    return handle


def _forbidden(why: str) -> Response:
    text = f"{why}: Penstock answers local callers only.\n"
    return Response(403, [("Content-Type", "text/plain")], text.encode())
