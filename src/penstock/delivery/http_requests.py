"""The HTTP request that an event becomes on its way to an API destination or a stage of API Gateway. Pure.

A connection adds to it: who calls, and parameters of its own, which take precedence over the target's. Sources:
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_HttpParameters.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html#eb-api-destination-headers
"""

import base64
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import orjson

from penstock.base.arn import Arn

_HEADERS = {
    "User-Agent": "Amazon/EventBridge/ApiDestinations",
    "Content-Type": "application/json; charset=utf-8",
    "Range": "bytes=0-1048575",
    "Accept-Encoding": "gzip,deflate",
}
_BODILESS = frozenset({"GET", "HEAD"})
_FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}


class Additions(NamedTuple):
    """Headers, query parameters, and members of a body that is a JSON object."""

    headers: Mapping[str, str] = {}
    query: Mapping[str, str] = {}
    body: Mapping[str, str] = {}


class HttpRequest(NamedTuple):
    method: str
    url: str
    headers: dict[str, str]
    body: bytes


def additions(parameters: Mapping[str, Any] | None) -> Additions:
    """A connection's HTTP parameters, as its secret holds them."""
    given = parameters or {}
    kinds = ("header_parameters", "query_string_parameters", "body_parameters")
    return Additions(*({item["key"]: item["value"] for item in given.get(kind) or ()} for kind in kinds))


def destination_request(
    method: str, endpoint: str, target: Mapping[str, Any], text: str, added: Additions
) -> HttpRequest:
    """`target` are the target's HttpParameters, `endpoint` the URL with a `*` for each path parameter."""
    url = _with_query(filled(endpoint, target.get("PathParameterValues") or ()), _query(target) | dict(added.query))
    headers = _merged(_HEADERS, target.get("HeaderParameters") or {}, added.headers)
    return HttpRequest(method, url, headers, b"" if method in _BODILESS else _body(text, added.body))


def stage_request(arn: Arn, target: Mapping[str, Any], text: str, origin: str, authorization: str) -> HttpRequest:
    """A request to a stage: `arn` ends in `<api id>/<stage>/<method>/<path>`; `origin` is where stages are found."""
    api_id, stage, method, path = [*arn.resource.split("/", 3), "", "", ""][:4]
    path = filled(f"/{path}", target.get("PathParameterValues") or ())
    url = _with_query(f"{origin}/{api_id}/{stage}{path}", _query(target))
    headers = _merged(_HEADERS, target.get("HeaderParameters") or {}, {"Authorization": authorization})
    method = "POST" if method in ("", "*", "ANY") else method
    return HttpRequest(method, url, headers, b"" if method in _BODILESS else text.encode())


def filled(endpoint: str, values: tuple[str, ...] | list[str]) -> str:
    """Each `*` replaced by the next value; what is left over of either stays away."""
    first, *others = endpoint.split("*")
    given = [quote(str(value), safe="") for value in values] + [""] * len(others)
    return first + "".join(value + part for value, part in zip(given, others, strict=False))


def token_request(secret: Mapping[str, Any]) -> HttpRequest:
    """How a connection with OAuth client credentials asks for its token."""
    added = additions(secret.get("oauth_http_parameters"))
    form = {
        "grant_type": "client_credentials",
        "client_id": secret["client_id"],
        "client_secret": secret["client_secret"],
        **added.body,
    }
    method, endpoint = secret["http_method"], secret["authorization_endpoint"]
    headers = _merged(_HEADERS, _FORM, added.headers)
    if method == "GET":
        return HttpRequest(method, _with_query(endpoint, {**form, **added.query}), headers, b"")
    return HttpRequest(method, _with_query(endpoint, dict(added.query)), headers, urlencode(form).encode())


def _basic(secret: Mapping[str, Any], token: str) -> dict[str, str]:
    pair = f"{secret['username']}:{secret['password']}".encode()
    return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}


# Authorization type of a connection -> the headers that say who calls, from its secret and token.
CREDENTIALS: dict[str, Callable[[Mapping[str, Any], str], dict[str, str]]] = {
    "BASIC": _basic,
    "API_KEY": lambda secret, token: {secret["api_key_name"]: secret["api_key_value"]},
    "OAUTH_CLIENT_CREDENTIALS": lambda secret, token: {"Authorization": token},
}


def authorised(kind: str, secret: Mapping[str, Any], token: str = "") -> Additions:
    """All that a connection adds to a request."""
    added = additions(secret.get("invocation_http_parameters"))
    return added._replace(headers={**added.headers, **CREDENTIALS[kind](secret, token)})


# -- parts -------------------------------------------------------------------------------------------


def _query(target: Mapping[str, Any]) -> dict[str, str]:
    return dict(target.get("QueryStringParameters") or {})


def _with_query(url: str, query: Mapping[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}" if query else url


def _merged(*headers: Mapping[str, str]) -> dict[str, str]:
    """The last of each name, whatever its case."""
    found: dict[str, tuple[str, str]] = {}
    for some in headers:
        found |= {name.lower(): (name, str(value)) for name, value in some.items()}
    return dict(found.values())


def _body(text: str, members: Mapping[str, str]) -> bytes:
    """The text; with a connection's members where it is a JSON object."""
    if not members:
        return text.encode()
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        document = None
    return orjson.dumps({**document, **members}) if isinstance(document, dict) else text.encode()
