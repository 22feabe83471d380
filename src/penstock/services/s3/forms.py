"""Uploads by a browser's form: the form's fields become headers, its policy is checked, its file is the body.

The whole form is in memory, so a file in one is bounded by what the server takes in one piece.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html and sigv4-HTTPPOSTConstructPolicy.html
"""

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import orjson

from penstock.services.s3.errors import error, invalid_argument
from penstock.services.s3.routes import place_of
from penstock.wire import xml
from penstock.wire.message import Request, Response
from penstock.wire.timestamps import parse_timestamp

_NAME = re.compile(r'name="([^"]*)"')
_FILENAME = re.compile(r'filename="([^"]*)"')
_HEADERS = frozenset({"cache-control", "content-type", "content-disposition", "content-encoding", "expires"})
_UNSAID = frozenset({"x-amz-signature", "file", "policy", "awsaccesskeyid", "signature"})

_NO_KEY = "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields."
_SAID = ("x-amz-meta-", "x-amz-checksum-", "x-amz-server-side", "x-amz-storage")

Fields = dict[str, str]


def as_upload(request: Request, now: float) -> Callable[[Response], Response]:
    """Makes the request a PUT, in place; what to make of its response. Raises AwsError."""
    fields, body, filename = _parse(request)
    bucket, _ = place_of(request)
    if "key" not in fields:
        raise invalid_argument(_NO_KEY, "key", "")
    key = fields["key"].replace("${filename}", filename)
    if "policy" in fields:
        _check_policy(fields["policy"], {**fields, "key": key, "bucket": bucket}, len(body), now)
    headers = {name: value for name, value in fields.items() if name in _HEADERS or name.startswith(_SAID)}
    headers |= {f"x-amz-{name}": fields[name] for name in ("acl", "tagging") if name in fields}
    kept = {name: request.headers[name] for name in ("host", "origin") if name in request.headers}
    request.method, request.body, request.headers = "PUT", body, headers | kept
    in_path = request.path.strip("/")
    request.path = f"/{in_path}/{quote(key)}" if in_path else f"/{quote(key)}"
    return lambda response: _answer(response, fields, bucket, key)


def _parse(request: Request) -> tuple[Fields, bytes, str]:
    """The fields before the file, with names in lower case, the file's bytes, and its name."""
    match = re.search(r'boundary="?([^";]+)"?', request.headers["content-type"])
    if match is None:
        raise error("MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data.")
    fields: Fields = {}
    for part in request.body.split(b"--" + match[1].encode())[1:]:
        head, found, content = part.partition(b"\r\n\r\n")
        name = _NAME.search(head.decode("utf-8", "replace"))
        if not found or name is None:
            continue
        content = content.removesuffix(b"\r\n")
        if name[1].lower() == "file":
            filename = _FILENAME.search(head.decode("utf-8", "replace"))
            return fields, content, filename[1] if filename else ""
        fields[name[1].lower()] = content.decode("utf-8", "replace")
    raise invalid_argument("POST requires exactly one file upload per request.", "file", "0")


def _check_policy(policy: str, fields: Fields, size: int, now: float) -> None:
    try:
        document = orjson.loads(base64.b64decode(policy))
        expires = parse_timestamp(document["expiration"])
        conditions: list[Any] = document["conditions"]
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise error("InvalidPolicyDocument", "Invalid Policy: Invalid JSON.") from None
    if now > expires:
        raise error("AccessDenied", "Invalid according to Policy: Policy expired.")
    named = {"x-amz-signature"}
    for condition in conditions:
        named.add(_check_condition(condition, fields, size))
    for name in fields:
        if name not in named | _UNSAID and not name.startswith("x-ignore-"):
            raise error("AccessDenied", f"Invalid according to Policy: Extra input fields: {name}")


def _check_condition(condition: Any, fields: Fields, size: int) -> str:
    """The field that a condition is about."""
    if isinstance(condition, dict):
        [(name, wanted)] = condition.items()
        operator = "eq"
    else:
        operator, name, wanted = condition
    if operator.lower() == "content-length-range":
        _check_size(size, int(name), int(wanted))
        return ""
    name = name.removeprefix("$").lower()
    value = fields.get(name, "")
    if not (value.startswith(wanted) if operator.lower() == "starts-with" else value == wanted):
        shown = orjson.dumps(["eq", f"${name}", wanted] if isinstance(condition, dict) else condition).decode()
        text = f"Invalid according to Policy: Policy Condition failed: {shown}"
        raise error("AccessDenied", text.replace('",', '", '))
    return str(name)


def _check_size(size: int, low: int, high: int) -> None:
    if size < low:
        raise error("EntityTooSmall", ProposedSize=size, MinSizeAllowed=low)
    if size > high:
        raise error("EntityTooLarge", ProposedSize=size, MaxSizeAllowed=high)


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
