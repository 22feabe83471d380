"""CloudFormation types of Lambda, by stacks."""

import json
import urllib.request
from typing import Any

import pytest

INLINE = "import os\ndef handler(event, context):\n    return [os.environ.get('GREETING'), event]"


def function(**properties: Any) -> dict[str, Any]:
    given = {
        "Runtime": "python3.12",
        "Handler": "index.handler",
        "Role": "arn:aws:iam::000000000000:role/r",
        "Code": {"ZipFile": INLINE},
        **properties,
    }
    return {"Type": "AWS::Lambda::Function", "Properties": given}


class Stack:
    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self.name = name

    def deploy(self, resources: Any, outputs: Any = None, update: bool = False) -> dict[str, str]:
        """The outputs."""
        template = {"Resources": resources, "Outputs": {k: {"Value": v} for k, v in (outputs or {}).items()}}
        operation = "update_stack" if update else "create_stack"
        getattr(self._client, operation)(StackName=self.name, TemplateBody=json.dumps(template))
        self._client.get_waiter(f"stack_{'update' if update else 'create'}_complete").wait(
            StackName=self.name, WaiterConfig={"Delay": 0}
        )
        described = self._client.describe_stacks(StackName=self.name)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}

    def delete(self) -> None:
        self._client.delete_stack(StackName=self.name)
        self._client.get_waiter("stack_delete_complete").wait(StackName=self.name, WaiterConfig={"Delay": 0})


@pytest.fixture
def stack(client: Any, unique: str) -> Stack:
    return Stack(client("cloudformation"), unique)


CFN_RESPONSE = {
    "python3.12": "import cfnresponse\ndef handler(event, context):\n"
    "    cfnresponse.send(event, context, cfnresponse.SUCCESS, {'Said': event['RequestType']}, 'mine')",
    "nodejs20.x": "const response = require('cfn-response'); exports.handler = (event, context) => "
    "response.send(event, context, response.SUCCESS, { Said: event.RequestType }, 'mine')",
}


@pytest.mark.parametrize("runtime", CFN_RESPONSE)
def test_code_in_a_template_finds_the_module_that_answers_custom_resources(stack: Stack, runtime: str) -> None:
    answering = function(Runtime=runtime, Code={"ZipFile": CFN_RESPONSE[runtime]}, Timeout=20)
    custom = {"Type": "Custom::Said", "Properties": {"ServiceToken": {"Fn::GetAtt": ["F", "Arn"]}}}
    outputs = {"Id": {"Ref": "Custom"}, "Said": {"Fn::GetAtt": ["Custom", "Said"]}}
    assert stack.deploy({"F": answering, "Custom": custom}, outputs) == {"Id": "mine", "Said": "Create"}
    stack.delete()


def test_function(stack: Stack, functions: Any, lam: Any, refused: Any) -> None:
    first = {"F": function(Environment={"Variables": {"GREETING": "hello"}}, Timeout=9, ReservedConcurrentExecutions=2)}
    outputs = stack.deploy(first, {"Name": {"Ref": "F"}, "Arn": {"Fn::GetAtt": ["F", "Arn"]}})
    name = outputs["Name"]
    assert name.startswith(f"{stack.name}-F-")
    assert outputs["Arn"].endswith(f":function:{name}")
    assert functions.invoke(name, 1) == ["hello", 1]
    assert lam.get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"] == 2
    stack.deploy({"F": function(Code={"ZipFile": INLINE.replace("event]", "'new']")})}, update=True)
    assert functions.invoke(name, 1) == [None, "new"]
    assert lam.get_function_configuration(FunctionName=name)["Timeout"] == 3
    assert "ReservedConcurrentExecutions" not in lam.get_function_concurrency(FunctionName=name)
    stack.delete()
    assert refused(lam.get_function, FunctionName=name)[0] == "ResourceNotFoundException"


def test_version_alias_permission_url_and_settings(stack: Stack, functions: Any, lam: Any) -> None:
    resources = {
        "F": function(Environment={"Variables": {"GREETING": "v1"}}),
        "V": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "F"}}},
        "A": {
            "Type": "AWS::Lambda::Alias",
            "Properties": {
                "FunctionName": {"Ref": "F"},
                "Name": "live",
                "FunctionVersion": {"Fn::GetAtt": ["V", "Version"]},
            },
        },
        "U": {
            "Type": "AWS::Lambda::Url",
            "Properties": {"TargetFunctionArn": {"Fn::GetAtt": ["F", "Arn"]}, "AuthType": "NONE"},
        },
        "P": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "FunctionName": {"Ref": "F"},
                "Action": "lambda:InvokeFunctionUrl",
                "Principal": "*",
                "FunctionUrlAuthType": "NONE",
            },
        },
        "E": {
            "Type": "AWS::Lambda::EventInvokeConfig",
            "Properties": {"FunctionName": {"Ref": "F"}, "Qualifier": "$LATEST", "MaximumRetryAttempts": 0},
        },
    }
    outputs = stack.deploy(
        resources, {"Alias": {"Ref": "A"}, "Url": {"Fn::GetAtt": ["U", "FunctionUrl"]}, "Name": {"Ref": "F"}}
    )
    assert functions.invoke(outputs["Alias"], 1) == ["v1", 1]
    with urllib.request.urlopen(outputs["Url"]) as response:
        assert json.load(response)[0] == "v1"
    policy = json.loads(lam.get_policy(FunctionName=outputs["Name"])["Policy"])
    assert policy["Statement"][0]["Condition"] == {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}
    assert lam.get_function_event_invoke_config(FunctionName=outputs["Name"])["MaximumRetryAttempts"] == 0
    stack.delete()


def test_what_a_template_says_no_more_is_as_if_it_never_had(stack: Stack, lam: Any) -> None:
    queue = {"TargetArn": "arn:aws:sqs:us-east-1:000000000000:letters"}
    url = {"TargetFunctionArn": {"Ref": "F"}, "AuthType": "NONE"}

    def deploy(of_function: Any, of_url: Any, update: bool = False) -> str:
        resources = {
            "F": function(**of_function),
            "U": {"Type": "AWS::Lambda::Url", "Properties": {**url, **of_url}},
        }
        return stack.deploy(resources, {"Name": {"Ref": "F"}}, update)["Name"]

    name = deploy({"DeadLetterConfig": queue}, {"InvokeMode": "RESPONSE_STREAM"})
    assert lam.get_function_configuration(FunctionName=name)["DeadLetterConfig"] == queue
    assert lam.get_function_url_config(FunctionName=name)["InvokeMode"] == "RESPONSE_STREAM"
    deploy({}, {}, update=True)
    assert "DeadLetterConfig" not in lam.get_function_configuration(FunctionName=name)
    assert lam.get_function_url_config(FunctionName=name)["InvokeMode"] == "BUFFERED"


def test_event_source_mapping(stack: Stack, functions: Any, client: Any, penstock: Any) -> None:
    resources = {
        "Q": {"Type": "AWS::SQS::Queue"},
        "F": function(Code={"ZipFile": "def handler(event, context): print('got', len(event['Records']))"}),
        "M": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "FunctionName": {"Ref": "F"},
                "EventSourceArn": {"Fn::GetAtt": ["Q", "Arn"]},
                "BatchSize": "1",
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
            },
        },
    }
    outputs = stack.deploy(resources, {"Url": {"Ref": "Q"}, "Name": {"Ref": "F"}, "Id": {"Ref": "M"}})
    client("sqs").send_message(QueueUrl=outputs["Url"], MessageBody="x")
    assert functions.log(outputs["Name"]) == ["got 1"]
    del resources["M"]["Properties"]["BatchSize"]  # type: ignore[index]
    stack.deploy(resources, update=True)
    assert client("lambda").get_event_source_mapping(UUID=outputs["Id"])["BatchSize"] == 10
    stack.delete()
    assert client("lambda").list_event_source_mappings(FunctionName=outputs["Name"])["EventSourceMappings"] == []


def test_live_source_in_metadata(stack: Stack, functions: Any, tmp_path: Any) -> None:
    (tmp_path / "index.py").write_text("def handler(event, context): return 'before'")
    body = {**function(), "Metadata": {"penstock:source": str(tmp_path)}}
    name = stack.deploy({"F": body}, {"Name": {"Ref": "F"}})["Name"]
    assert functions.invoke(name) == "before"
    (tmp_path / "index.py").write_text("def handler(event, context): return 'afterwards'")
    assert functions.invoke(name) == "afterwards"
    stack.delete()


def test_a_mapping_of_a_stream(stack: Stack, client: Any) -> None:
    """A property that the template gives up goes back to its default; the checkpoint stays."""
    lam = client("lambda")
    resources: Any = {
        "F": function(),
        "S": {"Type": "AWS::Kinesis::Stream", "Properties": {"ShardCount": 1}},
        "Q": {"Type": "AWS::SQS::Queue", "Properties": {}},
        "M": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "EventSourceArn": {"Fn::GetAtt": ["S", "Arn"]},
                "FunctionName": {"Ref": "F"},
                "StartingPosition": "TRIM_HORIZON",
                "BatchSize": 7,
                "BisectBatchOnFunctionError": True,
                "MaximumRetryAttempts": "3",
                "MaximumRecordAgeInSeconds": 120,
                "ParallelizationFactor": 2,
                "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["Q", "Arn"]}}},
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
            },
        },
    }
    outputs = {"Id": {"Ref": "M"}, "Queue": {"Fn::GetAtt": ["Q", "Arn"]}}
    made = stack.deploy(resources, outputs)
    found = lam.get_event_source_mapping(UUID=made["Id"])
    assert (found["StartingPosition"], found["BatchSize"], found["MaximumRetryAttempts"]) == ("TRIM_HORIZON", 7, 3)
    assert found["DestinationConfig"] == {"OnFailure": {"Destination": made["Queue"]}}
    given = resources["M"]["Properties"]
    for name in ("BatchSize", "MaximumRetryAttempts", "DestinationConfig", "BisectBatchOnFunctionError"):
        del given[name]
    assert stack.deploy(resources, outputs, update=True)["Id"] == made["Id"]
    found = lam.get_event_source_mapping(UUID=made["Id"])
    assert (found["BatchSize"], found["MaximumRetryAttempts"], found["BisectBatchOnFunctionError"]) == (100, -1, False)
    assert (found["DestinationConfig"], found["ParallelizationFactor"]) == ({"OnFailure": {}}, 2)
    stack.delete()
