"""The AWS API endpoint: a signed request to a reply, through the front door.

The reply leaves when the transaction that the operation wrote into is committed.
"""

import re
from collections.abc import Awaitable

import orjson

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.base.telemetry import Trace
from penstock.call import Context, Kernel, LoadedService, Operation
from penstock.iam.principal import Principal
from penstock.web.http import Reply
from penstock.wire.codec import Codec, QueryCodec, query_error, query_params
from penstock.wire.constraints import Malformed
from penstock.wire.message import Request, Response
from penstock.wire.model import Json
from penstock.wire.route import Front, Scope, scope_of

# The path of Smithy's RPC protocol, whose body is CBOR.
_RPC = re.compile(r"/service/([^/]+)/operation/([^/]+)")


class ApiEndpoint:
    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._by_signature: dict[str, list[str]] = {}
        for service in kernel.services.values():
            self._by_signature.setdefault(service.signs_as, []).append(service.name)
        self._by_target: dict[str, Operation] = {}
        self._roots: dict[str, Principal] = {}
        self._unsigned_principal = Principal.unsigned(kernel.config.account)
        self._query_codecs: dict[str, QueryCodec] = {}
        self._fronts: dict[str, Front | None] = {}  # by signing name

    def streams(self, request: Request) -> bool:
        """Whether the operation takes the body of this request as it comes."""
        scope = scope_of(request)
        front = self._front(request, scope)
        if front is not None and front.streams(request):
            return True
        try:
            operation, _, _ = self._identify(request, scope)
        except AwsError:
            return False
        return operation.name in operation.service.service.streaming

    def admits(self, request: Request, origin: str) -> bool:
        """Whether a service has opened what this request asks for to web pages of `origin`."""
        front = self._front(request, scope_of(request))
        return front is not None and front.admits(request, origin)

    def handle(self, request: Request, reply: Reply) -> None:
        """Answers an AWS request; one that names no service here gets an AWS-style error."""
        request_id = ids.uuid()
        scope = scope_of(request)
        front = self._front(request, scope)
        if front is not None:
            entered = front.enter(request, reply)
            if entered is None:
                return
            reply = entered
        try:
            operation, codec, labels = self._identify(request, scope)
        except AwsError as error:
            own = front if _action(request) is None else None
            reply(own.refuse(error) if own is not None else _plain_error(request, error, request_id))
            return
        ctx = self._context(request, scope, request_id)
        try:
            _check_credentials(ctx.principal)
            value = _read(operation, codec, request, labels)
            self._kernel.validate(operation, value, operation.check_outside)
            result = self._kernel.perform(ctx, operation, value)
        except AwsError as error:
            self._reply_error(codec, operation, error, request_id, reply)
            return
        if isinstance(result, dict):
            self._reply(codec, operation, result, request_id, reply)
        else:
            if request.connection is not None:
                request.connection.waiter = ctx
            self._kernel.spawn(self._await(result, codec, operation, request_id, reply), operation.full_name)

    async def _await(
        self, result: Awaitable[Json], codec: Codec, operation: Operation, request_id: str, reply: Reply
    ) -> None:
        try:
            self._reply(codec, operation, await result, request_id, reply)
        except AwsError as error:
            self._reply_error(codec, operation, error, request_id, reply)

    def _reply(self, codec: Codec, operation: Operation, result: Json, request_id: str, reply: Reply) -> None:
        response = codec.write(operation.model, result, request_id)

        def settled(error: Exception | None) -> None:
            if error is None:
                reply(response)
            else:
                failure = AwsError("ServiceUnavailable", str(error), status=503)
                reply(codec.write_error(operation.model, failure, request_id))

        self._kernel.store.when_settled(settled)

    def _reply_error(self, codec: Codec, operation: Operation, error: AwsError, request_id: str, reply: Reply) -> None:
        response = codec.write_error(operation.model, error, request_id)
        self._kernel.store.when_settled(lambda _: reply(response))

    # -- which operation -------------------------------------------------------------------------

    def _front(self, request: Request, scope: Scope | None) -> Front | None:
        """Who sees the requests of a service first, where it has somebody."""
        signs_as = scope.service if scope else _service_unsigned(request)
        if signs_as not in self._fronts and signs_as in self._by_signature:
            services = [self._kernel.service(name) for name in self._by_signature[signs_as]]
            self._fronts[signs_as] = next((service.front(self._kernel) for service in services if service.front), None)
        return self._fronts.get(signs_as)

    def _identify(self, request: Request, scope: Scope | None) -> tuple[Operation, Codec, dict[str, str]]:
        target = request.headers.get("x-amz-target")
        if target is not None:
            operation = self._by_target.get(target) or self._targeted(target, scope)
            loaded = operation.service
            return operation, loaded.target_codecs.get(request.headers.get("content-type", ""), loaded.target_codec), {}
        if "smithy-protocol" in request.headers and (rpc := _RPC.fullmatch(request.path)) is not None:
            target = f"{rpc[1]}.{rpc[2]}"
            operation = self._by_target.get(target) or self._targeted(target, scope)
            return operation, operation.service.codec, {}
        names = self._by_signature.get(scope.service, []) if scope else self._unsigned(request)
        for name in names:
            loaded = self._kernel.loaded(name)
            if loaded.routes is not None:
                if (match := loaded.routes.match(request)) is not None:
                    return loaded.bound(match.operation), loaded.codec, match.labels
            elif (found := self._by_action(loaded, request)) is not None:
                return found
        if scope and not names:
            known = ", ".join(sorted(self._by_signature))
            raise AwsError(
                "UnknownService", f"Penstock does not run the service {scope.service!r}; it runs {known}.", status=501
            )
        if (action := _action(request)) is not None:
            raise AwsError("InvalidAction", f"The action {action} is not valid for this endpoint.", status=400)
        raise AwsError("UnknownOperationException", f"No operation for {request.method} {request.path}", status=404)

    def _targeted(self, target: str, scope: Scope | None) -> Operation:
        prefix, _, name = target.rpartition(".")
        for service in self._by_signature.get(scope.service, []) if scope else self._kernel.services:
            loaded = self._kernel.loaded(service)
            if loaded.model.metadata.get("targetPrefix") == prefix and (found := loaded.operation(name)) is not None:
                self._by_target[target] = found
                return found
        raise AwsError("UnknownOperationException", f"Unknown operation {target}", status=400)

    def _by_action(self, loaded: LoadedService, request: Request) -> tuple[Operation, Codec, dict[str, str]] | None:
        action = _action(request)
        operation = loaded.operation(action) if action is not None else None
        if operation is None:
            return None
        member = loaded.service.query_path
        labels = {member: request.path} if member and len(request.path) > 1 else {}
        if isinstance(loaded.codec, QueryCodec):
            return operation, loaded.codec, labels
        return operation, self._older_codec(loaded), labels

    def _older_codec(self, loaded: LoadedService) -> QueryCodec:
        """Services that moved from query to JSON (SQS) still answer the older protocol."""
        name = loaded.service.name
        if name not in self._query_codecs:
            namespace = f"http://queue.amazonaws.com/doc/{loaded.model.metadata['apiVersion']}/"
            service = loaded.service
            self._query_codecs[name] = QueryCodec(loaded.model, service.query_codes, service.query_texts, namespace)
        return self._query_codecs[name]

    def _unsigned(self, request: Request) -> list[str]:
        """Query requests without a signature: STS's web identity, SQS's queue URLs, links in SNS's messages. Objects
        may be for everybody."""
        names = (_service_unsigned(request),) if _action(request) is None else ("sts", "sqs", "sns")
        return [name for name in names if name in self._kernel.services]

    # -- who asks --------------------------------------------------------------------------------

    def _context(self, request: Request, scope: Scope | None, request_id: str) -> Context:
        header = request.headers.get("x-amzn-trace-id")
        trace = Trace.parse(header) if header else None
        key = scope.access_key if scope else ""
        principal = self._kernel.principals.get(key) or (self._root(key) if scope else self._unsigned_principal)
        region = scope.region if scope else self._kernel.config.region
        return Context(self._kernel, principal.account, region, principal, trace, request_id)

    def _root(self, access_key: str) -> Principal:
        """A key of twelve digits names an account; any other is the default account's root."""
        account = access_key if len(access_key) == 12 and access_key.isdigit() else self._kernel.config.account
        if account not in self._roots:
            self._roots[account] = Principal.root(account)
        return self._roots[account]


# Credentials that were handed out and do not count any more, by the kind of principal that stands in their place.
_REFUSED = {
    "expired": ("ExpiredTokenException", "The security token included in the request is expired"),
    "inactive": ("InvalidClientTokenId", "The security token included in the request is invalid."),
}


def _check_credentials(principal: Principal) -> None:
    if principal.kind in _REFUSED:
        raise AwsError(*_REFUSED[principal.kind], status=403)


def _read(operation: Operation, codec: Codec, request: Request, labels: dict[str, str]) -> Json:
    """What is no member of the operation's input is left out: nobody may hand an operation what it knows of itself."""
    try:
        value = codec.read(operation.model, request, labels)
    except Malformed as error:
        raise AwsError(operation.service.service.malformed_code, str(error), status=400) from None
    known = operation.model.members
    return value if value.keys() <= known else {name: value[name] for name in value.keys() & known}


def _service_unsigned(request: Request) -> str:
    """The signing name of the service that answers plain web requests."""
    return "" if "x-amz-target" in request.headers or "Action=" in request.query_string else "s3"


def _action(request: Request) -> str | None:
    """The operation that a request of the query protocol names."""
    return next((value for name, value in query_params(request) if name == "Action"), None)


def _plain_error(request: Request, error: AwsError, request_id: str) -> Response:
    """The answer to a request that names no operation here, in the protocol that it seems to speak."""
    if _action(request) is not None:
        return query_error(error.status or 400, error.code, error.message, request_id)
    body = orjson.dumps({"__type": error.code, "message": error.message})
    headers = [("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-RequestId", request_id)]
    return Response(error.status or 400, [*headers, ("x-amzn-ErrorType", error.code)], body)
