"""Both gateways before a real function process."""

import io
import json
import zipfile
from http.client import HTTPConnection

import pytest

SOURCE = """
import json, os
def handler(event, context):
    if event.get("queryStringParameters"):
        raise RuntimeError("boom")
    path = event.get("rawPath") or event["path"]
    trace = os.environ.get("_X_AMZN_TRACE_ID", "")
    return {"statusCode": 200, "body": json.dumps({"path": path, "trace": trace, "id": context.aws_request_id})}
"""


@pytest.fixture
def function(penstock, unique):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", SOURCE)
    made = penstock.client("lambda").create_function(
        FunctionName=unique,
        Runtime="python3.12",
        Handler="app.handler",
        Role="arn:aws:iam::000000000000:role/r",
        Code={"ZipFile": buffer.getvalue()},
    )
    return made["FunctionArn"]


def get(penstock, path, headers=None):
    connection = HTTPConnection("127.0.0.1", penstock.runtime.config.port, timeout=30)
    connection.request("GET", path, headers=headers or {})
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def test_a_rest_api(penstock, function, unique):
    client = penstock.client("apigateway")
    api = client.create_rest_api(name=unique)
    where = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "GET"}
    client.put_method(**where, authorizationType="NONE")
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"
    client.put_integration(**where, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    client.create_deployment(restApiId=api["id"], stageName="dev")
    root = "1-5f84c7a5-0123456789abcdef01234567"
    path = f"/_aws/execute-api/{api['id']}/dev"
    status, body = get(penstock, path, {"X-Amzn-Trace-Id": f"Root={root}"})
    assert (status, body["path"]) == (200, "/")
    assert root in body["trace"]
    assert get(penstock, f"{path}?q=1") == (502, {"message": "Internal server error"})


def test_an_http_api(penstock, function, unique):
    made = penstock.client("apigatewayv2").create_api(Name=unique, ProtocolType="HTTP", Target=function)
    path = f"/_aws/execute-api/{made['ApiId']}/a/b"
    status, body = get(penstock, path)
    assert (status, body["path"]) == (200, "/a/b")
    assert get(penstock, f"{path}?q=1") == (500, {"message": "Internal Server Error"})
