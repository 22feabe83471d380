"""What S3 does with a web request before its operation is looked for: presigned URLs, browsers, forms.

A page from elsewhere gets through to a bucket whose CORS configuration names its origin, and to no other.
"""

from collections.abc import Callable

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Kernel
from penstock.services.s3 import cors, forms, presigned
from penstock.services.s3.errors import error
from penstock.services.s3.routes import bucket_in_host, place_of
from penstock.services.s3.state import State
from penstock.wire.message import Request, Response
from penstock.wire.model import Json

Reply = Callable[[Response], None]

_METHOD, _HEADERS = "access-control-request-method", "access-control-request-headers"


class ObjectFront:
    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    def enter(self, request: Request, reply: Reply) -> Reply | None:
        headers = request.headers
        if request.method == "OPTIONS":
            reply(self._preflight(request))
            return None
        if request.query_string and "Signature=" in request.query_string:
            try:
                presigned.check(request, self._kernel.clock.now())
            except AwsError as failed:
                reply(self._error(failed))
                return None
            presigned.hoisted(request)
        if "authorization" not in headers and self._is_nobodys(request):
            reply(self._error(error("AccessDenied", "Access Denied")))
            return None
        if "origin" in headers:
            reply = self._with_cors(request, headers["origin"], reply)
        if forms.is_form(request):
            return self._form(request, reply)
        return reply

    @staticmethod
    def _is_nobodys(request: Request) -> bool:
        """Whether somebody without a signature asks for the buckets of an account: of which one, nobody could say."""
        if request.method != "GET" or request.path != "/" or bucket_in_host(request.headers.get("host", "")):
            return False
        return not any(name in request.query_string for name in ("Signature=", "Action="))

    def refuse(self, failed: AwsError) -> Response:
        return self._error(failed)

    def admits(self, request: Request, origin: str) -> bool:
        method = request.headers.get(_METHOD, "") if request.method == "OPTIONS" else request.method
        return cors.rule_for(self._rules(request), origin, method) is not None

    def _rules(self, request: Request) -> list[Json]:
        state: State = self._kernel.states["s3"]
        try:
            bucket = state.buckets.get(place_of(request)[0])
        except AwsError:
            return []
        return bucket.settings.get("cors", {}).get("CORSRules", []) if bucket is not None else []

    def _preflight(self, request: Request) -> Response:
        origin, method = request.headers.get("origin"), request.headers.get(_METHOD)
        asked = request.headers.get(_HEADERS, "")
        if not origin:
            return self._error(error("BadRequest", "Insufficient information. Origin request header needed."))
        if not method:
            text = "Invalid Access-Control-Request-Method: null"
            return self._error(error("BadRequest", text))
        rules = self._rules(request)
        if not rules:
            text = "CORSResponse: CORS is not enabled for this bucket."
            return self._error(error("AccessForbidden", text, Method=method, ResourceType="BUCKET"))
        rule = cors.rule_for(rules, origin, method, asked)
        if rule is None:
            text = (
                "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, "
                "request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted "
                "by the resource's CORS spec."
            )
            return self._error(error("AccessForbidden", text, Method=method, ResourceType="OBJECT"))
        return Response(200, cors.headers_for(rule, origin, asked))

    def _with_cors(self, request: Request, origin: str, reply: Reply) -> Reply:
        rule = cors.rule_for(self._rules(request), origin, request.method)
        if rule is None:
            return reply
        more = cors.headers_for(rule, origin)

        def answer(response: Response) -> None:
            response.headers.extend(more)
            reply(response)

        return answer

    def _form(self, request: Request, reply: Reply) -> Reply | None:
        """A browser's form becomes the upload that it stands for."""
        if request.stream is not None:
            self._kernel.spawn(self._take(request, reply), "s3: a form's upload")
            return None
        try:
            answer = forms.as_upload(request, self._kernel.clock.now())
        except AwsError as failed:
            reply(self._error(failed))
            return None

        def answered(response: Response) -> None:
            reply(answer(response) if response.status == 200 else response)

        return answered

    async def _take(self, request: Request, reply: Reply) -> None:
        reply(await forms.upload(self._kernel, request, ids.uuid()))

    def streams(self, request: Request) -> bool:
        return forms.is_form(request)

    def _error(self, failed: AwsError) -> Response:
        return self._kernel.loaded("s3").codec.write_error(None, failed, ids.uuid())
