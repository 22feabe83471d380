"""Tasks that are HTTP requests: `http:invoke` with an EventBridge connection, `apigateway:invoke` of an API here.

Nothing outside this machine is called. Sources:
https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html,
https://docs.aws.amazon.com/step-functions/latest/dg/connect-api-gateway.html
"""

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

import orjson

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.delivery.endpoints import Endpoints
from penstock.delivery.http_requests import Additions, HttpRequest
from penstock.services.stepfunctions.asl.errors import DATA_LIMIT, RUNTIME, StateError
from penstock.services.stepfunctions.integrations.forms import FORMATS, flattened
from penstock.services.stepfunctions.integrations.resource import Target
from penstock.services.stepfunctions.names import arn_of
from penstock.web.client import fetch
from penstock.web.network import Network
from penstock.web.unreachable import Unreachable
from penstock.web.upstream import Upstream
from penstock.wire.message import Response
from penstock.wire.model import Json

TIMEOUT = 60.0  # real seconds that an endpoint has to answer
MAX_BYTES = 262_144
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD")
_JSON = "application/json; charset=UTF-8"
_FORM = "application/x-www-form-urlencoded"
_REFUSED_TYPES = ("application/octet-stream", "image/", "video/", "audio/")
# Headers that a definition may not set.
_OF_HTTP = re.compile(
    "a-im|accept-(charset|datetime|encoding)|authorization|cache-control|connection|content-(encoding|md5)|date|expect|"
    "forwarded|from|host|http2-settings|if-(match|modified-since|none-match|range|unmodified-since)|max-forwards|origin|"
    "pragma|proxy-authorization|referer|server|te|trailer|transfer-encoding|upgrade|via|warning|x-(forwarded|amz).*",
    re.IGNORECASE,
)
_OF_API_GATEWAY = re.compile(
    "authorization|connection|content-md5|expect|host|max-forwards|proxy-authenticate|server|te|transfer-encoding|trailer|"
    "upgrade|via|www-authenticate|x-(forwarded|amz).*",
    re.IGNORECASE,
)
# Errors of EventBridge and Secrets Manager -> Step Functions' name for what is wrong with the connection.
_CONNECTION_ERRORS = {
    "ResourceNotFoundException": "ResourceNotFound",
    "AccessDeniedException": "AccessDenied",
    "AccessDenied": "AccessDenied",
}


class Exchange(NamedTuple):
    """`shown` is the request without what only the connection knows."""

    shown: HttpRequest
    sent: HttpRequest
    response: Response


async def call(ctx: Context, target: Target, parameters: Any) -> Json:
    """The Task's result. Raises StateError."""
    with ctx.clock.work():
        return outcome(target, await exchange(ctx, target, parameters))


async def exchange(ctx: Context, target: Target, parameters: Any) -> Exchange:
    """Raises StateError where there is no answer."""
    if not isinstance(parameters, dict):
        raise StateError(RUNTIME, f"The Parameters field of {target.arn} must be an object")
    if parameters.get("Method") not in METHODS:
        raise StateError(RUNTIME, f"The field 'Method' must be one of {', '.join(METHODS)}")
    if target.service == "apigateway":
        request = _stage_request(ctx, parameters)
        return Exchange(request, request, await _send(ctx, request))
    added = await _authorised(ctx, parameters)
    shown, sent = (_endpoint_request(ctx.region, parameters, one) for one in (Additions(), added))
    return Exchange(shown, sent, await _send(ctx, sent))


def outcome(target: Target, told: Exchange) -> Json:
    """`{"Headers", "ResponseBody", "StatusCode", "StatusText"}` of a success. Raises StateError for others."""
    answer = told.response
    kind = (answer.header("Content-Type") or "").lower()
    if kind.startswith(_REFUSED_TYPES):
        raise StateError(RUNTIME, f"The response has a content type that is not supported: {kind}")
    body = answer.body if isinstance(answer.body, bytes) else b""
    if len(body) > MAX_BYTES:
        raise StateError(DATA_LIMIT, f"The response is larger than {MAX_BYTES} bytes.")
    text = body.decode("utf-8", "replace")
    if not 200 <= answer.status < 300:
        raise StateError(f"{target.prefix}.{answer.status}", text)
    headers: dict[str, list[str]] = {}
    for name, value in answer.headers:
        headers.setdefault(name.lower() if target.service == "http" else name, []).append(value)
    return {
        "Headers": headers,
        "ResponseBody": _parsed(text),
        "StatusCode": answer.status,
        "StatusText": status_text(answer.status),
    }


def status_text(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""


def _parsed(text: str) -> Any:
    try:
        return orjson.loads(text) if text else ""
    except orjson.JSONDecodeError:
        return text


async def _send(ctx: Context, request: HttpRequest) -> Response:
    network = ctx.kernel.shared(Network)
    try:
        return await fetch(
            ctx.kernel.shared(Upstream),
            request.method,
            request.url,
            list(request.headers.items()),
            request.body,
            resolve=network.resolve,
            port=network.port,
            answer_timeout=TIMEOUT,
        )
    except Unreachable as error:
        raise StateError("States.Http.Socket", str(error)) from None


# -- http:invoke ------------------------------------------------------------------------------------------


async def _authorised(ctx: Context, parameters: Json) -> Additions:
    """What the connection adds. Raises StateError: Events.ConnectionResource.*"""
    named: Any = next((parameters[name] for name in ("InvocationConfig", "Authentication") if name in parameters), {})
    arn = named.get("ConnectionArn") if isinstance(named, dict) else None
    if not isinstance(arn, str) or ":connection/" not in arn:
        raise StateError(RUNTIME, f"The value of 'ConnectionArn' is not the ARN of a connection: {arn}")
    try:
        _permit(ctx, parameters, arn)
        return await ctx.kernel.shared(Endpoints).authorise(ctx, arn)
    except AwsError as error:
        name = _CONNECTION_ERRORS.get(error.code, "InvalidConnectionState")
        raise StateError(f"Events.ConnectionResource.{name}", error.message) from None


def _permit(ctx: Context, parameters: Json, connection: str) -> None:
    """The role's session is called as its state machine. Raises AccessDeniedException."""
    machine = arn_of(ctx, f"stateMachine:{ctx.principal.arn.rpartition('/')[2]}")
    asked = {"HTTPEndpoint": str(parameters.get("ApiEndpoint", "")), "HTTPMethod": parameters["Method"]}
    ctx.ask("states:InvokeHTTPEndpoint", machine, **asked)
    ctx.ask("events:RetrieveConnectionCredentials", connection)


def _endpoint_request(region: str, parameters: Json, added: Additions) -> HttpRequest:
    """The definition's request merged with the connection's, which takes precedence."""
    url = urlsplit(str(parameters.get("ApiEndpoint", "")))
    if url.scheme not in ("http", "https") or not url.netloc:
        raise StateError(RUNTIME, "The field 'ApiEndpoint' must be a URL")
    headers = {**_headers(parameters, _OF_HTTP), **added.headers}
    body = _body(parameters, added.body, headers)
    query = "&".join(filter(None, (url.query, _query(parameters.get("QueryParameters"), added.query))))
    fixed = {"User-Agent": f"Amazon|StepFunctions|HttpInvoke|{region}", "Range": f"bytes=0-{MAX_BYTES}"}
    return HttpRequest(parameters["Method"], url._replace(query=query).geturl(), {**headers, **fixed}, body)


def _headers(parameters: Json, refused: re.Pattern[str]) -> dict[str, str]:
    given = parameters.get("Headers") or {}
    if not isinstance(given, dict):
        raise StateError(RUNTIME, "The field 'Headers' must be an object")
    for name in given:
        if refused.fullmatch(name):
            raise StateError(RUNTIME, f"The 'Headers' field contains unsupported values: {name}")
    return {
        name: ",".join(map(_scalar, value)) if isinstance(value, list) else _scalar(value)
        for name, value in given.items()
    }


def _scalar(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _query(given: Any, added: Mapping[str, str]) -> str:
    if isinstance(given, str):
        return "&".join(filter(None, (given, urlencode(added))))
    pairs = [
        (name, _scalar(one))
        for name, value in (given or {}).items()
        if name not in added
        for one in (value if isinstance(value, list) else [value])
    ]
    return urlencode([*pairs, *added.items()])


def _body(parameters: Json, added: Mapping[str, str], headers: dict[str, str]) -> bytes:
    """As JSON, or as a form where a Transform says so; the Content-Type is set where the definition has none."""
    body = parameters.get("RequestBody")
    if added:
        if isinstance(body, str):
            raise StateError(RUNTIME, "A RequestBody that is a string cannot be merged with a connection's body")
        body = {**(body or {}), **added}
    if body is None:
        return b""
    typed = next((name for name in headers if name.lower() == "content-type"), None)
    if (form := _form(parameters.get("Transform"))) is not None and isinstance(body, dict):
        headers.setdefault(typed or "Content-Type", _FORM)
        return form(body).encode()
    headers.setdefault(typed or "Content-Type", _JSON)
    return body.encode() if isinstance(body, str) else orjson.dumps(body)


def _form(transform: Any) -> Callable[[Json], str] | None:
    encoding = transform.get("RequestBodyEncoding", "NONE") if isinstance(transform, dict) else "NONE"
    if encoding == "NONE":
        return None
    kind = (transform.get("RequestEncodingOptions") or {}).get("ArrayFormat", "INDICES")
    if encoding != "URL_ENCODED" or kind not in FORMATS:
        raise StateError(RUNTIME, "The field 'Transform' has an encoding that is not supported")
    return lambda body: urlencode(flattened(body, FORMATS[kind]))


# -- apigateway:invoke ------------------------------------------------------------------------------------


def _stage_request(ctx: Context, parameters: Json) -> HttpRequest:
    api_id, found, _ = str(parameters.get("ApiEndpoint", "")).partition(".execute-api.")
    if not found or not api_id.isalnum():
        raise StateError(RUNTIME, "The field 'ApiEndpoint' must be <API ID>.execute-api.<region>.amazonaws.com")
    headers = {"Accept": "application/json", **_headers(parameters, _OF_API_GATEWAY)}
    if (caller := _CALLERS.get(parameters.get("AuthType", "NO_AUTH"))) is not None:
        endpoints = ctx.kernel.shared(Endpoints)
        headers["Authorization"] = endpoints.authorization(caller(ctx), ctx.region)
    body = parameters.get("RequestBody")
    if body is not None and not parameters.get("AllowNullValues"):
        body = _without_nulls(body)
    if body is not None:
        headers.setdefault("Content-Type", "application/json")
    text = b"" if body is None else body.encode() if isinstance(body, str) else orjson.dumps(body)
    place = "/".join(str(parameters.get(name, "")).strip("/") for name in ("Stage", "Path")).strip("/")
    url = f"{ctx.config.endpoint}/_aws/execute-api/{api_id}/{quote(place, safe='/%~')}"
    if query := _query(parameters.get("QueryParameters"), {}):
        url += f"?{query}"
    return HttpRequest(parameters["Method"], url, headers, text)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    return value


# AuthType -> who calls; nobody with NO_AUTH.
_CALLERS: dict[str, Callable[[Context], Context]] = {
    "IAM_ROLE": lambda ctx: ctx,
    "RESOURCE_POLICY": lambda ctx: ctx.as_service("states.amazonaws.com"),
}
