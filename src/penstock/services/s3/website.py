"""Static websites: `http://<bucket>.s3-website.localhost:<port>/`, and `/_aws/s3-website/<bucket>/`.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteHosting.html
"""

from collections.abc import Callable
from html import escape
from http import HTTPStatus
from urllib.parse import quote, unquote

from penstock.base import ids
from penstock.base.errors import AwsError
from penstock.call import Kernel
from penstock.iam.principal import Principal
from penstock.services.s3.state import Bucket, State
from penstock.wire.message import Pairs, Request, Response
from penstock.wire.model import Json

Reply = Callable[[Response], None]
LABEL = "s3-website"
_PASSED = frozenset({"range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"})
_ABSENT = frozenset({"NoSuchKey", "NoSuchVersion", "MethodNotAllowed"})


class Websites:
    """Who answers the label: `serve` is a `web.site.Place`."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    def serve(self, request: Request, reply: Reply, name: str, path: str) -> bool:
        state: State = self._kernel.states["s3"]
        bucket = state.buckets.get(name)
        if bucket is None:
            reply(_page("NoSuchBucket", "The specified bucket does not exist", 404, BucketName=name))
        elif "website" not in bucket.settings:
            text = "The specified bucket does not have a website configuration"
            reply(_page("NoSuchWebsiteConfiguration", text, 404, BucketName=name))
        elif request.method not in ("GET", "HEAD"):
            text = "The specified method is not allowed against this resource."
            reply(_page("MethodNotAllowed", text, 405, Method=request.method, ResourceType="OBJECT"))
        else:
            reply(self._answer(bucket, bucket.settings["website"], request, unquote(path).removeprefix("/")))
        return True

    def _answer(self, bucket: Bucket, site: Json, request: Request, key: str) -> Response:
        if "RedirectAllRequestsTo" in site:
            to = site["RedirectAllRequestsTo"]
            return _to(f"{to.get('Protocol', 'http')}://{to['HostName']}/{quote(key)}")
        if (rule := _rule(site, key, "")) is not None:
            return _redirected(rule, request, key)
        suffix = site["IndexDocument"]["Suffix"]
        wanted = key + suffix if not key or key.endswith("/") else key
        try:
            return self._object(bucket, request, wanted)
        except AwsError as failed:
            if failed.code not in _ABSENT:
                return self._refused(failed)
        if wanted == key and self._exists(bucket, request, f"{key}/{suffix}"):
            return _to(f"/{quote(key)}/", 302)
        if (rule := _rule(site, key, "404")) is not None:
            return _redirected(rule, request, key)
        return self._missing(bucket, site, request, wanted)

    def _object(self, bucket: Bucket, request: Request, key: str, status: int = 0) -> Response:
        """Raises AwsError."""
        loaded = self._kernel.loaded("s3")
        operation = loaded.operation("GetObject" if request.method == "GET" or status else "HeadObject")
        assert operation is not None
        headers = {} if status else {name: value for name, value in request.headers.items() if name in _PASSED}
        asked = loaded.codec.read(operation.model, Request("GET", "/", headers=headers), {"Bucket": "", "Key": ""})
        ctx = self._kernel.context(Principal.service("s3.amazonaws.com", bucket.account), bucket.account, bucket.region)
        found = ctx.call_now("s3", operation.name, {**asked, "Bucket": bucket.name, "Key": key})
        if location := found.get("WebsiteRedirectLocation"):
            return _to(location)
        response = loaded.codec.write(operation.model, found, ctx.request_id)
        response.status = status or response.status
        return response

    def _exists(self, bucket: Bucket, request: Request, key: str) -> bool:
        try:
            self._object(bucket, Request("HEAD", "/"), key)
        except AwsError:
            return False
        return True

    def _missing(self, bucket: Bucket, site: Json, request: Request, key: str) -> Response:
        """The site's own page for errors, or S3's."""
        if "ErrorDocument" in site:
            try:
                return self._object(bucket, request, site["ErrorDocument"]["Key"], 404)
            except AwsError:
                pass
        return _page("NoSuchKey", "The specified key does not exist.", 404, Key=key)

    def _refused(self, failed: AwsError) -> Response:
        return self._kernel.loaded("s3").codec.write_error(None, failed, ids.uuid())


def _rule(site: Json, key: str, code: str) -> Json | None:
    """The first routing rule for a key, asked for before (no code) or answered with an error."""
    for rule in site.get("RoutingRules", ()):
        condition = rule.get("Condition", {})
        if condition.get("HttpErrorCodeReturnedEquals", "") == code and key.startswith(
            condition.get("KeyPrefixEquals", "")
        ):
            found: Json = rule
            return found
    return None


def _redirected(rule: Json, request: Request, key: str) -> Response:
    to, prefix = rule["Redirect"], rule.get("Condition", {}).get("KeyPrefixEquals", "")
    if "ReplaceKeyWith" in to:
        key = to["ReplaceKeyWith"]
    elif "ReplaceKeyPrefixWith" in to:
        key = to["ReplaceKeyPrefixWith"] + key[len(prefix) :]
    host = to.get("HostName") or request.headers.get("host", "")
    return _to(f"{to.get('Protocol', 'http')}://{host}/{quote(key)}", int(to.get("HttpRedirectCode", 301)))


def _to(location: str, status: int = 301) -> Response:
    return Response(status, [("Location", location), ("x-amz-request-id", ids.uuid())])


def _page(code: str, message: str, status: int, **fields: str) -> Response:
    """An error as a page."""
    told = {"Code": code, "Message": message, **fields, "RequestId": ids.uuid()}
    lines = "".join(f"<li>{name}: {escape(value)}</li>\n" for name, value in told.items())
    title = f"{status} {HTTPStatus(status).phrase}"
    text = (
        f"<html>\n<head><title>{title}</title></head>\n<body>\n<h1>{title}</h1>\n<ul>\n{lines}</ul>\n<hr/>\n"
        "</body>\n</html>\n"
    )
    headers: Pairs = [("Content-Type", "text/html; charset=utf-8"), ("x-amz-error-code", code)]
    return Response(status, headers, text.encode())
