"""Presigned URLs, browsers' preflights, forms: in a runtime whose clock nobody else has moved on."""

import base64
import json
import urllib.parse
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from penstock.testing import TestRuntime, running

ORIGIN = "https://shop.example"


@pytest.fixture(scope="module")
def penstock() -> Iterator[TestRuntime]:
    with running() as runtime:
        yield runtime


@pytest.fixture
def s3(penstock: TestRuntime) -> Any:
    return penstock.client("s3")


def path_of(url: str) -> str:
    parts = urllib.parse.urlsplit(url)
    return f"{parts.path}?{parts.query}"


def test_preflights_meet_the_rules_of_the_bucket(s3: Any, bucket: str, raw: Callable[..., Any]) -> None:
    asked = {"Authorization": None, "Origin": ORIGIN, "Access_Control_Request_Method": "PUT"}
    assert raw("OPTIONS", f"/{bucket}/k", **asked).status == 403
    rules = [
        {
            "AllowedMethods": ["PUT", "GET"],
            "AllowedOrigins": ["https://*.example"],
            "AllowedHeaders": ["x-amz-*"],
            "ExposeHeaders": ["ETag"],
            "MaxAgeSeconds": 60,
        }
    ]
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": rules})
    answer = raw("OPTIONS", f"/{bucket}/k", **asked, Access_Control_Request_Headers="X-Amz-Meta-A")
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-allow-methods"] == "PUT, GET"
    assert answer.headers["access-control-max-age"] == "60"
    refused = raw("OPTIONS", f"/{bucket}/k", **asked, Access_Control_Request_Headers="X-Other")
    assert (refused.status, b"<Code>AccessForbidden</Code>" in refused.body) == (403, True)


def test_a_page_from_elsewhere_gets_where_it_is_let(s3: Any, bucket: str, raw: Callable[..., Any]) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello")
    assert raw("GET", f"/{bucket}/k", Origin=ORIGIN).status == 403
    rules = [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": rules})
    answer = raw("GET", f"/{bucket}/k", Origin=ORIGIN)
    assert (answer.body, answer.headers["access-control-allow-origin"]) == (b"hello", "*")
    assert raw("PUT", f"/{bucket}/k", b"x", Origin=ORIGIN).status == 403


def form(fields: dict[str, str], body: bytes) -> tuple[bytes, str]:
    boundary = uuid.uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: x/y\r\n\r\n'
    return "".join(parts).encode() + head.encode() + body + f"\r\n--{boundary}--\r\n".encode(), boundary


def post(raw: Callable[..., Any], bucket: str, fields: dict[str, str], body: bytes) -> Any:
    sent, boundary = form(fields, body)
    kind = f"multipart/form-data; boundary={boundary}"
    return raw("POST", f"/{bucket}", sent, Authorization=None, Content_Type=kind)


def test_a_form_is_an_upload(s3: Any, bucket: str, raw: Callable[..., Any]) -> None:
    conditions: list[Any] = [["starts-with", "$Content-Type", "text/"], ["content-length-range", 1, 10]]
    made = s3.generate_presigned_post(bucket, "in/${filename}", Conditions=conditions)
    fields = {**made["fields"], "Content-Type": "text/plain"}
    answer = post(raw, bucket, fields, b"\r\nhello\n")
    assert (answer.status, answer.headers["location"]) == (204, f"/{bucket}/in/a.txt")
    got = s3.get_object(Bucket=bucket, Key="in/a.txt")
    assert (got["Body"].read(), got["ContentType"]) == (b"\r\nhello\n", "text/plain")
    assert b"<Code>EntityTooLarge</Code>" in post(raw, bucket, fields, b"x" * 11).body
    assert b"<Code>AccessDenied</Code>" in post(raw, bucket, {**fields, "Content-Type": "image/png"}, b"x").body
    assert b"Extra input fields" in post(raw, bucket, {**fields, "x-amz-meta-a": "1"}, b"x").body


def test_a_policy_is_signed_and_complete(s3: Any, bucket: str, raw: Callable[..., Any]) -> None:
    fields = s3.generate_presigned_post(bucket, "k")["fields"]

    def refused(**changes: str | None) -> bytes:
        said = {**fields, **{name.replace("_", "-"): value for name, value in changes.items()}}
        found: bytes = post(raw, bucket, {name: value for name, value in said.items() if value is not None}, b"x").body
        return found

    def policy(document: Any) -> str:
        return base64.b64encode(json.dumps(document).encode()).decode()

    names = ("x_amz_signature", "x_amz_algorithm", "x_amz_credential", "x_amz_date", "signature", "AWSAccessKeyId")
    given = [name for name in names if name.replace("_", "-") in fields]
    assert b"<Code>AccessDenied</Code>" in refused(**dict.fromkeys(given))
    answer = refused(**{given[0]: None})
    assert b"<Code>InvalidArgument</Code>" in answer
    assert b"Bucket POST must contain a field named" in answer
    assert b"Invalid Policy: Invalid JSON." in refused(policy="e30")
    assert b"Invalid Policy: Policy missing expiration." in refused(policy=policy({"conditions": []}))
    unread = {"expiration": "soon", "conditions": []}
    assert b"Invalid Policy: Invalid 'expiration' value: 'soon'" in refused(policy=policy(unread))


def test_a_large_form_is_stored_as_it_comes(
    s3: Any, bucket: str, raw: Callable[..., Any], penstock: TestRuntime
) -> None:
    body = b"\r\n--not the boundary" * 20_000
    made = s3.generate_presigned_post(bucket, "large", Conditions=[["content-length-range", 1, len(body)]])
    assert post(raw, bucket, made["fields"], body).status == 204
    assert s3.get_object(Bucket=bucket, Key="large")["Body"].read() == body
    refused = post(raw, bucket, made["fields"], body + b"x")
    assert (refused.status, b"<Code>EntityTooLarge</Code>" in refused.body) == (400, True)
    assert s3.head_object(Bucket=bucket, Key="large")["ContentLength"] == len(body)
    assert b"<Code>InvalidArgument</Code>" in post(raw, bucket, {}, body).body
    penstock.settle()
    assert penstock.runtime.kernel.store.all("SELECT id FROM s3_files") == []


def test_a_form_may_want_to_be_told(s3: Any, bucket: str, raw: Callable[..., Any]) -> None:
    answer = post(raw, bucket, {"key": "k", "success_action_status": "201"}, b"x")
    assert (answer.status, b"<Key>k</Key>" in answer.body) == (201, True)


def test_a_presigned_url_is_good_until_it_expires(
    s3: Any, bucket: str, raw: Callable[..., Any], penstock: TestRuntime
) -> None:
    said = {"Bucket": bucket, "Key": "k"}
    put = path_of(s3.generate_presigned_url("put_object", Params=said, ExpiresIn=604_800))
    assert raw("PUT", put, b"hello", Authorization=None).status == 200
    get = path_of(s3.generate_presigned_url("get_object", Params=said, ExpiresIn=604_800))
    assert raw("GET", get, Authorization=None).body == b"hello"
    penstock.advance(8 * 86_400)
    answer = raw("GET", get, Authorization=None)
    assert (answer.status, b"Request has expired" in answer.body) == (403, True)


def test_headers_that_a_presigned_url_carries(s3: Any, bucket: str, raw: Callable[..., Any]) -> None:
    """SDKs put S3's headers into the query that they sign."""
    said = {"Bucket": bucket, "Key": "k", "Metadata": {"venue": "123"}, "StorageClass": "STANDARD_IA"}
    url = s3.generate_presigned_url("put_object", Params=said, ExpiresIn=90 * 86_400)
    assert raw("PUT", path_of(url), b"x", Authorization=None).status == 200
    found = s3.head_object(Bucket=bucket, Key="k")
    assert (found["Metadata"], found["StorageClass"]) == ({"venue": "123"}, "STANDARD_IA")


def test_what_is_no_request_of_s3(raw: Callable[..., Any], s3: Any) -> None:
    s3.create_bucket(Bucket="asked")
    refused = {
        ("PATCH", "/asked/k"): (405, b"MethodNotAllowed"),
        ("DELETE", "/"): (405, b"MethodNotAllowed"),
        ("GET", "/%ff/x"): (400, b"InvalidURI"),
        ("GET", "/asked?list-type=2&max-keys=abc"): (400, b"InvalidArgument"),
    }
    for (method, path), (status, code) in refused.items():
        answer = raw(method, path)
        assert (answer.status, b"<Code>%b</Code>" % code in answer.body) == (status, True)
