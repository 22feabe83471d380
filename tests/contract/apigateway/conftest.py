"""`api`: a REST API to build on, deploy and call."""

import http.client
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Api:
    """One REST API. `method` makes the resources of a path, the method and its integration."""

    def __init__(self, functions: Any, name: str, **settings: Any) -> None:
        self.functions = functions
        self.client = functions.client("apigateway")
        made = self.client.create_rest_api(name=name, **settings)
        self.id, self.root = made["id"], made["rootResourceId"]
        self._resources = {"": self.root}

    def resource(self, path: str) -> str:
        path = path.rstrip("/")
        if path not in self._resources:
            parent, _, part = path.rpartition("/")
            made = self.client.create_resource(restApiId=self.id, parentId=self.resource(parent), pathPart=part)
            self._resources[path] = made["id"]
        return self._resources[path]

    def where(self, path: str, method: str) -> dict[str, str]:
        return {"restApiId": self.id, "resourceId": self.resource(path), "httpMethod": method}

    def method(
        self, path: str, method: str = "GET", integration: dict[str, Any] | None = None, **settings: Any
    ) -> None:
        where = self.where(path, method)
        self.client.put_method(**where, **{"authorizationType": "NONE", **settings})
        if integration is not None:
            self.client.put_integration(**where, **integration)

    def function(self, path: str, handler: Any, method: str = "GET", **settings: Any) -> str:
        """A method before a Lambda proxy integration; the function's ARN."""
        arn = handler if isinstance(handler, str) else self.functions.make(handler)
        uri = self.functions.uri(arn)
        self.method(path, method, {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": uri}, **settings)
        return arn

    def mock(self, path: str, method: str = "GET", body: str = "", **settings: Any) -> None:
        """A method before a mock integration that answers 200 with `body`, a template."""
        template = {"application/json": '{"statusCode": 200}'}
        self.method(path, method, {"type": "MOCK", "requestTemplates": template}, **settings)
        where = {**self.where(path, method), "statusCode": "200"}
        self.client.put_method_response(**where)
        self.client.put_integration_response(**where, responseTemplates={"application/json": body})

    def deploy(self, stage: str = "dev", **settings: Any) -> str:
        return self.client.create_deployment(restApiId=self.id, stageName=stage, **settings)["id"]

    def call(self, path: str, method: str = "GET", body: Any = None, headers: Any = None, stage: str = "dev") -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.functions.runtime.runtime.config.port, timeout=30)
        target = f"/_aws/execute-api/{self.id}/{stage}{path}"
        connection.request(method, target, body=body, headers=headers or {})
        return Answer(connection.getresponse())


@pytest.fixture
def api(functions: Any, unique: str) -> Api:
    return Api(functions, unique)


@pytest.fixture
def make_api(functions: Any, unique: str) -> Any:
    return lambda **settings: Api(functions, unique, **settings)


@pytest.fixture
def refused() -> Any:
    """`refused(call, **request)`: the code and the message of the error that a call is answered with."""

    def refused(call: Any, **request: Any) -> tuple[str, str]:
        with pytest.raises(ClientError) as caught:
            call(**request)
        error = caught.value.response["Error"]
        return error["Code"], error["Message"]

    return refused
