"""Tasks that are HTTP requests: `http:invoke` with a connection, `apigateway:invoke`."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from penstock.testing import TestRuntime

from ..conftest import Backend, Functions
from .conftest import CONFIG, ROLE, kinds, one

Run = Callable[..., dict[str, Any]]
API_KEY = {"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "hush"}}


@pytest.fixture
def connection(client: Callable[..., Any], unique: str) -> Callable[..., str]:
    def make(**more: Any) -> str:
        made = client("events").create_connection(
            Name=unique, AuthorizationType="API_KEY", AuthParameters={**API_KEY, **more}
        )
        return str(made["ConnectionArn"])

    return make


def _invoke(url: str, connection: str, method: str = "GET", **more: Any) -> dict[str, Any]:
    parameters = {"ApiEndpoint": url, "Method": method, "Authentication": {"ConnectionArn": connection}, **more}
    return {"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "Parameters": parameters}


def test_the_definition_and_the_connection_make_the_request(
    run: Run, sfn: Any, backend: Backend, connection: Callable[..., str]
) -> None:
    arn = connection(
        InvocationHttpParameters={
            "QueryStringParameters": [{"Key": "q", "Value": "connection"}],
            "BodyParameters": [{"Key": "token", "Value": "t"}],
        }
    )
    state = _invoke(
        f"{backend.url}/orders",
        arn,
        "POST",
        Headers={"X-Own": "1"},
        QueryParameters={"q": "definition", "r": ["s t", 2]},
        RequestBody={"n.$": "$.n"},
    )
    found = run(one(state), {"n": 1})
    output = found["output"]
    assert (output["StatusCode"], output["StatusText"]) == (200, "OK")
    assert output["Headers"]["x-backend"] == ["yes"]
    asked = output["ResponseBody"]
    assert (asked["method"], asked["path"]) == ("POST", "/orders?r=s+t&r=2&q=connection")
    assert json.loads(asked["body"]) == {"n": 1, "token": "t"}
    wanted = {
        "x-key": "hush",
        "x-own": "1",
        "range": "bytes=0-262144",
        "content-type": "application/json; charset=UTF-8",
    }
    assert wanted.items() <= asked["headers"].items()
    assert asked["headers"]["user-agent"] == "Amazon|StepFunctions|HttpInvoke|us-east-1"
    events = sfn.get_execution_history(executionArn=found["executionArn"])["events"]
    assert events[2]["taskScheduledEventDetails"]["resourceType"] == "http"
    assert kinds(sfn, found["executionArn"])[2:5] == ["TaskScheduled", "TaskStarted", "TaskSucceeded"]


@pytest.mark.parametrize(
    ("style", "wanted"),
    [
        ("INDICES", "a%5B0%5D=1&a%5B1%5D=2&b%5Bc%5D=d"),
        ("REPEAT", "a=1&a=2&b%5Bc%5D=d"),
        ("COMMAS", "a=1%2C2&b%5Bc%5D=d"),
        ("BRACKETS", "a%5B%5D=1&a%5B%5D=2&b%5Bc%5D=d"),
    ],
)
def test_a_body_becomes_a_form(
    run: Run, backend: Backend, connection: Callable[..., str], style: str, wanted: str
) -> None:
    transform = {"RequestBodyEncoding": "URL_ENCODED", "RequestEncodingOptions": {"ArrayFormat": style}}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    body = {"a": [1, 2], "b": {"c": "d"}}
    state = _invoke(backend.url, connection(), "POST", Headers=headers, RequestBody=body, Transform=transform)
    asked = run(one(state))["output"]["ResponseBody"]
    assert (asked["body"], asked["headers"]["content-type"]) == (wanted, headers["Content-Type"])


def test_a_status_is_an_error_of_its_own(run: Run, backend: Backend, connection: Callable[..., str]) -> None:
    catch = [{"ErrorEquals": ["States.Http.StatusCode.429"], "Next": "E"}]
    state = {**_invoke(f"{backend.url}/status/429", connection()), "Catch": catch, "Next": "E"}
    found = run({"StartAt": "S", "States": {"S": state, "E": {"Type": "Succeed"}}})
    assert found["output"] == {"Error": "States.Http.StatusCode.429", "Cause": '{"error": {"code": 7}}'}


def test_nobody_answers(run: Run, backend: Backend, connection: Callable[..., str]) -> None:
    assert run(one(_invoke(f"{backend.url}/gone", connection())))["error"] == "States.Http.Socket"


def test_nothing_leaves_the_machine(run: Run, connection: Callable[..., str]) -> None:
    found = run(one(_invoke("https://example.com/", connection())))
    assert (found["error"], "on this machine only" in found["cause"]) == ("States.Http.Socket", True)


def test_a_connection_that_is_not_there(run: Run, backend: Backend) -> None:
    arn = "arn:aws:events:us-east-1:000000000000:connection/nowhere/0a1b2c3d-0000-0000-0000-000000000000"
    assert run(one(_invoke(backend.url, arn)))["error"] == "Events.ConnectionResource.ResourceNotFound"


def test_headers_that_a_definition_may_not_set(run: Run, backend: Backend, connection: Callable[..., str]) -> None:
    found = run(one(_invoke(backend.url, connection(), Headers={"Authorization": "mine"})))
    assert found["error"] == "States.Runtime"
    assert found["cause"].endswith("The 'Headers' field contains unsupported values: Authorization")


@pytest.mark.parametrize("reveal", [True, False])
def test_test_state_traces_the_request(
    sfn: Any, backend: Backend, connection: Callable[..., str], reveal: bool
) -> None:
    arn = connection()
    state = {**_invoke(f"{backend.url}/a", arn), "End": True}
    found = sfn.test_state(definition=json.dumps(state), roleArn=ROLE, inspectionLevel="TRACE", revealSecrets=reveal)
    asked, answered = found["inspectionData"]["request"], found["inspectionData"]["response"]
    assert (asked["protocol"], asked["method"], asked["url"]) == ("http", "GET", f"{backend.url}/a")
    assert ("x-key: hush" in asked["headers"]) is reveal
    assert (answered["statusCode"], answered["statusMessage"]) == ("200", "OK")
    assert json.loads(answered["body"])["headers"]["x-key"] == "hush"
    failed = sfn.test_state(
        definition=json.dumps({**_invoke(f"{backend.url}/status/500", arn), "End": True}),
        roleArn=ROLE,
        inspectionLevel="TRACE",
    )
    assert failed["error"] == "States.Http.StatusCode.500"
    assert failed["inspectionData"]["response"]["statusCode"] == "500"


# -- apigateway:invoke ------------------------------------------------------------------------------------


def _api(functions: Functions, name: str, answer: Callable[[Any], Any]) -> str:
    """An HTTP API with one route `POST /orders` and a stage `prod`."""
    gateway = functions.client("apigatewayv2")
    api = gateway.create_api(Name=name, ProtocolType="HTTP")["ApiId"]
    integration = gateway.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=functions.make(answer), PayloadFormatVersion="2.0"
    )["IntegrationId"]
    gateway.create_route(ApiId=api, RouteKey="POST /orders", Target=f"integrations/{integration}")
    gateway.create_stage(ApiId=api, StageName="prod", AutoDeploy=True)
    return str(api)


def _carry_out(runtime: TestRuntime, name: str, state: dict[str, Any], given: Any) -> dict[str, Any]:
    sfn = runtime.client("stepfunctions", config=CONFIG)
    arn = sfn.create_state_machine(name=name, roleArn=ROLE, definition=json.dumps(one(state)))["stateMachineArn"]
    started = sfn.start_execution(stateMachineArn=arn, input=json.dumps(given))
    runtime.settle()
    found: dict[str, Any] = sfn.describe_execution(executionArn=started["executionArn"])
    return found


def _gateway_task(api: str, suffix: str = "", **more: Any) -> dict[str, Any]:
    parameters = {
        "ApiEndpoint": f"{api}.execute-api.us-east-1.amazonaws.com",
        "Method": "POST",
        "Stage": "prod",
        "Path": "orders",
        **more,
    }
    return {"Type": "Task", "Resource": f"arn:aws:states:::apigateway:invoke{suffix}", "Parameters": parameters}


def test_a_stage_is_invoked(functions: Functions, unique: str) -> None:
    def handler(event: Any) -> Any:
        asked = {"body": json.loads(event["body"]), "query": event["queryStringParameters"]}
        return {"statusCode": 201, "body": json.dumps(asked)}

    more = {"RequestBody": {"n.$": "$.n", "none": None}, "QueryParameters": {"q": ["1"]}, "AuthType": "IAM_ROLE"}
    found = _carry_out(functions.runtime, unique, _gateway_task(_api(functions, unique, handler), **more), {"n": 1})
    output = json.loads(found["output"])
    assert (output["StatusCode"], output["StatusText"]) == (201, "Created")
    assert output["ResponseBody"] == {"body": {"n": 1}, "query": {"q": "1"}}


def test_an_api_that_refuses(functions: Functions, unique: str) -> None:
    api = _api(functions, unique, lambda event: {"statusCode": 409, "body": "taken"})
    found = _carry_out(functions.runtime, unique, _gateway_task(api, RequestBody={}), {})
    assert (found["error"], found["cause"]) == ("ApiGateway.409", "taken")


def test_an_api_that_calls_back(functions: Functions, unique: str) -> None:
    tokens: list[str] = []

    def handler(event: Any) -> Any:
        tokens.append(json.loads(event["body"])["token"])
        return {"statusCode": 202}

    api = _api(functions, unique, handler)
    state = _gateway_task(api, ".waitForTaskToken", RequestBody={"token.$": "$$.Task.Token"})
    assert _carry_out(functions.runtime, unique, state, {})["status"] == "RUNNING"
    sfn = functions.client("stepfunctions", config=CONFIG)
    sfn.send_task_success(taskToken=tokens[0], output='{"done": true}')
    arn = f"arn:aws:states:us-east-1:000000000000:execution:{unique}"
    [execution] = sfn.list_executions(stateMachineArn=arn.replace(":execution:", ":stateMachine:"))["executions"]
    assert execution["status"] == "SUCCEEDED"
