"""Function URLs."""

import http.client
import json
import urllib.parse
from typing import Any

import pytest


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()


@pytest.fixture
def fetch(penstock: Any) -> Any:
    def call(
        url: str, path: str = "", method: str = "GET", body: bytes | None = None, host: str = "", **headers: str
    ) -> Answer:
        parts = urllib.parse.urlsplit(url)
        assert parts.hostname is not None
        connection = http.client.HTTPConnection(parts.hostname, parts.port)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if host:
            sent["Host"] = host
        connection.request(method, (path if host else parts.path + path.lstrip("/")) or "/", body, sent)
        return Answer(connection.getresponse())

    return call


@pytest.fixture
def url(functions: Any, lam: Any) -> Any:
    """`url(source, **settings)`: the URL of a new function."""

    def make(source: str, **settings: Any) -> str:
        name = functions.named(source)
        made = lam.create_function_url_config(FunctionName=name, **{"AuthType": "NONE", **settings})
        return str(made["FunctionUrl"])

    return make


def test_event_is_format_2(url: Any, fetch: Any) -> None:
    made = url("def handler(event, context): return event")
    answer = fetch(made, "/a%20b/c?x=1&x=2&y=", "POST", b'{"k": 1}', Content_Type="application/json", Cookie="a=1; b=2")
    event = json.loads(answer.body)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert (event["version"], event["routeKey"], event["rawPath"]) == ("2.0", "$default", "/a%20b/c")
    assert (event["rawQueryString"], event["queryStringParameters"]) == ("x=1&x=2&y=", {"x": "1,2", "y": ""})
    assert (event["body"], event["isBase64Encoded"], event["cookies"]) == ('{"k": 1}', False, ["a=1", "b=2"])
    context = event["requestContext"]
    assert (context["accountId"], context["stage"], context["http"]["method"]) == ("anonymous", "$default", "POST")
    assert context["domainPrefix"] == context["apiId"]


def test_host_form(url: Any, fetch: Any, penstock: Any) -> None:
    made = url("def handler(event, context): return event['rawPath']")
    url_id = made.rstrip("/").rpartition("/")[2]
    host = f"{url_id}.lambda-url.us-east-1.localhost:{penstock.runtime.config.port}"
    answer = fetch(made, "/by/host", host=host)
    assert answer.body == b"/by/host"


def test_response(url: Any, fetch: Any) -> None:
    made = url(
        "import base64\n"
        "def handler(event, context):\n"
        "    return {'statusCode': 201, 'headers': {'X-A': 'b', 'content-type': 'image/png'},\n"
        "            'cookies': ['a=1', 'b=2'],\n"
        "            'body': base64.b64encode(bytes([0, 255])).decode(), 'isBase64Encoded': True}"
    )
    answer = fetch(made)
    assert (answer.status, answer.headers["X-A"], answer.body) == (201, "b", b"\x00\xff")
    assert answer.headers.get_all("Set-Cookie") == ["a=1", "b=2"]
    assert answer.headers["Content-Type"] == "image/png"


def test_failing_function(url: Any, fetch: Any) -> None:
    answer = fetch(url("def handler(event, context): raise ValueError"))
    assert (answer.status, answer.body) == (502, b"Internal Server Error")


def test_unknown_url(url: Any, fetch: Any) -> None:
    made = url("def handler(event, context): pass")
    assert fetch(made.rstrip("/")[:-1] + "-/").status == 403


def test_iam_needs_a_signature(url: Any, fetch: Any) -> None:
    made = url("def handler(event, context): return event['requestContext']['accountId']", AuthType="AWS_IAM")
    answer = fetch(made)
    assert (answer.status, json.loads(answer.body)) == (403, {"Message": "Forbidden"})
    signed = (
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host"
    )
    assert fetch(made, Authorization=signed + ", Signature=0").body == b"000000000000"


def test_cors(url: Any, fetch: Any) -> None:
    cors = {"AllowOrigins": ["http://localhost:3000"], "AllowMethods": ["GET", "PUT"], "AllowHeaders": ["x-a"],
            "ExposeHeaders": ["x-b"], "MaxAge": 60, "AllowCredentials": True}  # fmt: skip
    made = url("def handler(event, context): return 'ran'", Cors=cors)
    preflight = fetch(made, method="OPTIONS", Origin="http://localhost:3000", Access_Control_Request_Method="PUT")
    assert (preflight.status, preflight.body) == (200, b"")
    assert preflight.headers["Access-Control-Allow-Methods"] == "GET,PUT"
    assert preflight.headers["Access-Control-Allow-Headers"] == "x-a"
    assert preflight.headers["Access-Control-Max-Age"] == "60"
    answer = fetch(made, Origin="http://localhost:3000")
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert answer.headers["Access-Control-Expose-Headers"] == "x-b"
    assert "Access-Control-Allow-Origin" not in fetch(made, Origin="http://localhost:4000").headers


def test_configuration(functions: Any, lam: Any, refused: Any, unique: str) -> None:
    name = functions.named(Publish=True)
    made = lam.create_function_url_config(FunctionName=name, AuthType="NONE")
    arn = made["FunctionArn"]
    assert refused(lam.create_function_url_config, FunctionName=name, AuthType="NONE") == (
        "ResourceConflictException",
        f"Failed to create function url config for [functionArn = {arn}]. Error message:  FunctionUrlConfig exists for "
        "this Lambda function",
    )
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    alias = lam.create_function_url_config(FunctionName=name, Qualifier="live", AuthType="AWS_IAM")
    assert alias["FunctionArn"] == f"{arn}:live"
    assert alias["FunctionUrl"] != made["FunctionUrl"]
    updated = lam.update_function_url_config(FunctionName=name, AuthType="AWS_IAM")
    assert [("InvokeMode" in answer) for answer in (made, alias, updated)] == [False, False, False]
    assert lam.get_function_url_config(FunctionName=name)["InvokeMode"] == "BUFFERED"
    assert (updated["AuthType"], updated["FunctionUrl"]) == ("AWS_IAM", made["FunctionUrl"])
    assert len(lam.list_function_url_configs(FunctionName=name)["FunctionUrlConfigs"]) == 2
    lam.delete_function_url_config(FunctionName=name)
    assert refused(lam.get_function_url_config, FunctionName=name) == (
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
    )
    assert refused(lam.create_function_url_config, FunctionName=unique, AuthType="NONE") == (
        "ResourceNotFoundException",
        "Function does not exist",
    )
    gone = refused(lam.update_function_url_config, FunctionName=name, Qualifier="gone", AuthType="NONE")
    assert gone == ("ResourceNotFoundException", "Function does not exist")
    version = refused(lam.create_function_url_config, FunctionName=name, Qualifier="1", AuthType="NONE")
    assert version[0] == "ValidationException"
    stream = {"FunctionName": name, "AuthType": "NONE", "InvokeMode": "RESPONSE_STREAM"}
    assert lam.create_function_url_config(**stream)["InvokeMode"] == "RESPONSE_STREAM"
