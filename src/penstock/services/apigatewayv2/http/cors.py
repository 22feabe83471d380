"""CORS of HTTP APIs: the gateway answers preflights itself, and its headers go before those of the backend.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
"""

from penstock.wire.message import Pairs, Request, Response
from penstock.wire.model import Json

_PREFIX = "access-control-"


class Cors:
    def __init__(self, settings: Json) -> None:
        self._origins: list[str] = settings.get("AllowOrigins") or []
        self._methods: list[str] = settings.get("AllowMethods") or []
        self._headers: list[str] = settings.get("AllowHeaders") or []
        self._exposed: list[str] = settings.get("ExposeHeaders") or []
        self._max_age: int | None = settings.get("MaxAge")
        self._credentials: bool = settings.get("AllowCredentials", False)

    def is_preflight(self, request: Request) -> bool:
        headers = request.headers
        return request.method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers

    def _allowed(self, request: Request) -> str | None:
        """What to answer as the allowed origin; None where the origin is not allowed."""
        origin = request.headers.get("origin")
        if origin is None:
            return None
        if "*" in self._origins:
            return "*"
        schemes = ("http://*", "https://*")
        wild = any(known in self._origins and origin.startswith(known[:-1]) for known in schemes)
        return origin if wild or origin in self._origins else None

    def preflight(self, request: Request) -> Response:
        headers: Pairs = []
        if self._allowed(request) is not None:
            for name, values in (("allow-methods", self._methods), ("allow-headers", self._headers)):
                if values:
                    headers.append((_PREFIX + name, ",".join(values)))
            if self._max_age is not None:
                headers.append((_PREFIX + "max-age", str(self._max_age)))
        return Response(204, headers)

    def headers(self, request: Request, headers: Pairs) -> Pairs:
        """The answer's headers with the gateway's own."""
        own = {_PREFIX + name for name in ("allow-origin", "allow-credentials", "expose-headers")}
        kept = [pair for pair in headers if pair[0].lower() not in own]
        allowed = self._allowed(request)
        if allowed is None:
            return kept
        kept.append((_PREFIX + "allow-origin", allowed))
        if self._credentials:
            kept.append((_PREFIX + "allow-credentials", "true"))
        if self._exposed:
            kept.append((_PREFIX + "expose-headers", ",".join(self._exposed)))
        return kept if allowed == "*" else [*kept, ("Vary", "Origin")]
