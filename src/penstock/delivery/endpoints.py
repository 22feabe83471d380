"""HTTP endpoints as targets: API destinations with their connections, and stages of API Gateway.

What there is to know of a destination, its connection and its secret is asked for through the front door at each
invocation; only OAuth tokens are kept, in memory. An endpoint outside this machine is not called.
Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
"""

import zlib
from collections import defaultdict
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import orjson

from penstock.base.arn import Arn
from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.delivery.http_requests import (
    Additions,
    HttpRequest,
    authorised,
    destination_request,
    stage_request,
    token_request,
)
from penstock.delivery.pace import Pace
from penstock.delivery.targets import HttpCall, Post
from penstock.iam.principal import Principal
from penstock.web.client import fetch
from penstock.web.network import Network
from penstock.web.signer import Signer
from penstock.web.unreachable import AnswerTimeout, CannotConnect, Disconnected, Unreachable
from penstock.web.upstream import Upstream
from penstock.wire.message import Response
from penstock.wire.model import Json

TIMEOUT = 5.0  # real seconds that an endpoint has to answer
DEFAULT_RATE = 300
_FOR_EVER = float("inf")
_UNABLE = "Unable to invoke ApiDestination endpoint: "
_REAUTHORISE = (401, 407)
_RETRIED = (401, 407, 409, 429)
_DESTINATIONS = "apidestinations.events.amazonaws.com"


class Token(NamedTuple):
    """What an Authorization header says; `version` is that of the secret that it was given for."""

    header: str
    version: str
    until: float


class Endpoints:
    """The one of a runtime: `kernel.shared(Endpoints)`. It holds tokens and how fast destinations may be called."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}  # by the connection's ARN
        self._paces: defaultdict[str, Pace] = defaultdict(Pace)  # by the ARN or the URL

    async def invoke(self, ctx: Context, call: HttpCall, deadline: float = _FOR_EVER) -> Json:
        """`{"StatusCode", "Body"}` of an endpoint that took the event. Raises AwsError, its code an ERROR_CODE.

        `ctx` says who calls, and must be in `clock.work()`. Where the destination's rate lets the event wait beyond
        `deadline` (epoch seconds), it is not called. An error's field `retry_after` is what the endpoint asked for.
        """
        if call.arn.service == "execute-api":
            answer = await self._send(ctx, self._stage_request(ctx, call))
        else:
            answer = await self._call_destination(ctx, call, deadline)
        return _taken(ctx, answer)

    async def post(self, ctx: Context, post: Post) -> Json:
        """`{"StatusCode", "Body"}` of an endpoint that took the text. Raises AwsError, its code an ERROR_CODE."""
        if post.rate:
            await self._wait_for_turn(ctx, post.url, post.rate, _FOR_EVER)
        answer = await self._send(ctx, HttpRequest("POST", post.url, dict(post.headers), post.text.encode()))
        return _taken(ctx, answer)

    async def authorise(self, ctx: Context, connection_arn: str, *, anew: bool = False) -> Additions:
        """What a connection adds to a request; `anew` with a fresh token. Raises AwsError."""
        arn = Arn.parse(connection_arn)
        here = _as_destinations(ctx, arn)
        connection = await here.call("events", "DescribeConnection", {"Name": arn.resource.split("/")[1]})
        if connection["ConnectionArn"] != connection_arn or "SecretArn" not in connection:
            raise _failed("SDK_CLIENT_ERROR", f"the connection {connection_arn} is not authorized", 400)
        value = await here.call("secretsmanager", "GetSecretValue", {"SecretId": connection["SecretArn"]})
        kind, secret = connection["AuthorizationType"], orjson.loads(value["SecretString"])
        token = ""
        if kind == "OAUTH_CLIENT_CREDENTIALS":
            token = await self._token(here, connection_arn, secret, value["VersionId"], anew)
        return authorised(kind, secret, token)

    # -- API destinations --------------------------------------------------------------------------------

    async def _call_destination(self, ctx: Context, call: HttpCall, deadline: float) -> Response:
        arn = call.arn
        ctx.ask("events:InvokeApiDestination", str(arn))
        request = {"Name": arn.resource.split("/")[1]}
        found = await _as_destinations(ctx, arn).call("events", "DescribeApiDestination", request)
        if found["ApiDestinationArn"] != str(arn):
            raise AwsError("ResourceNotFoundException", f"An api-destination {arn} does not exist.", status=400)
        connection = found["ConnectionArn"]
        rate = found.get("InvocationRateLimitPerSecond", DEFAULT_RATE)
        await self._wait_for_turn(ctx, str(arn), rate, deadline)
        answer = await self._send(ctx, _request_to(found, call, await self.authorise(ctx, connection)))
        if answer.status in _REAUTHORISE and connection in self._tokens:
            added = await self.authorise(ctx, connection, anew=True)
            answer = await self._send(ctx, _request_to(found, call, added))
        return answer

    async def _wait_for_turn(self, ctx: Context, name: str, rate: float, deadline: float) -> None:
        now = ctx.clock.now()
        when = self._paces[name].take(rate, now, deadline)
        if when is None:
            raise _failed("THROTTLING", "its invocation rate limit leaves no room before the event is too old", 429)
        if when > now:
            with ctx.clock.rest():
                await ctx.clock.sleep_until(when)

    async def _token(self, ctx: Context, connection: str, secret: Json, version: str, anew: bool) -> str:
        known = self._tokens.get(connection)
        if known and known.version == version and ctx.clock.now() < known.until and not anew:
            return known.header
        answer = await self._send(ctx, token_request(secret))
        document = _document(answer)
        if answer.status >= 300 or "access_token" not in document:
            why = f"the authorization endpoint answered {answer.status}"
            raise _failed("ERROR_FROM_TARGET" if answer.status >= 500 else "SDK_CLIENT_ERROR", why, answer.status)
        lifetime = float(document.get("expires_in") or _FOR_EVER)
        kind = str(document.get("token_type") or "Bearer")
        header = f"{'Bearer' if kind.lower() == 'bearer' else kind} {document['access_token']}"
        self._tokens[connection] = Token(header, version, ctx.clock.now() + lifetime)
        return header

    # -- stages ------------------------------------------------------------------------------------------

    def _stage_request(self, ctx: Context, call: HttpCall) -> HttpRequest:
        authorization = self.authorization(ctx, call.arn.region)
        origin = f"{ctx.config.endpoint}/_aws/execute-api"
        return stage_request(call.arn, call.parameters, call.text, origin, authorization)

    def authorization(self, ctx: Context, region: str) -> str:
        """The header that tells a stage who calls."""
        return ctx.kernel.shared(Signer).authorization(ctx.kernel, ctx.principal, region, "execute-api")

    # -- HTTP --------------------------------------------------------------------------------------------

    async def _send(self, ctx: Context, request: HttpRequest) -> Response:
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
                connect_timeout=TIMEOUT,
                answer_timeout=TIMEOUT,
            )
        except AnswerTimeout as error:
            raise _failed("TIMEOUT", str(error), 504) from None
        except (CannotConnect, Disconnected) as error:
            raise _failed("CONNECTION_FAILURE", str(error), 503) from None
        except Unreachable as error:
            raise _failed("SDK_CLIENT_ERROR", str(error), 400) from None


def _as_destinations(ctx: Context, arn: Arn) -> Context:
    who = Principal.service(_DESTINATIONS, arn.account)
    return ctx.at(account=arn.account, region=arn.region, principal=who)


def _request_to(destination: Json, call: HttpCall, added: Additions) -> HttpRequest:
    endpoint = destination["InvocationEndpoint"]
    return destination_request(destination["HttpMethod"], endpoint, call.parameters, call.text, added)


# -- answers -----------------------------------------------------------------------------------------


def _taken(ctx: Context, answer: Response) -> Json:
    """What is told of an answer that means success. Raises AwsError for any other."""
    if answer.status < 300:
        return {"StatusCode": answer.status, "Body": _decoded(answer)}
    wait = _retry_after(answer.header("Retry-After"), ctx.clock.now())
    if answer.status >= 500:
        code = "ERROR_FROM_TARGET"
    elif answer.status == 429:
        code = "THROTTLING"
    else:
        code = "ERROR_FROM_TARGET" if answer.status in _RETRIED else "SDK_CLIENT_ERROR"
    status = 500 if answer.status in _RETRIED else answer.status
    raise _failed(code, f"the endpoint answered {answer.status}", status, retry_after=wait, answered=answer.status)


def _failed(code: str, why: str, status: int, **fields: Any) -> AwsError:
    return AwsError(code, _UNABLE + why, status=status, **fields)


def _retry_after(header: str | None, now: float) -> float:
    """Seconds; 0 where nothing, or nothing that makes sense, was asked for."""
    if not header:
        return 0.0
    try:
        return float(header)
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - now)
    except ValueError:
        return 0.0


def _decoded(answer: Response) -> bytes:
    body = answer.body if isinstance(answer.body, bytes) else b""
    if answer.header("Content-Encoding") not in ("gzip", "deflate"):
        return body
    try:
        return zlib.decompress(body, 47)
    except zlib.error:
        return body


def _document(answer: Response) -> Json:
    try:
        document = orjson.loads(_decoded(answer))
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}
