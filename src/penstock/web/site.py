"""Who answers which host and path.

`<id>.<label>.<anything local>` and `/_aws/<label>/<id>/...` are the same place: names under `localhost` do not
resolve everywhere, paths always do. Several services may claim a place (REST and HTTP APIs share `execute-api`): the
id tells whose it is. What no route claims is the AWS API. A web page from elsewhere must not drive the
runtime, so Host and Origin have to be local (DNS rebinding, cross-site posts).
"""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from penstock.web.http import Handler, Reply
from penstock.wire.message import Request, Response

# (request, reply, the id in the host or path, the path that remains) -> whether the id is known here
Place = Callable[[Request, Reply, str, str], bool]

_USER_REQUEST = "/_user_request_"
_LOCAL = re.compile(r"localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[?::1\]?", re.IGNORECASE)


class Site:
    def __init__(self, api: Handler) -> None:
        self._api = api
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
        host = self._hosts.get(header) or self._local_host(header)
        if host is None:
            reply(_forbidden(f"Host {header!r} is not local"))
            return
        origin = request.headers.get("origin")
        if origin is not None and origin != "null" and not _LOCAL.fullmatch(urlsplit(origin).hostname or ""):
            reply(_forbidden(f"Origin {origin!r} is not local"))
            return
        if request.path.startswith("/_"):
            if self._by_path(request, reply):
                return
        elif _USER_REQUEST in request.path:
            self._enter(request, reply, *_user_request(request.path))
            return
        elif "." in host and self._by_host(host, request, reply):
            return
        self._api(request, reply)

    def _local_host(self, header: str) -> str | None:
        name = header.rpartition(":")[0] if ":" in header and not header.endswith("]") else header
        name = name or "localhost"
        if not _LOCAL.fullmatch(name):
            return None
        if len(self._hosts) < 1024:
            self._hosts[header] = name
        return name

    def _by_host(self, host: str, request: Request, reply: Reply) -> bool:
        parts = host.split(".", 2)
        if len(parts) < 3 or parts[1] not in self._places:
            return False
        self._enter(request, reply, parts[1], parts[0], request.path)
        return True

    def _by_path(self, request: Request, reply: Reply) -> bool:
        for prefix, handler in self._paths:
            if request.path.startswith(prefix):
                handler(request, reply)
                return True
        parts = request.path.split("/", 4)  # "", "_aws", label, id, rest
        if len(parts) >= 4 and parts[1] == "_aws" and parts[2] in self._places:
            self._enter(request, reply, parts[2], parts[3], "/" + (parts[4] if len(parts) > 4 else ""))
            return True
        return False

    def _enter(self, request: Request, reply: Reply, label: str, id: str, path: str) -> None:
        """Hands the request to whoever knows the id; one that nobody knows is answered as AWS does."""
        if not any(place(request, reply, id, path) for place in self._places.get(label, ())):
            reply(Response(403, [("Content-Type", "application/json")], b'{"message":"Forbidden"}'))


def _user_request(path: str) -> tuple[str, str, str]:
    """`/restapis/<id>/<stage>/_user_request_/...` -> label, id, path: the form that LocalStack's users know."""
    head, _, rest = path.partition(_USER_REQUEST)
    api_id, _, stage = head.removeprefix("/restapis/").partition("/")
    return "execute-api", api_id, f"/{stage}{rest}"


def _forbidden(why: str) -> Response:
    text = f"{why}: Penstock answers local callers only.\n"
    return Response(403, [("Content-Type", "text/plain")], text.encode())
