"""Uploads by a browser's form: the form's fields become headers, its policy is checked, its file is the body.

A small form is an upload at once; of a large one, only the fields are waited for, and the file is stored as it comes.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html and sigv4-HTTPPOSTConstructPolicy.html
"""

import base64
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple
from urllib.parse import quote

import orjson

from penstock.base.errors import AwsError
from penstock.call import Kernel
from penstock.services.s3.errors import error, invalid_argument
from penstock.services.s3.form_parts import Form
from penstock.services.s3.routes import place_of
from penstock.web.stream import Incomplete
from penstock.wire import xml
from penstock.wire.message import Request, Response
from penstock.wire.timestamps import parse_timestamp

_HEADERS = frozenset({"cache-control", "content-type", "content-disposition", "content-encoding", "expires"})
_UNSAID = frozenset({"x-amz-signature", "file", "policy", "awsaccesskeyid", "signature"})

_NO_FIELD = "Bucket POST must contain a field named '{}'.  If it is specified, please check the order of the fields."
# How a form is signed, by version: its fields, as they are called where one is missing.
_SIGNATURES = (
    {
        "x-amz-signature": "X-Amz-Signature",
        "x-amz-algorithm": "X-Amz-Algorithm",
        "x-amz-credential": "X-Amz-Credential",
        "x-amz-date": "X-Amz-Date",
    },
    {"signature": "Signature", "awsaccesskeyid": "AWSAccessKeyId"},
)
_SAID = ("x-amz-meta-", "x-amz-checksum-", "x-amz-server-side", "x-amz-storage", "x-amz-object-lock-")

Fields = dict[str, str]


class Bounds(NamedTuple):
    """What a policy says of the file's size."""

    low: int
    high: int

    def check(self, size: int, whole: bool = True) -> None:
        if whole and size < self.low:
            raise error("EntityTooSmall", ProposedSize=size, MinSizeAllowed=self.low)
        if size > self.high:
            raise error("EntityTooLarge", ProposedSize=size, MaxSizeAllowed=self.high)


_ANY = Bounds(0, 5 * 1024**3)


def is_form(request: Request) -> bool:
    return request.method == "POST" and request.headers.get("content-type", "").startswith("multipart/form-data")


def as_upload(request: Request, now: float) -> Callable[[Response], Response]:
    """Makes a form that is here whole a PUT, in place; what to make of its response. Raises AwsError."""
    form = Form(request.headers["content-type"])
    body = form.feed(request.body)
    form.finish()
    bounds, answer = _turned(request, form, now)
    bounds.check(len(body))
    request.body = body
    return answer


async def upload(kernel: Kernel, request: Request, request_id: str) -> Response:
    """Carries out the upload that a form stands for whose file is still on its way."""
    loaded = kernel.loaded("s3")
    operation = loaded.operation("PutObject")
    assert operation is not None and request.stream is not None
    stream, request.stream = request.stream, None
    try:
        form = Form(request.headers["content-type"])
        first = await _begun(form, stream)
        bounds, answer = _turned(request, form, kernel.clock.now())
        bucket, key = place_of(request)
        value = loaded.codec.read(operation.model, request, {"Bucket": bucket, "Key": key})
        value["Body"] = _file(form, first, stream, bounds)
        kernel.validate(operation, value, operation.check_outside)
        result = kernel.perform(kernel.context(), operation, value)
        written = result if isinstance(result, dict) else await result
        await kernel.store.committed()
    except AwsError as failed:
        return loaded.codec.write_error(operation.model, failed, request_id)
    return answer(loaded.codec.write(operation.model, written, request_id))


async def _begun(form: Form, stream: AsyncIterator[bytes]) -> bytes:
    """Reads until the file begins; its first bytes."""
    try:
        while not form.started:
            data = form.feed(await anext(stream))
    except (StopAsyncIteration, Incomplete):
        form.finish()
        raise error("IncompleteBody") from None
    return data


async def _file(form: Form, first: bytes, stream: AsyncIterator[bytes], bounds: Bounds) -> AsyncIterator[bytes]:
    yield first
    size = len(first)
    try:
        async for data in stream:
            known = form.feed(data)
            size += len(known)
            bounds.check(size, whole=False)
            yield known
    except Incomplete:
        raise error("IncompleteBody") from None
    form.finish()
    bounds.check(size)


def _turned(request: Request, form: Form, now: float) -> tuple[Bounds, Callable[[Response], Response]]:
    """Makes the request the PUT of the form's file. Raises AwsError."""
    fields = form.fields
    bucket, _ = place_of(request)
    if "key" not in fields:
        raise invalid_argument(_NO_FIELD.format("key"), "key", "")
    key = fields["key"].replace("${filename}", form.filename)
    bounds = _ANY
    if "policy" in fields:
        _check_signed(fields)
        bounds = _check_policy(fields["policy"], {**fields, "key": key, "bucket": bucket}, now)
    headers = {name: value for name, value in fields.items() if name in _HEADERS or name.startswith(_SAID)}
    headers |= {f"x-amz-{name}": fields[name] for name in ("acl", "tagging") if name in fields}
    kept = {name: request.headers[name] for name in ("host", "origin") if name in request.headers}
    request.method, request.body, request.headers = "PUT", b"", headers | kept
    in_path = request.path.strip("/")
    request.path = f"/{in_path}/{quote(key)}" if in_path else f"/{quote(key)}"
    return bounds, lambda response: _answer(response, fields, bucket, key)


def _check_signed(fields: Fields) -> None:
    """A policy is signed, in the way of one version: with all of its fields."""
    version = next((names for names in _SIGNATURES if not names.keys().isdisjoint(fields)), None)
    if version is None:
        raise error("AccessDenied")
    for field, name in version.items():
        if field not in fields:
            raise invalid_argument(_NO_FIELD.format(name), name, "")


def _check_policy(policy: str, fields: Fields, now: float) -> Bounds:
    try:
        document = dict(orjson.loads(base64.b64decode(policy)))
    except (ValueError, TypeError):
        raise _no_policy("Invalid JSON.") from None
    for name in ("expiration", "conditions"):
        if name not in document:
            raise _no_policy(f"Policy missing {name}.")
    conditions: list[Any] = document["conditions"]
    try:
        expires = parse_timestamp(document["expiration"])
    except (ValueError, TypeError):
        raise _no_policy(f"Invalid 'expiration' value: '{document['expiration']}'") from None
    if now > expires:
        raise error("AccessDenied", "Invalid according to Policy: Policy expired.")
    named, bounds = {"x-amz-signature"}, _ANY
    for condition in conditions:
        if isinstance(condition, list) and str(condition[0]).lower() == "content-length-range":
            bounds = Bounds(int(condition[1]), int(condition[2]))
        else:
            named.add(_check_condition(condition, fields))
    for name in fields:
        if name not in named | _UNSAID and not name.startswith("x-ignore-"):
            raise error("AccessDenied", f"Invalid according to Policy: Extra input fields: {name}")
    return bounds


def _no_policy(why: str) -> AwsError:
    return error("InvalidPolicyDocument", f"Invalid Policy: {why}")


def _check_condition(condition: Any, fields: Fields) -> str:
    """The field that a condition is about."""
    if isinstance(condition, dict):
        [(name, wanted)] = condition.items()
        operator = "eq"
    else:
        operator, name, wanted = condition
    name = name.removeprefix("$").lower()
    value = fields.get(name, "")
    if not (value.startswith(wanted) if operator.lower() == "starts-with" else value == wanted):
        shown = orjson.dumps(["eq", f"${name}", wanted] if isinstance(condition, dict) else condition).decode()
        text = f"Invalid according to Policy: Policy Condition failed: {shown}"
        raise error("AccessDenied", text.replace('",', '", '))
    return str(name)


def _answer(response: Response, fields: Fields, bucket: str, key: str) -> Response:
    etag, location = response.header("ETag") or "", f"/{bucket}/{quote(key)}"
    kept = [pair for pair in response.headers if pair[0] != "Content-Type"]
    redirect = fields.get("success_action_redirect") or fields.get("redirect")
    if redirect:
        query = f"bucket={quote(bucket)}&key={quote(key, safe='')}&etag={quote(etag)}"
        return Response(303, [*kept, ("Location", f"{redirect}{'&' if '?' in redirect else '?'}{query}")])
    status = fields.get("success_action_status", "204")
    if status != "201":
        return Response(200 if status == "200" else 204, [*kept, ("Location", location)])
    told = {"Location": location, "Bucket": bucket, "Key": key, "ETag": etag}
    inner = "".join(f"<{name}>{xml.escape(value)}</{name}>" for name, value in told.items())
    text = f"{xml.DECLARATION}<PostResponse>{inner}</PostResponse>"
    return Response(201, [*kept, ("Location", location), ("Content-Type", "application/xml")], text.encode())
