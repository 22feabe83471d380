"""A runtime with CloudFormation, and functions that are Python callables, for custom resources."""

import asyncio
import json
import sys
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from penstock.base.errors import AwsError
from penstock.call import Context, Service
from penstock.services import SERVICES, cloudformation
from penstock.testing import TestRuntime, running

HANDLERS: dict[str, Callable[[Any], Any]] = {}
VARIABLES: dict[str, dict[str, str]] = {}


async def invoke(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Lambda's Invoke; the callable runs in a thread, so that it may call the runtime."""
    name = request["FunctionName"].rpartition(":")[2]
    try:
        result = await asyncio.to_thread(HANDLERS[name], json.loads(request["Payload"]))
    except Exception as error:
        failure = {"errorMessage": str(error), "errorType": type(error).__name__}
        return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": json.dumps(failure).encode()}
    return {"StatusCode": 200, "Payload": json.dumps(result).encode()}


def get_function_configuration(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    name = request["FunctionName"].rpartition(":")[2]
    if name not in HANDLERS:
        raise AwsError("ResourceNotFoundException", f"Function not found: {request['FunctionName']}")
    return {"FunctionName": name, "Environment": {"Variables": VARIABLES.get(name, {})}}


@pytest.fixture(scope="session")
def runtime() -> Iterator[TestRuntime]:
    stub = Service(name="lambda", operations=(sys.modules[__name__],))
    others = [service for service in SERVICES if service.name not in ("lambda", "cloudformation")]
    with running(services=(*others, cloudformation.SERVICE, stub)) as started:
        yield started


class Stacks:
    """Stacks made by a test, waited for."""

    def __init__(self, runtime: TestRuntime) -> None:
        self.runtime = runtime
        self.client = runtime.client("cloudformation")
        self.logs = runtime.client("logs")

    def create(self, name: str, template: Any, **members: Any) -> dict[str, Any]:
        self.client.create_stack(StackName=name, TemplateBody=_text(template), **members)
        return self.settled(name)

    def update(self, name: str, template: Any, **members: Any) -> dict[str, Any]:
        self.client.update_stack(StackName=name, TemplateBody=_text(template), **members)
        return self.settled(name)

    def delete(self, name: str, **members: Any) -> None:
        self.client.delete_stack(StackName=name, **members)
        self.runtime.settle()

    def settled(self, name: str) -> dict[str, Any]:
        self.runtime.settle()
        found: dict[str, Any] = self.client.describe_stacks(StackName=name)["Stacks"][0]
        return found

    def outputs(self, name: str) -> dict[str, str]:
        stack = self.client.describe_stacks(StackName=name)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())}

    def resources(self, name: str) -> dict[str, str]:
        """Logical id -> physical id."""
        found = self.client.describe_stack_resources(StackName=name)["StackResources"]
        return {resource["LogicalResourceId"]: resource.get("PhysicalResourceId", "") for resource in found}

    def events(self, name: str) -> list[tuple[str, str]]:
        """(logical id, status), oldest first."""
        found = self.client.describe_stack_events(StackName=name)["StackEvents"]
        return [(event["LogicalResourceId"], event["ResourceStatus"]) for event in reversed(found)]

    def log_groups(self, prefix: str) -> list[str]:
        found = self.logs.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
        return [group["logGroupName"] for group in found]


def _text(template: Any) -> str:
    return template if isinstance(template, str) else json.dumps(template)


@pytest.fixture
def stacks(runtime: TestRuntime) -> Stacks:
    return Stacks(runtime)


@pytest.fixture
def function() -> Callable[..., str]:
    """`function(handler)`: the ARN of a function that does what the handler does."""

    def make(handler: Callable[[Any], Any], **variables: str) -> str:
        name = f"f-{uuid.uuid4().hex[:8]}"
        HANDLERS[name] = handler
        VARIABLES[name] = variables
        return f"arn:aws:lambda:us-east-1:000000000000:function:{name}"

    return make


@pytest.fixture
def answer() -> Callable[..., None]:
    """Answers a custom resource's event, as cfnresponse does."""

    def send(event: dict[str, Any], status: str = "SUCCESS", **members: Any) -> None:
        body = {"Status": status, "PhysicalResourceId": "made", **members}
        request = urllib.request.Request(event["ResponseURL"], json.dumps(body).encode(), method="PUT")
        request.add_header("Content-Type", "")
        urllib.request.urlopen(request).close()

    return send


def log_group(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::Logs::LogGroup", "Properties": properties}


@pytest.fixture
def group() -> Callable[..., dict[str, Any]]:
    """`group(RetentionInDays=3)`: a resource that is easily made."""
    return log_group
