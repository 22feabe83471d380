"""Parameter mapping: how an integration's request and its responses are changed on their way.

A mapping is held against AWS's rules when the integration is made, and compiled from the same text when it is served.
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html; texts as observed.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from penstock.services.apigatewayv2.http.exchange import HttpExchange
from penstock.services.apigatewayv2.http.selection import Reader, compile_value
from penstock.web.gateways.payloads import one_line
from penstock.wire.message import Pairs, Request, Response

Parameters = Mapping[str, str]

_REQUEST_KEY = re.compile(r"(append|overwrite|remove):(header|querystring)\.(\S+)|(overwrite):(path)()")
_RESPONSE_KEY = re.compile(r"(append|overwrite|remove):(header)\.(\S+)|(overwrite):(statuscode)()")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z\-]+")
_RESERVED = frozenset(
    {"authorization", "connection", "content-encoding", "content-length", "content-location", "forwarded", "keep-alive",
     "origin", "proxy-authenticate", "proxy-authorization", "te", "trailers", "transfer-encoding", "upgrade",
     "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "via"}
)  # fmt: skip
_RESERVED_PREFIXES = ("access-control-", "apigw-", "x-amz-", "x-amzn-")
_FIRST_STATUS, _LAST_STATUS = 200, 599


class Rule(NamedTuple):
    action: str  # append, overwrite, remove
    place: str  # header, querystring, path, statuscode
    name: str
    read: Reader
    reads_body: bool = False


class Invalid(ValueError):
    """A mapping that AWS would refuse, in its words."""


def _refused(error: str) -> Invalid:
    return Invalid(f"Invalid mapping expression specified: Validation Result: warnings : [], errors : [{error}]")


def request_rules(parameters: Parameters) -> list[Rule]:
    """Raises Invalid."""
    return [_rule(_REQUEST_KEY, "Request", key, value) for key, value in parameters.items()]


def response_rules(parameters: Mapping[str, Parameters]) -> dict[int, list[Rule]]:
    """The rules by status. Raises Invalid."""
    found = {}
    for status, mappings in parameters.items():
        if not status.isdecimal() or not _FIRST_STATUS <= int(status) <= _LAST_STATUS:
            raise Invalid(f"Status Code {status} is not valid")
        found[int(status)] = [_rule(_RESPONSE_KEY, "Response", key, value) for key, value in mappings.items()]
    return found


def _rule(keys: re.Pattern[str], kind: str, key: str, value: str) -> Rule:
    match = keys.fullmatch(key)
    if match is None:
        raise _refused(f"Invalid {kind} Actioned Parameter destination specified: {key}")
    action, place, name = [part for part in match.groups() if part is not None]
    if place == "header":
        _check_header(key, kind, name)
    elif place == "statuscode" and value.isdecimal() and not _FIRST_STATUS <= int(value) <= _LAST_STATUS:
        raise _refused(f"Invalid mapping expression specified: {value}")
    foreign = "$response." if kind == "Request" else "$request."
    if value.replace("{", "").startswith(foreign):
        raise _refused(f"Invalid mapping expression specified: {value}")
    try:
        return Rule(action, place, name, compile_value(value), f"{kind.lower()}.body" in value)
    except ValueError:
        raise _refused(f"Invalid mapping expression specified: {value}") from None


def _check_header(key: str, kind: str, name: str) -> None:
    lower = name.lower()
    if lower in _RESERVED or lower.startswith(_RESERVED_PREFIXES):
        raise _refused(f"Operations on header {name} are restricted")
    if not _TOKEN.fullmatch(name):
        raise _refused(f"Invalid {kind} Actioned Parameter destination specified: {key}")


# -- at work -----------------------------------------------------------------------------------------


def map_request(rules: list[Rule], exchange: HttpExchange) -> tuple[Request, str | None]:
    """The request as the integration gets it, and the path where a rule gives one.

    Every value is read from the request as it came, whatever other rules make of it.
    """
    request, path = exchange.request, None
    headers: Pairs = request.raw_headers
    query: Pairs = request.query
    changed = False
    for rule in rules:
        value = rule.read(exchange, None)
        if rule.place == "path":
            path = value or path
        elif rule.place == "header":
            headers = _changed(headers, rule, value, joined=True)
        else:
            query, changed = _changed(query, rule, value, joined=False), True
    raw = [(name.encode("latin-1", "replace"), value.encode("latin-1", "replace")) for name, value in headers]
    lower: dict[str, str] = {}
    for name, value in headers:
        key = name.lower()
        lower[key] = f"{lower[key]},{value}" if key in lower else value
    query_string = urlencode(query) if changed else request.query_string
    mapped = Request(request.method, request.path, query_string, lower, request.body, raw, request.client)
    return mapped, path


def map_response(rules: list[Rule], exchange: HttpExchange, response: Response) -> Response:
    """The integration's response as the client gets it."""
    headers, status = response.headers, response.status
    for rule in rules:
        value = rule.read(exchange, response)
        if rule.place == "header":
            headers = _changed(headers, rule, value, joined=True)
        elif value and value.isdecimal() and _FIRST_STATUS <= int(value) <= _LAST_STATUS:
            status = int(value)
    return Response(status, headers, response.body)


def _changed(pairs: Pairs, rule: Rule, value: str | None, joined: bool) -> Pairs:
    """The pairs after one rule. What is appended to a header stands behind a comma; a missing value changes nothing."""
    if rule.action == "remove":
        return [pair for pair in pairs if not _same(pair[0], rule.name, joined)]
    if value is None:
        return pairs
    value = one_line(value)
    present = [old for name, old in pairs if _same(name, rule.name, joined)]
    if rule.action == "append" and not joined:
        return [*pairs, (rule.name, value)]
    if rule.action == "append" and present:
        value = ",".join([*present, value])
    return [*(pair for pair in pairs if not _same(pair[0], rule.name, joined)), (rule.name, value)]


def _same(name: str, other: str, header: bool) -> bool:
    return name.lower() == other.lower() if header else name == other
