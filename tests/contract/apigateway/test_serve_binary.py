"""Binary media types and content handling, on the way to an integration and back."""

import base64
import gzip

import pytest

RAW = gzip.compress(b"no text at all", mtime=0)
ENCODED = base64.b64encode(RAW)
ROLE = "arn:aws:iam::000000000000:role/gateway"
BROKEN = RAW.decode("utf-8", "replace").encode()


@pytest.fixture
def bucket(functions, unique):
    s3 = functions.client("s3")
    s3.create_bucket(Bucket=unique)
    return s3


@pytest.fixture
def store(make_api, bucket, unique):
    """`store(binary, request, response)`: an API before the bucket, with content handling for both ways."""

    def make(binary=(), request=None, response=None, templates=None):
        api = make_api(binaryMediaTypes=list(binary))
        mapping = {
            "integration.request.path.key": "method.request.path.key",
            "integration.request.header.Content-Type": "method.request.header.Content-Type",
        }
        integration = {
            "type": "AWS",
            "integrationHttpMethod": "ANY",
            "uri": f"arn:aws:apigateway:us-east-1:s3:path/{unique}/{{key}}",
            "credentials": ROLE,
            "requestParameters": mapping,
            "requestTemplates": templates or {},
        }
        settings = {"contentHandling": request} if request else {}
        api.method("/{key}", "ANY", {**integration, **settings}, requestParameters=dict.fromkeys(
            ("method.request.path.key", "method.request.header.Content-Type"), False))  # fmt: skip
        settings = {"contentHandling": response} if response else {}
        api.client.put_integration_response(**api.where("/{key}", "ANY"), statusCode="200", **settings)
        api.deploy()
        return api

    return make


@pytest.mark.parametrize(
    ("binary", "handling", "sent", "stored"),
    [
        ((), None, RAW, BROKEN),
        ((), "CONVERT_TO_TEXT", RAW, BROKEN),
        ((), "CONVERT_TO_BINARY", ENCODED, RAW),
        (("image/png",), None, RAW, RAW),
        (("image/png",), "CONVERT_TO_TEXT", RAW, ENCODED),
        (("image/png",), "CONVERT_TO_BINARY", ENCODED, ENCODED),
        (("text/plain",), "CONVERT_TO_BINARY", ENCODED, RAW),
    ],
)
def test_requests(store, bucket, unique, binary, handling, sent, stored):
    api = store(binary, handling)
    assert api.call("/k", "PUT", sent, {"Content-Type": "image/png"}).status == 200
    assert bucket.get_object(Bucket=unique, Key="k")["Body"].read() == stored


def test_what_is_no_base64_is_500(store):
    answer = store(request="CONVERT_TO_BINARY").call("/k", "PUT", b"plain text", {"Content-Type": "image/png"})
    assert (answer.status, answer.json) == (500, {"message": "Internal server error"})


def test_a_template_cannot_read_what_is_binary(store):
    api = store((), "CONVERT_TO_BINARY", templates={"application/json": "$input.body"})
    assert api.call("/k", "PUT", ENCODED, {"Content-Type": "image/png"}).status == 200
    assert api.call("/k", "PUT", ENCODED, {"Content-Type": "application/json"}).status == 500


@pytest.mark.parametrize(
    ("binary", "handling", "kind", "accept", "stored", "answered"),
    [
        ((), None, "image/png", "image/png", RAW, BROKEN),
        ((), "CONVERT_TO_TEXT", "image/png", "image/png", RAW, BROKEN),
        ((), "CONVERT_TO_BINARY", "image/png", "image/png", ENCODED, RAW),
        (("image/png",), None, "image/png", "image/png", RAW, RAW),
        (("image/png",), None, "image/png", "text/plain", RAW, ENCODED),
        (("image/png",), None, "text/plain", "image/png", ENCODED, RAW),
        (("image/png",), None, "text/plain", "text/plain", ENCODED, ENCODED),
        (("image/png",), "CONVERT_TO_BINARY", "image/png", "text/plain", RAW, RAW),
        (("image/png",), "CONVERT_TO_TEXT", "image/png", "image/png", RAW, ENCODED),
        (("image/png",), "CONVERT_TO_TEXT", "text/plain", "image/png", b"text", b"text"),
        (("image/png",), None, "text/plain", "image/png", b"no base64", None),
    ],
)
def test_answers(store, bucket, unique, binary, handling, kind, accept, stored, answered):
    bucket.put_object(Bucket=unique, Key="k", Body=stored, ContentType=kind)
    answer = store(binary, None, handling).call("/k", headers={"Accept": accept})
    if answered is None:
        assert (answer.status, answer.json) == (500, {"message": "Internal server error"})
    else:
        assert (answer.status, answer.body) == (200, answered)


def test_a_function_that_returns_base64(make_api):
    api = make_api(binaryMediaTypes=["image/png"])
    uri = api.functions.uri(api.functions.make(lambda event: ENCODED.decode()))
    api.method("/a", "GET", {"type": "AWS", "integrationHttpMethod": "POST", "uri": uri})
    where = {**api.where("/a", "GET"), "statusCode": "200"}
    api.client.put_integration_response(**where, contentHandling="CONVERT_TO_BINARY")
    api.deploy()
    assert api.call("/a", headers={"Accept": "image/png"}).body == RAW
