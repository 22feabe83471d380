"""JWT authorizers of HTTP APIs at work: the signature first, then claim by claim, in AWS's order.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html; texts as observed.
"""

from collections.abc import Sequence
from typing import Any

import jwt
import orjson

from penstock.services.apigatewayv2.authorization import Denied, unsupported_issuer
from penstock.services.apigatewayv2.http.exchange import HttpExchange
from penstock.services.apigatewayv2.http.issuer import Issuer, IssuerFailed
from penstock.services.apigatewayv2.http.selection import compile_value
from penstock.wire.model import Json

_ALGORITHMS = ["RS256", "RS384", "RS512"]  # AWS: "Currently, only RSA-based algorithms are supported."
_IDENTITY = "$request.header.Authorization"
_UNAUTHORIZED = "Unauthorized"
_JWS = jwt.PyJWS()


class InvalidToken(Exception):
    """The text says why, to the client."""


class JwtAuthorizer:
    def __init__(self, authorizer: Json) -> None:
        settings = authorizer["JwtConfiguration"]
        self._issuer = Issuer(settings["Issuer"])
        self._audience = frozenset(settings.get("Audience") or ())
        self._token = compile_value((authorizer.get("IdentitySource") or [_IDENTITY])[0])

    async def authorise(self, exchange: HttpExchange) -> None:
        """Lets the exchange through, or raises Denied."""
        if problem := unsupported_issuer(self._issuer.url):
            raise Denied(501, problem, problem, fault=True)
        token = _bearer(self._token(exchange, None) or "")
        if not token:
            raise Denied(401, _UNAUTHORIZED, "missing: token not provided", challenge="Bearer")
        wanted = exchange.scopes
        try:
            claims = await self._verified(token, exchange)
            check_claims(claims, self._issuer.url, self._audience, exchange.now)
        except (InvalidToken, IssuerFailed) as error:
            raise _denied(401, _UNAUTHORIZED, "invalid_token", str(error), wanted) from None
        scopes = granted(claims, wanted)
        if wanted and not scopes:
            text = "the token does not have a required scope"
            raise _denied(403, "Forbidden", "insufficient_scope", text, wanted)
        # The scopes are null where the route asks for none, whatever the token has.
        exchange.authorizer = {"jwt": {"claims": claim_texts(claims), "scopes": scopes or None}}

    async def _verified(self, token: str, exchange: HttpExchange) -> Json:
        """The claims of a token that its issuer signed. Raises InvalidToken, IssuerFailed."""
        try:
            header = jwt.get_unverified_header(token)
        except jwt.InvalidTokenError as error:
            raise InvalidToken(str(error).lower()) from None
        if header.get("alg") not in _ALGORITHMS:
            raise InvalidToken(f"signing method {header.get('alg')} is invalid")
        key = await self._issuer.key(str(header.get("kid", "")), exchange.ctx.kernel)
        if key is None or key.key_type != "RSA":
            raise InvalidToken("no key of the issuer matches the token's kid")
        try:
            claims: Any = orjson.loads(_JWS.decode(token, key.key, _ALGORITHMS))
        except (jwt.InvalidTokenError, orjson.JSONDecodeError) as error:
            raise InvalidToken(str(error).lower()) from None
        if not isinstance(claims, dict):
            raise InvalidToken("the token has no claims")
        return claims


def _bearer(value: str) -> str:
    """The token, which `Bearer` may stand before."""
    scheme, _, token = value.strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else value.strip()


def _denied(status: int, message: str, error: str, text: str, wanted: Sequence[str]) -> Denied:
    quoted = text.replace('"', "'")
    challenge = f'Bearer scope="{" ".join(wanted)}" error="{error}" error_description="{quoted}"'
    return Denied(status, message, f"{error}: {text}", challenge=challenge)


# -- claims ------------------------------------------------------------------------------------------


def check_claims(claims: Json, issuer: str, audience: frozenset[str], now: float) -> None:
    """`now`: epoch seconds. Raises InvalidToken."""
    if claims.get("iss") != issuer:
        raise InvalidToken("issuer does not match")
    # client_id counts only where there is no aud at all.
    if not audience.intersection(_strings(claims.get("aud", claims.get("client_id")))):
        raise InvalidToken("the token does not have a valid audience")
    if not _moment(claims, "exp", -1.0) > now:
        raise InvalidToken("the token has expired")
    if _moment(claims, "nbf", now) > now:
        raise InvalidToken("the token is not valid yet")
    if int(_moment(claims, "iat", now)) > now:
        raise InvalidToken("the token was issued in the future")


def _moment(claims: Json, name: str, default: float) -> float:
    value = claims.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidToken(f"{name} is not a time")
    return value


def _strings(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [str(item) for item in value] if isinstance(value, list) else []


def granted(claims: Json, wanted: Sequence[str]) -> list[str]:
    """Those of the wanted scopes that the token has in `scope` or `scp`."""
    held = claims.get("scope", claims.get("scp"))
    scopes = held.split() if isinstance(held, str) else _strings(held)
    return [scope for scope in wanted if scope in scopes]


def claim_texts(claims: Json) -> dict[str, str]:
    """Claims as integrations get them: all are text, a list is `[a b]`, and null is left out (as observed)."""
    return {name: _claim_text(value) for name, value in claims.items() if value is not None}


def _claim_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return f"[{' '.join(_claim_text(item) for item in value)}]"
    return orjson.dumps(value).decode()
