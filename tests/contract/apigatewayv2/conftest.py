"""`api`: an HTTP API with a `$default` stage that deploys by itself, to build on and call."""

import http.client
import json
from typing import Any

import pytest


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
