"""`api`: an HTTP API with a `$default` stage that deploys by itself, to build on and call.

`socket_api`: a WebSocket API with a stage `dev`, to build on and connect to.
"""

import http.client
import json
from typing import Any

import boto3
import pytest
from botocore.config import Config
from websockets.sync.client import connect


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class HttpApi:
    def __init__(self, functions: Any, name: str, stage: bool = True, **settings: Any) -> None:
        self.functions = functions
        self.client = functions.client("apigatewayv2")
        self.id = self.client.create_api(Name=name, ProtocolType="HTTP", **settings)["ApiId"]
        if stage:
            self.client.create_stage(ApiId=self.id, StageName="$default", AutoDeploy=True)

    def function(self, key: str, handler: Any, version: str = "2.0", **route: Any) -> str:
        """A route before a function; the function's ARN."""
        arn = handler if isinstance(handler, str) else self.functions.make(handler)
        integration = self.client.create_integration(
            ApiId=self.id, IntegrationType="AWS_PROXY", IntegrationUri=arn, PayloadFormatVersion=version
        )
        target = f"integrations/{integration['IntegrationId']}"
        self.client.create_route(ApiId=self.id, RouteKey=key, Target=target, **route)
        return arn

    def call(self, path: str, method: str = "GET", body: Any = None, headers: Any = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.functions.runtime.runtime.config.port, timeout=30)
        connection.request(method, f"/_aws/execute-api/{self.id}{path}", body=body, headers=headers or {})
        return Answer(connection.getresponse())


@pytest.fixture
def api(functions: Any, unique: str) -> HttpApi:
    return HttpApi(functions, unique)


@pytest.fixture
def make_api(functions: Any, unique: str) -> Any:
    return lambda **settings: HttpApi(functions, unique, **settings)


class SocketApi:
    """A WebSocket API whose stage `dev` deploys by itself; `connect()` gives a client of it."""

    def __init__(self, functions: Any, name: str, **settings: Any) -> None:
        self.functions = functions
        self.client = functions.client("apigatewayv2")
        common = {"ProtocolType": "WEBSOCKET", "RouteSelectionExpression": "$request.body.action"}
        made = self.client.create_api(Name=name, **{**common, **settings})
        self.id, self.url = made["ApiId"], f"{made['ApiEndpoint']}/dev"
        self.client.create_stage(ApiId=self.id, StageName="dev", AutoDeploy=True)
        endpoint = self.url.replace("ws", "http", 1)
        self.management = boto3.client(
            "apigatewaymanagementapi",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}),
        )

    def route(
        self, key: str, *, two_way: bool = False, route: Any = None, responses: Any = (), **integration: Any
    ) -> Any:
        """A route before an integration, which has `responses`."""
        made = self.client.create_integration(ApiId=self.id, **integration)
        for response in responses:
            self.client.create_integration_response(ApiId=self.id, IntegrationId=made["IntegrationId"], **response)
        target = f"integrations/{made['IntegrationId']}"
        created = self.client.create_route(ApiId=self.id, RouteKey=key, Target=target, **(route or {}))
        if two_way:
            where = {"ApiId": self.id, "RouteId": created["RouteId"]}
            self.client.create_route_response(**where, RouteResponseKey="$default")
        return created

    def function(self, key: str, handler: Any, two_way: bool = False, **route: Any) -> str:
        """A route before a function; the function's ARN."""
        arn = handler if isinstance(handler, str) else self.functions.make(handler)
        uri = self.functions.uri(arn)
        self.route(key, two_way=two_way, route=route, IntegrationType="AWS_PROXY", IntegrationUri=uri)
        return arn

    def connect(self, query: str = "", **settings: Any) -> Any:
        return connect(self.url + query, compression=None, **settings)


@pytest.fixture
def socket_api(functions: Any, unique: str) -> SocketApi:
    return SocketApi(functions, unique)


@pytest.fixture
def make_socket_api(functions: Any, unique: str) -> Any:
    return lambda **settings: SocketApi(functions, unique, **settings)
